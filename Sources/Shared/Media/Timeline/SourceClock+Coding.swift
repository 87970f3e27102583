extension SourceClock: Codable {
    /// No counter turns round sooner, µs.
    private static let least: Int64 = 1_000_000

    package init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        guard !container.decodeNil() else {
            self.init(period: nil)
            return
        }
        let period = try container.decode(Int64.self)
        guard period >= Self.least else {
            throw DecodingError.dataCorruptedError(in: container, debugDescription: "a clock of \(period) µs")
        }
        self.init(period: period)
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if let period { try container.encode(period) } else { try container.encodeNil() }
    }
}
