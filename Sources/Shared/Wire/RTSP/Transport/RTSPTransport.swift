import Encodings

/// How the packets of a track travel (RFC 2326 section 12.39): one offer of a request, or the answer to it.
package struct RTSPTransport: Hashable, Sendable, Codable {
    package enum Lower: String, Hashable, Sendable, Codable { case udp, tcp }

    package enum Mode: String, Hashable, Sendable, Codable { case play, record }

    /// Of RTP and of its RTCP.
    package struct Pair<Number: FixedWidthInteger & Sendable & Codable>: Hashable, Sendable, Codable {
        package let rtp: Number
        package let rtcp: Number

        package init(rtp: Number, rtcp: Number) {
            self.rtp = rtp
            self.rtcp = rtcp
        }

        /// `5000-5001`; where the second is missing it is the next.
        init?(_ text: Substring) {
            let parts = text.parts(at: "-", maxSplits: 1, omittingEmpty: false)
            guard let rtp = Number(parts[0]) else { return nil }
            let rtcp = parts.count > 1 ? Number(parts[1]) : rtp.addingReportingOverflow(1).partialValue
            guard let rtcp else { return nil }
            self.init(rtp: rtp, rtcp: rtcp)
        }

        var text: String { "\(self.rtp)-\(self.rtcp)" }
    }

    /// `RTP/AVP`, or what else was asked for.
    package var profile = "RTP/AVP"
    package var lower = Lower.udp
    package var isMulticast = false
    package var mode = Mode.play

    /// Channels of interleaved frames.
    package var interleaved: Pair<UInt8>?

    /// The peer's UDP ports, and ours.
    package var clientPort: Pair<UInt16>?
    package var serverPort: Pair<UInt16>?

    /// UDP ports of a multicast group.
    package var port: Pair<UInt16>?

    /// Addresses as they were written.
    package var destination: String?
    package var source: String?
    package var ttl: UInt8?
    package var ssrc: UInt32?

    package init() {}

    /// Whether packets of this kind are understood here: plain RTP, without encryption.
    package var isPlain: Bool { ["RTP/AVP", "RTP/AVPF"].contains { ASCII.matches($0, self.profile) } }
}

extension RTSPTransport {
    /// The offers of a request in the order of its wishes, those that cannot be read left out.
    package static func offers(in header: String, limit: Int) -> [RTSPTransport] {
        ASCII.split(header[...], at: ",").prefix(limit).compactMap { RTSPTransport(parsing: $0) }
    }

    /// Reads one offer. Parameters that are unknown or make no sense are passed over.
    init?(parsing text: Substring) {
        let parts = ASCII.split(text, at: ";")
        let specification = parts[0].parts(at: "/", omittingEmpty: false)
        guard specification.count >= 2, !specification[0].isEmpty, !specification[1].isEmpty else { return nil }
        self.profile = "\(specification[0])/\(specification[1])"
        switch specification.dropFirst(2).first {
        case nil: self.lower = .udp
        case let lower? where ASCII.matches(lower, "UDP"): self.lower = .udp
        case let lower? where ASCII.matches(lower, "TCP"): self.lower = .tcp
        case _?: return nil
        }
        for part in parts.dropFirst() { self.read(part) }
        // Some clients leave the lower transport out and give channels.
        if self.interleaved != nil { self.lower = .tcp }
    }

    private mutating func read(_ part: Substring) {
        let halves = part.halves(at: "=")
        let name = halves.before.trimmingBlanks()
        let value = halves.behind.map { ASCII.unquote($0.trimmingBlanks()) } ?? ""
        func named(_ text: String) -> Bool { ASCII.matches(name, text) }
        if named("multicast") { self.isMulticast = true }
        if named("unicast") { self.isMulticast = false }
        if named("interleaved") { self.interleaved = Pair(value) ?? self.interleaved }
        if named("client_port") { self.clientPort = Pair(value) ?? self.clientPort }
        if named("server_port") { self.serverPort = Pair(value) ?? self.serverPort }
        if named("port") { self.port = Pair(value) ?? self.port }
        if named("destination") { self.destination = value.isEmpty ? nil : String(value) }
        if named("source") { self.source = value.isEmpty ? nil : String(value) }
        if named("ttl") { self.ttl = UInt8(value) ?? self.ttl }
        if named("ssrc") { self.ssrc = UInt32(value, radix: 16) ?? self.ssrc }
        if named("mode") {
            // `receive` is how ffmpeg said it before 2013.
            let modes = value.parts(at: ",").map { $0.trimmingBlanks() }
            let records = modes.contains { ASCII.matches($0, "RECORD") || ASCII.matches($0, "receive") }
            self.mode = records ? .record : .play
        }
    }

    /// As it stands in a header.
    package var text: String {
        var text = self.profile
        if self.lower == .tcp { text += "/TCP" }
        text += self.isMulticast ? ";multicast" : ";unicast"
        if let destination = self.destination { text += ";destination=\(destination)" }
        if let source = self.source { text += ";source=\(source)" }
        if let channels = self.interleaved { text += ";interleaved=\(channels.text)" }
        if let ports = self.clientPort { text += ";client_port=\(ports.text)" }
        if let ports = self.serverPort { text += ";server_port=\(ports.text)" }
        if let ports = self.port { text += ";port=\(ports.text)" }
        if let ttl = self.ttl { text += ";ttl=\(ttl)" }
        if let ssrc = self.ssrc {
            text += ";ssrc=" + Hexadecimal.encode(ssrc, uppercase: true)
        }
        if self.mode == .record { text += ";mode=record" }
        return text
    }
}
