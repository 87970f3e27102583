import Contract

/// Where the media of a session description arrive (RFC 8866): what the host must know to bind sockets. What the packets
/// hold is read by the relay.
struct SessionDescriptionPorts {
    let media: [MediaPorts]

    /// The sender that a source filter allows (RFC 4570), if it names one alone.
    let source: IPAddress?

    private struct Medium {
        var port: UInt16
        var address: IPAddress?
        var rtcp: UInt16?
        var isMultiplexed = false
        var payloadTypes: [Substring]
    }

    init(_ text: String) throws(ValueError) {
        var sessionAddress: IPAddress?
        var source: IPAddress?
        var media: [Medium] = []
        for line in text.split(whereSeparator: \.isNewline) {
            guard line.dropFirst().first == "=", let kind = line.first else { continue }
            let words = line.dropFirst(2).split(separator: " ")
            switch (kind, words.first) {
            case ("m", let name?):
                media.append(try Self.medium(name, words.dropFirst()))
            case ("c", _):
                let address = try Self.address(words)
                if media.isEmpty { sessionAddress = address } else { media[media.count - 1].address = address }
            case ("a", "rtcp-mux") where !media.isEmpty:
                media[media.count - 1].isMultiplexed = true
            case ("a", let word?) where word.hasPrefix("rtcp:") && !media.isEmpty:
                media[media.count - 1].rtcp = UInt16(word.dropFirst(5))
            case ("a", let word?) where word.hasPrefix("source-filter:"):
                source = source ?? Self.allowed(line)
            default: break
            }
        }
        guard !media.isEmpty else {
            throw ValueError("the session description has no m= line; is it one at all?")
        }
        try Self.checkPayloadTypes(media)
        var ports: [MediaPorts] = []
        for medium in media { ports.append(try Self.ports(medium, medium.address ?? sessionAddress)) }
        self.media = ports
        self.source = source
    }

    /// `m=video 5004 RTP/AVP 96`
    private static func medium(_ name: Substring, _ words: ArraySlice<Substring>) throws(ValueError) -> Medium {
        guard let digits = words.first, let port = UInt16(digits.prefix { $0 != "/" }) else {
            throw ValueError("the m= line of '\(name)' names no port.")
        }
        guard port > 0 else {
            throw ValueError("the m= line of '\(name)' has port 0; write the port its packets arrive at.")
        }
        let transport = words.dropFirst().first ?? ""
        guard ["RTP/AVP", "RTP/AVPF", "UDP", "UDP/MP2T", "MP2T"].contains(transport.uppercased()) else {
            throw ValueError("'\(transport)' of the m= line of '\(name)' is not received; use RTP/AVP.")
        }
        return Medium(port: port, payloadTypes: Array(words.dropFirst(2)))
    }

    /// `c=IN IP4 239.1.2.3/16`
    private static func address(_ words: [Substring]) throws(ValueError) -> IPAddress? {
        guard words.count >= 3 else { return nil }
        let text = words[2].prefix { $0 != "/" }
        // A name would have to be looked up, and only says where the sender thinks that this machine is.
        return try? IPAddress(text)
    }

    /// `a=source-filter: incl IN IP4 239.1.2.3 10.0.0.5`
    private static func allowed(_ line: Substring) -> IPAddress? {
        let words = line.split { $0 == " " || $0 == ":" && line.contains("IP4") }
        guard words.contains("incl"), let family = words.firstIndex(where: { $0 == "IP4" || $0 == "IP6" }),
            words.count == family + 3
        else { return nil }
        return try? IPAddress(words[family + 2])
    }

    /// Media that share a port are told apart by their payload types alone.
    private static func checkPayloadTypes(_ media: [Medium]) throws(ValueError) {
        for (index, medium) in media.enumerated() {
            guard let other = media[..<index].first(where: { $0.port == medium.port }) else { continue }
            if let shared = medium.payloadTypes.first(where: other.payloadTypes.contains) {
                throw ValueError("two m= lines have the port \(medium.port) and the payload type \(shared).")
            }
            throw ValueError("two m= lines have the port \(medium.port); give each a port of its own.")
        }
    }

    /// Unicast to an address that may be another machine's, or this one's before it moved, is taken on all of this one's.
    private static func ports(_ medium: Medium, _ address: IPAddress?) throws(ValueError) -> MediaPorts {
        let host =
            if let address, address.isMulticast || address.isLoopback {
                address.text
            } else {
                address?.isIPv6 == true ? "::" : "0.0.0.0"
            }
        do {
            let rtp = try ListenAddress(host: host, port: medium.port)
            let isBare = medium.isMultiplexed || medium.port == .max
            let rtcp = isBare ? nil : try ListenAddress(host: host, port: medium.rtcp ?? medium.port + 1)
            return MediaPorts(rtp: rtp, rtcp: rtcp == rtp ? nil : rtcp)
        } catch {
            throw ValueError("\(error)")
        }
    }
}
