/// What the host writes down of its sessions, and for how long.
package struct HistorySpec: Hashable, Sendable {
    /// How long rows are kept; nil: nothing is written down.
    package let keep: Duration?

    /// Bytes that it may have on the disk; the oldest rows make room.
    package let size: Int

    package static let keepBounds = Duration.seconds(3600)...Duration.seconds(3660 * 86_400)
    package static let sizeBounds = (1 << 20)...(1 << 40)
    package static let standard = HistorySpec(keep: .seconds(30 * 86_400), size: 256 << 20)

    package init(keep: Duration?, size: Int) {
        self.keep = keep
        self.size = size
    }

    package var isOn: Bool { self.keep != nil }

    package var keptMicroseconds: Int64 {
        let (seconds, _) = (self.keep ?? .zero).components
        return seconds.multipliedReportingOverflow(by: 1_000_000).partialValue
    }
}
