/// How the writing down of what happens goes.
package struct HistorySnapshot: Hashable, Sendable, Codable {
    package var isOn: Bool

    /// Rows since the host started.
    package var written: UInt64

    /// Rows that were lost, because they waited too long or came too fast.
    package var dropped: UInt64
    package var waiting: Int

    /// Bytes on the disk.
    package var size: Int

    /// Why nothing can be written, as a sentence; nil while it can.
    package var trouble: String?

    /// The kind of it.
    package var cause: HistoryCause?

    package init(
        isOn: Bool = false,
        written: UInt64 = 0,
        dropped: UInt64 = 0,
        waiting: Int = 0,
        size: Int = 0,
        trouble: String? = nil,
        cause: HistoryCause? = nil
    ) {
        self.isOn = isOn
        self.written = written
        self.dropped = dropped
        self.waiting = waiting
        self.size = size
        self.trouble = trouble
        self.cause = cause
    }
}

/// Why nothing can be written down. The raw values stand in reports: they never change.
package enum HistoryCause: String, Hashable, Sendable, Codable, CaseIterable {
    /// No space is left where it lies.
    case full
    /// Another program holds it.
    case locked
    case readOnly = "read_only"
    /// It cannot be opened or made.
    case unopenable
    case failing
}
