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

    package init(
        isOn: Bool = false,
        written: UInt64 = 0,
        dropped: UInt64 = 0,
        waiting: Int = 0,
        size: Int = 0,
        trouble: String? = nil
    ) {
        self.isOn = isOn
        self.written = written
        self.dropped = dropped
        self.waiting = waiting
        self.size = size
        self.trouble = trouble
    }
}
