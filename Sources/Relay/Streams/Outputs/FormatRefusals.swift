import Contract

/// The wire formats that were asked for and could not be had, each since it last could be.
struct FormatRefusals {
    private struct Entry {
        let noun: String
        let reason: FormatAbsence.Reason
        /// The sequence that the source on air began with.
        let source: UInt64
        let first: Int64
        var last: Int64
    }

    /// Refusals further apart than this, µs, do not belong together: whoever was refused first did not go on asking.
    static let memory: Int64 = 30_000_000

    private var entries: [String: Entry] = [:]

    /// Somebody was refused the format at that time, µs monotonic.
    mutating func note(_ reason: FormatAbsence.Reason, _ format: WireFormat, source: UInt64, at time: Int64) {
        let known = self.entries[format.name]
        if var entry = known, entry.source == source, entry.reason == reason, time - entry.last <= Self.memory {
            entry.last = max(entry.last, time)
            self.entries[format.name] = entry
            return
        }
        guard known != nil || self.entries.count < FormatSnapshot.limit else { return }
        self.entries[format.name] = Entry(noun: format.noun, reason: reason, source: source, first: time, last: time)
    }

    /// The format can be had now.
    mutating func forget(_ format: WireFormat) { self.entries[format.name] = nil }

    /// What there is to tell while that source is on air.
    func snapshots(source: UInt64, memory: Int) -> [FormatSnapshot] {
        self.entries.compactMap { name, entry in
            guard entry.source == source else { return nil }
            let absence = FormatAbsence(
                entry.reason,
                first: Instant(microseconds: entry.first),
                last: Instant(microseconds: entry.last),
                memory: memory
            )
            return FormatSnapshot(format: name, noun: entry.noun, absence: absence)
        }
    }
}
