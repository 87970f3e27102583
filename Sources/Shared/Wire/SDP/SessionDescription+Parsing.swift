import Encodings

extension SessionDescription {
    /// Reads a description as devices write them: with LF or CR alone, blanks around, lines missing or out of order.
    ///
    /// Only what cannot be done without is insisted on: an `m=` line that can be read. Whatever else is unknown or broken
    /// is passed over.
    package init(parsing text: String, limits: SDPLimits = SDPLimits()) throws(SDPError) {
        guard text.utf8.count <= limits.bytes else { throw .tooLong(text.utf8.count, limit: limits.bytes) }
        var parser = SDPParser(limits: limits)
        var number = 0
        for line in text.split(whereSeparator: { $0 == "\n" || $0 == "\r\n" || $0 == "\r" || $0 == "\0" }) {
            number += 1
            guard number <= limits.lines else { throw .tooMany("lines", limit: limits.lines, line: number) }
            try parser.take(line, number)
        }
        parser.finish()
        guard !parser.session.media.isEmpty else { throw .noMedia }
        self = parser.session
    }
}

/// The description so far and the medium being read.
private struct SDPParser {
    let limits: SDPLimits
    var session = SessionDescription(media: [])
    private var medium: MediaDescription?
    /// `rtpmap` and `fmtp` by payload type: they may come in any order.
    private var maps: [UInt8: Substring] = [:]
    private var parameters: [UInt8: Substring] = [:]

    init(limits: SDPLimits) {
        self.limits = limits
    }

    mutating func take(_ line: Substring, _ number: Int) throws(SDPError) {
        // A byte order mark, from descriptions that were edited by hand.
        let line = (line.without(prefix: "\u{FEFF}") ?? line).trimmingBlanks()
        guard case (let kind, let rest?) = line.halves(at: "=") else { return }
        let value = rest.trimmingBlanks()
        switch kind.trimmingBlanks() {
        case "m": try self.begin(value, number)
        case "a": try self.attribute(value, number)
        case "c": self.connect(value)
        case "b": self.bandwidth(value)
        case "o" where self.medium == nil: self.session.origin = Self.origin(value)
        case "s" where self.medium == nil: self.session.name = String(value)
        default: break
        }
    }

    mutating func finish() {
        guard var medium = self.medium else { return }
        for format in medium.formats {
            guard let type = UInt8(format), type < 128, !medium.encodings.contains(where: { $0.payloadType == type })
            else { continue }
            let parameters = self.parameters[type].map(FormatParameters.init) ?? [:]
            var encoding = self.maps[type].flatMap { Self.encoding(type, $0, parameters) } ?? RTPEncoding.fixed(type)
            if encoding == nil, self.maps[type] == nil {
                encoding = RTPEncoding.guessed(type, kind: medium.kind, parameters)
            }
            encoding?.parameters = parameters
            if let encoding { medium.encodings.append(encoding) }
        }
        self.session.media.append(medium)
        self.medium = nil
        self.maps = [:]
        self.parameters = [:]
    }

    /// `m=video 5004/2 RTP/AVP 96 97`.
    private mutating func begin(_ value: Substring, _ number: Int) throws(SDPError) {
        self.finish()
        guard self.session.media.count < self.limits.media else {
            throw .tooMany("m= lines", limit: self.limits.media, line: number)
        }
        let words = value.words
        guard words.count >= 3 else { throw .field("m= line", line: number) }
        guard let port = words[1].parts(at: "/").first.flatMap({ Int($0) }), (0...65535).contains(port) else {
            throw .field("m= port", line: number)
        }
        let formats = words[3...]
        guard formats.count <= self.limits.formats else {
            throw .tooMany("formats", limit: self.limits.formats, line: number)
        }
        var medium = MediaDescription(
            kind: words[0].lowercased(),
            port: port,
            transport: words[2].uppercased(),
            encodings: []
        )
        medium.formats = formats.map(String.init)
        self.medium = medium
    }

    private mutating func attribute(_ value: Substring, _ number: Int) throws(SDPError) {
        let attribute = SDPAttribute(parsing: value)
        if self.medium != nil, ["rtpmap", "fmtp"].contains(attribute.name) {
            let text = (attribute.value ?? "")[...]
            let end = text.unicodeScalars.firstIndex { $0 == " " || $0 == "\t" } ?? text.endIndex
            guard let type = UInt8(text[..<end]), type < 128 else { return }
            let rest = text[end...].trimmingBlanks()
            if attribute.name == "rtpmap" {
                self.maps[type] = rest
            } else if let before = self.parameters[type] {
                // Two lines for one payload type, as some encoders send their parameters.
                guard before.utf8.count + rest.utf8.count < self.limits.bytes else { return }
                self.parameters[type] = before + ";" + rest
            } else {
                self.parameters[type] = rest
            }
            return
        }
        let count = self.medium?.attributes.count ?? self.session.attributes.count
        guard count < self.limits.attributes else {
            throw .tooMany("attributes", limit: self.limits.attributes, line: number)
        }
        if self.medium != nil {
            self.medium?.attributes.append(attribute)
        } else {
            self.session.attributes.append(attribute)
        }
    }

    private mutating func connect(_ value: Substring) {
        guard let connection = SDPConnection(value) else { return }
        if self.medium != nil {
            self.medium?.connection = connection
        } else {
            self.session.connection = connection
        }
    }

    private mutating func bandwidth(_ value: Substring) {
        guard case (let kind, let number?) = value.halves(at: ":"), ASCII.matches(kind, "AS"),
            let rate = Int(number.trimmingBlanks()), rate > 0
        else { return }
        self.medium?.bandwidth = rate
    }

    private static func origin(_ value: Substring) -> SessionDescription.Origin? {
        let words = value.words
        guard words.count >= 6 else { return nil }
        return SessionDescription.Origin(
            user: String(words[0]),
            session: UInt64(words[1]) ?? 0,
            version: UInt64(words[2]) ?? 0,
            address: String(words[5])
        )
    }

    /// `H264/90000` or `opus/48000/2`; some write `L16/44100/ 2`, and cameras `H264` without a clock rate, or with 0.
    private static func encoding(_ type: UInt8, _ text: Substring, _ parameters: FormatParameters) -> RTPEncoding? {
        let parts = text.parts(at: "/").map { $0.trimmingBlanks() }
        guard let name = parts.first, !name.isEmpty else { return nil }
        let written = parts.count > 1 ? Int(parts[1]).flatMap { (1...Self.fastestClock).contains($0) ? $0 : nil } : nil
        let usual = RTPEncoding.usualClockRate(of: String(name), parameters) ?? RTPEncoding.fixed(type)?.clockRate
        guard let rate = written ?? usual else { return nil }
        let channels = parts.count > 2 ? Int(parts[2]).flatMap { (1...255).contains($0) ? $0 : nil } : nil
        return RTPEncoding(payloadType: type, name: String(name), clockRate: rate, channels: channels)
    }

    /// Ticks a second. No registered format comes near.
    private static let fastestClock = 10_000_000
}
