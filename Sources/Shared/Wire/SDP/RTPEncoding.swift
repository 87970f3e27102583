/// What a payload type of a medium stands for: `a=rtpmap` and `a=fmtp`, or the table of RFC 3551.
package struct RTPEncoding: Hashable, Sendable {
    package var payloadType: UInt8

    /// The encoding's name as written; see ``isNamed(_:)``.
    package var name: String

    /// Ticks a second of RTP timestamps.
    package var clockRate: Int

    /// Channels of sound, where said.
    package var channels: Int?

    package var parameters: FormatParameters

    package init(
        payloadType: UInt8,
        name: String,
        clockRate: Int,
        channels: Int? = nil,
        parameters: FormatParameters = [:]
    ) {
        self.payloadType = payloadType
        self.name = name
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
    }

    /// Whether the encoding has that name; devices write `h264` and `Opus`.
    package func isNamed(_ name: String) -> Bool { self.name.lowercased() == name.lowercased() }

    /// What follows `a=rtpmap:`.
    var mapText: String {
        "\(self.payloadType) \(self.name)/\(self.clockRate)" + (self.channels.map { "/\($0)" } ?? "")
    }

    /// The payload types that need no `a=rtpmap`: RFC 3551 section 6.
    package static func fixed(_ payloadType: UInt8) -> RTPEncoding? {
        guard let (name, rate, channels) = Self.table[payloadType] else { return nil }
        return RTPEncoding(payloadType: payloadType, name: name, clockRate: rate, channels: channels)
    }

    private static let table: [UInt8: (String, Int, Int?)] = [
        0: ("PCMU", 8000, 1), 3: ("GSM", 8000, 1), 4: ("G723", 8000, 1), 5: ("DVI4", 8000, 1), 6: ("DVI4", 16000, 1),
        7: ("LPC", 8000, 1), 8: ("PCMA", 8000, 1), 9: ("G722", 8000, 1), 10: ("L16", 44100, 2), 11: ("L16", 44100, 1),
        12: ("QCELP", 8000, 1), 13: ("CN", 8000, 1), 14: ("MPA", 90000, nil), 15: ("G728", 8000, 1),
        16: ("DVI4", 11025, 1), 17: ("DVI4", 22050, 1), 18: ("G729", 8000, 1), 25: ("CelB", 90000, nil),
        26: ("JPEG", 90000, nil), 28: ("nv", 90000, nil), 31: ("H261", 90000, nil), 32: ("MPV", 90000, nil),
        33: ("MP2T", 90000, nil), 34: ("H263", 90000, nil),
    ]
}
