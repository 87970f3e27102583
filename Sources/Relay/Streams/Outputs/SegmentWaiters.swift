/// Those whose answers wait for segments: a playlist is not offered before it can be played.
struct SegmentWaiters {
    private struct Waiter {
        let count: Int
        let onReady: @Sendable () -> Void
    }

    /// How many may wait on one stream; those above are answered at once, with what there is.
    static let limit = 10_000

    private var waiting: [WireFormat: [UInt64: Waiter]] = [:]
    private var formatOf: [UInt64: WireFormat] = [:]
    /// The fewest segments that somebody waits for, or less where he has gone.
    private var fewest: [WireFormat: Int] = [:]
    private var next: UInt64 = 0

    var isEmpty: Bool { self.formatOf.isEmpty }

    /// Formats that somebody waits for.
    var formats: [WireFormat] { Array(self.waiting.keys) }

    /// Calls `onReady` once a format has `count` segments.
    ///
    /// - Returns: what it is forgotten by; nil if too many wait.
    mutating func add(_ format: WireFormat, count: Int, onReady: @escaping @Sendable () -> Void) -> UInt64? {
        guard self.formatOf.count < Self.limit else { return nil }
        self.next += 1
        self.waiting[format, default: [:]][self.next] = Waiter(count: count, onReady: onReady)
        self.formatOf[self.next] = format
        self.fewest[format] = min(self.fewest[format] ?? count, count)
        return self.next
    }

    mutating func remove(_ number: UInt64) {
        guard let format = self.formatOf.removeValue(forKey: number) else { return }
        self.waiting[format]?[number] = nil
        self.tidy(format)
    }

    mutating func remove(_ format: WireFormat) {
        for number in (self.waiting[format] ?? [:]).keys { self.formatOf[number] = nil }
        self.waiting[format] = nil
        self.tidy(format)
    }

    /// Takes those out who wait for no more than the format has.
    mutating func takeDue(_ format: WireFormat, having count: Int) -> [@Sendable () -> Void] {
        guard let fewest = self.fewest[format], count >= fewest else { return [] }
        let due = (self.waiting[format] ?? [:]).filter { $0.value.count <= count }
        for number in due.keys {
            self.waiting[format]?[number] = nil
            self.formatOf[number] = nil
        }
        self.fewest[format] = self.waiting[format]?.values.map(\.count).min()
        self.tidy(format)
        return due.values.map(\.onReady)
    }

    private mutating func tidy(_ format: WireFormat) {
        guard self.waiting[format]?.isEmpty ?? true else { return }
        self.waiting[format] = nil
        self.fewest[format] = nil
    }
}
