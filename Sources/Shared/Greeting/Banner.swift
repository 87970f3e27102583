package import Contract

/// What a person reads when a relay has started: what to type into OBS, and where to watch.
package struct Banner: Sendable {
    private let spec: RelaySpec
    private let listen: ListenSpec
    private let key: PublishKeyOrigin
    private let machine: [String]
    private let hasPages: Bool

    /// - Parameters:
    ///   - spec: The relay that was started.
    ///   - listen: Where it really listens, with the ports the system chose.
    ///   - key: How its publish key came to be.
    ///   - machine: The machine's addresses, for listeners on all of them.
    ///   - hasPages: Whether browsers are served a page for each stream, as a host does.
    package init(
        _ spec: RelaySpec,
        listen: ListenSpec,
        key: PublishKeyOrigin,
        machine: [String],
        hasPages: Bool = false
    ) {
        self.hasPages = hasPages
        self.spec = spec
        self.listen = listen
        self.key = key
        self.machine = machine
    }

    package var text: String {
        let lines = ["transponder-relay \(BuildInfo.version): the relay '\(self.spec.name)' is up.", ""]
        return (lines + self.whole).joined(separator: "\n") + "\n"
    }

    /// For a relay that has come to a host that runs.
    package var addition: String {
        (["The relay '\(self.spec.name)' was added."] + self.brief + [""]).joined(separator: "\n")
    }

    /// All there is to say where this relay is the only one.
    package var whole: [String] {
        self.publishing + self.publishingElsewhere + self.declared + self.playing + self.closing
    }

    /// For one among several.
    package var brief: [String] {
        var lines: [String] = []
        if self.takesPublishers, let rtmp = self.listen.rtmp {
            lines.append("  OBS server      \(self.base(.rtmp, rtmp))/\(self.spec.name)")
            lines.append("  OBS stream key  \(self.stream)?key=\(self.shownKey)")
        }
        if let http = self.listen.http {
            if self.hasPages { lines.append("  Browser         \(self.base(.http, http))/\(self.path)") }
            lines.append("  HLS             \(self.base(.http, http))/\(self.path).m3u8")
        }
        lines += self.otherAddresses.map { name, address in
            "  " + name.padded(to: 16) + address
        }
        return lines + self.closing.prefix(1).map { "  " + $0 } + self.declared.dropLast().map { "  " + $0 }
    }

    /// What else is listened for, as a stream's address.
    private var otherAddresses: [(String, String)] {
        self.others.map { kind, listen in
            (kind.title, kind.playAddress(of: self.path, at: self.base(kind, listen)))
        }
    }

    /// What is listened for beside what comes first, RTMP and HTTP.
    private var others: [(kind: WireProtocol, listen: ListenAddress)] {
        WireProtocol.allCases.filter { $0 != .rtmp && $0 != .http }.compactMap { kind in
            // A relay has a port of its own for SRT.
            (kind == .srt ? self.spec.srt.listen.toldToPeople : self.listen[kind]).map { (kind, $0) }
        }
    }

    /// How to publish by something else than RTMP.
    private var publishingElsewhere: [String] {
        guard self.takesPublishers else { return [] }
        let rows = self.others.compactMap { kind, listen in
            kind.publishAddress(of: self.path, key: self.shownKey, at: self.base(kind, listen)).map { (kind.title, $0) }
        }
        return self.table("Publish by other ways:", rows)
    }

    /// Streams that nobody publishes.
    private var declared: [String] {
        let rows = (self.spec.streams ?? []).compactMap { stream -> (String, String)? in
            switch stream.source {
            case .publisher: return nil
            case .datagrams(let spec):
                let address = "udp://\(self.host(of: spec.listen)):\(spec.listen.port)"
                return (stream.name.rawValue, "send MPEG-TS to \(address), bare or in RTP")
            case .rtp, .call: return (stream.name.rawValue, "from \(stream.source.noun)")
            }
        }
        return self.table("Streams that come by themselves:", rows)
    }

    /// Whether there is a stream that somebody may publish.
    private var takesPublishers: Bool { self.spec.streams?.contains { $0.source == .publisher } ?? true }

    private var path: String { "\(self.spec.name)/\(self.stream)" }

    /// `main` where it may be published, otherwise the first that may.
    private var stream: String {
        guard let streams = self.spec.streams else { return "main" }
        let published = streams.filter { $0.source == .publisher }.map(\.name.rawValue)
        return published.contains("main") ? "main" : published.first ?? streams.first?.name.rawValue ?? "main"
    }

    private var publishing: [String] {
        guard self.takesPublishers else { return [] }
        guard let rtmp = self.listen.rtmp else {
            return self.publishingElsewhere.isEmpty ? ["RTMP is off, so nothing can be published.", ""] : []
        }
        let server = self.base(.rtmp, rtmp)
        return [
            "Publish with OBS: Settings > Stream > Service 'Custom...'",
            "  Server      \(server)/\(self.spec.name)",
            "  Stream Key  \(self.stream)?key=\(self.shownKey)",
            "  and under Settings > Output > Streaming (Advanced) a keyframe interval of 2 s.",
            "Publish a test picture:",
            "  ffmpeg -re -f lavfi -i testsrc2=size=1280x720:rate=30 -f lavfi -i sine=frequency=440:sample_rate=48000 \\",
            "    -c:v libx264 -preset veryfast -tune zerolatency -pix_fmt yuv420p -b:v 2500k -g 60 \\",
            "    -c:a aac -b:a 128k -f flv \"\(server)/\(self.path)?key=\(self.shellKey)\"",
            "",
        ]
    }

    private var playing: [String] {
        var rows: [(String, String)] = []
        if let rtmp = self.listen.rtmp {
            rows.append(("RTMP", self.base(.rtmp, rtmp) + "/" + self.path))
        }
        rows += self.otherAddresses
        guard let http = self.listen.http else { return self.table("Play:", rows) }
        let base = self.base(.http, http)
        if self.hasPages { rows.insert(("Browser", "\(base)/\(self.path)"), at: 0) }
        rows += [
            ("HTTP-FLV", "\(base)/\(self.path).flv"),
            ("HTTP-TS", "\(base)/\(self.path).ts"),
            ("MP4", "\(base)/\(self.path).mp4"),
            ("HLS", "\(base)/\(self.path).m3u8"),
            ("HLS with TS", "\(base)/\(self.path).ts.m3u8"),
        ]
        let health = [("Health", "\(base)/health/\(self.path)"), ("Metrics", "\(base)/metrics")]
        let token = self.spec.play == .venues ? " (with ?token= and the token of a venue)" : ""
        return self.table("Play\(token):", rows) + self.table("Watch over:", health)
    }

    private var closing: [String] {
        var lines = self.takesPublishers ? self.explanation : []
        let others = self.hosts.dropFirst()
        if !others.isEmpty { lines.append("This machine is also: \(others.joined(separator: ", ")).") }
        return lines
    }

    /// What the key is, and who else logs in.
    private var explanation: [String] {
        var lines: [String] = []
        switch self.key {
        case .fresh(_, let file):
            lines.append("The key was made just now and is shown this once; it is kept in \(file).")
        case .kept(let file): lines.append("KEY stands for the publish key: the key is in \(file).")
        case .configured: lines.append("KEY stands for the publish key: the key is the one you configured.")
        }
        if let user = self.spec.publishUser {
            lines.append("Encoders that log in do so as '\(user)' with the key as password.")
        }
        return lines
    }

    private func table(_ title: String, _ rows: [(String, String)]) -> [String] {
        if rows.isEmpty { return [] }
        let width = rows.map(\.0.count).max() ?? 0
        return [title] + rows.map { "  " + $0 + String(repeating: " ", count: width - $0.count + 2) + $1 } + [""]
    }

    private var shownKey: String {
        if case .fresh(let secret, _) = self.key { secret.revealed } else { "KEY" }
    }

    /// For a shell on the same machine the file is enough.
    private var shellKey: String {
        if case .kept(let file) = self.key { "$(cat '\(file)')" } else { self.shownKey }
    }

    /// The names a listener on all addresses goes by, the likeliest first.
    private var hosts: [String] {
        let told = WireProtocol.allCases.filter { $0 != .srt }.map { self.listen[$0] }
        let sources = (self.spec.streams ?? []).compactMap { stream -> ListenAddress? in
            if case .datagrams(let spec) = stream.source { spec.listen } else { nil }
        }
        let listeners = told + [self.spec.srt.listen.toldToPeople] + sources
        let isWildcard = listeners.contains { $0?.isWildcard ?? false }
        return isWildcard ? self.machine + ["localhost"] : []
    }

    private func base(_ kind: WireProtocol, _ listen: ListenAddress) -> String {
        kind.base(host: self.host(of: listen), port: listen.port)
    }

    /// As others reach it.
    private func host(of listen: ListenAddress) -> String {
        let own = listen.isIPv6 ? "[\(listen.host)]" : listen.host
        return listen.isWildcard ? self.hosts.first ?? own : own
    }
}

extension String {
    fileprivate func padded(to width: Int) -> String {
        self + String(repeating: " ", count: max(width - self.count, 1))
    }
}
