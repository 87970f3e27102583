/// What a venue's screen says of itself in one message: a line for each stream that it shows.
package struct VenueReport: Hashable, Sendable {
    /// Streams that a screen shows at once, and bytes of the whole message.
    package static let recordLimit = 9
    package static let lengthLimit = 4096

    package let records: [CMCDRecord]

    package init?(_ bytes: [UInt8]) {
        guard bytes.count <= Self.lengthLimit, let text = String(validating: bytes, as: UTF8.self) else { return nil }
        let lines = text.split(whereSeparator: \.isNewline)
        guard (1...Self.recordLimit).contains(lines.count) else { return nil }
        var records: [CMCDRecord] = []
        for line in lines {
            guard let record = CMCDRecord(line) else { return nil }
            records.append(record)
        }
        self.records = records
    }

    /// Of what is shown the largest, for a sentence.
    var resolution: String? {
        self.records.compactMap(\.resolution).max { Self.area($0) < Self.area($1) }
    }

    private static func area(_ text: String) -> Int {
        // Of five digits at most.
        text.split(separator: "x").compactMap { Int($0) }.reduce(1, *)
    }

    /// The worst of what is shown.
    var latency: Int? { self.playing.compactMap(\.latency).max() }
    var buffer: Int? { self.playing.compactMap(\.buffer).min() }
    var arriving: Int? {
        let rates = self.records.compactMap(\.arriving)
        return rates.isEmpty ? nil : rates.reduce(0) { $0.addingReportingOverflow($1).partialValue }
    }

    var playing: [CMCDRecord] { self.records.filter { $0.state == .playing } }
}
