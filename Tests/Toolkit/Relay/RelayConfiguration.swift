/// A configuration file for a relay under test; what is nil is left out of the file.
package struct RelayConfiguration: Hashable, Sendable {
    package var relay = "live"
    package var publishKey: String? = "publish-key"
    package var takeover: Bool?
    /// As the file says times: `500ms`, `2s`.
    package var sourceTimeout: String?
    package var tick: String?
    package var window: String?
    package var stall: String?
    /// Wanted length of an HLS segment.
    package var segment: String?
    /// Whether it speaks RTSP.
    package var servesRTSP = false
    /// `listen.udp`, where it speaks RTSP.
    package var datagramPorts = FreePorts.range
    /// Keys under `limits`.
    package var limits: [String: String] = [:]
    /// Further lines of the relay, in YAML, without indentation.
    package var more: [String] = []

    package init() {}

    package func text(state: String) -> String {
        var lines = [
            "listen:", "  rtmp: 127.0.0.1:0", "  http: 127.0.0.1:0", "isolation: none", "state: '\(state)'", "relays:",
            "  \(self.relay):",
        ]
        if self.servesRTSP { lines.insert(contentsOf: ["  rtsp: 127.0.0.1:0", "  udp: \(self.datagramPorts)"], at: 3) }
        let settings: [(String, String?)] = [
            ("publish_key", self.publishKey), ("takeover", self.takeover.map { "\($0)" }),
            ("source_timeout", self.sourceTimeout), ("tick", self.tick), ("window", self.window),
            ("stall", self.stall),
        ]
        for (key, value) in settings {
            if let value { lines.append("    \(key): \(value)") }
        }
        if let segment { lines += ["    hls:", "      segment: \(segment)"] }
        if !self.limits.isEmpty { lines.append("    limits:") }
        for (key, value) in self.limits.sorted(by: { $0.key < $1.key }) { lines.append("      \(key): \(value)") }
        for line in self.more { lines.append("    \(line)") }
        if lines.last == "  \(self.relay):" { lines[lines.count - 1] += " {}" }
        return lines.joined(separator: "\n") + "\n"
    }
}
