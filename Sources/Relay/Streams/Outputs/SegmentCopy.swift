import Capacity
import Media
package import NIOCore

/// A copy of a segment that was on tape, counted in the relay's memory for as long as somebody has it.
package final class SegmentCopy: Sendable {
    package let number: UInt64
    package let bytes: ByteBuffer
    /// Where they are on the tape.
    package let range: Range<UInt64>
    /// Of the tape's keeper; nil where it does not outlive the process.
    package let kept: UInt64?
    private let account: TapeBudget.Account

    init(
        number: UInt64,
        bytes: ByteBuffer,
        range: Range<UInt64>,
        kept: UInt64?,
        account: TapeBudget.Account
    ) {
        self.number = number
        self.bytes = bytes
        self.range = range
        self.kept = kept
        self.account = account
    }
}

/// The copies of one format's segments, so that whoever asks for a segment at about the same time is sent the same copy.
struct SegmentCopies {
    private struct Held {
        weak var copy: SegmentCopy?
    }

    /// Those that are kept when nobody is being sent them any more.
    private var recent: [SegmentCopy] = []
    private var all: [UInt64: Held] = [:]

    subscript(number: UInt64) -> SegmentCopy? { self.all[number]?.copy }

    /// Keeps a copy.
    ///
    /// - Returns: the one to use: another one may have been first.
    mutating func keep(_ copy: SegmentCopy) -> SegmentCopy {
        if let first = self[copy.number] { return first }
        self.all = self.all.filter { $0.value.copy != nil }
        self.all[copy.number] = Held(copy: copy)
        if self.recent.count == TapePlan.copies { self.recent.removeFirst() }
        self.recent.append(copy)
        return copy
    }

    /// Lets go of those that nobody is being sent.
    mutating func forget() { self.recent = [] }
}
