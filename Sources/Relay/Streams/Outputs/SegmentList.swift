package import Media
package import NIOCore

/// One finished segment: a range of a wire tape.
package struct Segment: Sendable {
    package let mark: SegmentMark
    /// Duration, µs.
    package let duration: Int64
    /// Where its bytes are on the wire tape.
    package let range: Range<UInt64>
    /// Number of the first segment that uses the same initialisation section.
    package let initialization: UInt64
    /// Whether a decoder can begin with it.
    package let isIndependent: Bool
    /// Whether the stream breaks off behind it: it is as long as its source happened to last.
    package let isBeforeBreak: Bool
}

/// The segments of one wire format that are still on tape, oldest first, and the one being written.
package struct SegmentList: Sendable {
    private struct Open {
        var mark: SegmentMark
        var start: MediaTime
        var offset: UInt64
        var initialization: UInt64
        var isIndependent: Bool
    }

    package private(set) var segments: [Segment] = []
    /// Initialisation sections by the number of the first segment that uses them.
    package private(set) var initializations: [UInt64: ByteBuffer] = [:]
    /// µs of media that the list holds on to.
    private let window: Int64
    private var open: Open?
    private var currentInitialization: UInt64 = 0
    private var newest = MediaTime.zero
    private var isTrimDue = false
    private var lastStep: Int64 = 0

    /// Segments that the list holds on to whatever the window: players want three before they begin.
    private static let fewest = 4

    /// Whether segments were lost that the list is meant to hold: the tape does not reach so far back.
    package private(set) var isCut = false

    /// The longest segment there is, µs.
    var longest: Int64 { self.segments.lazy.map(\.duration).max() ?? 0 }

    package init(window: Int64) {
        self.window = window
    }

    /// Registers the initialisation section of the segment that begins next.
    mutating func setInitialization(_ bytes: ByteBuffer, from number: UInt64) {
        self.initializations[number] = bytes
        self.currentInitialization = number
    }

    /// The time of a packet just written, so that the last segment before a break knows how long it was.
    mutating func observe(_ time: MediaTime, isPrimary: Bool) {
        guard isPrimary, time > self.newest else { return }
        self.lastStep = min(time.microseconds - self.newest.microseconds, 1_000_000)
        self.newest = time
    }

    /// The running segment ends where the tape's head is now.
    /// `next` is the decoding time of what follows; nil where a break follows and the last frame's own length counts.
    mutating func finish(at head: UInt64, next: MediaTime?) {
        guard let open = self.open else { return }
        self.open = nil
        let end = next ?? MediaTime(microseconds: self.newest.microseconds + self.lastStep)
        guard open.offset < head else { return }
        self.isTrimDue = true
        self.segments.append(
            Segment(
                mark: open.mark,
                duration: max(end.microseconds - open.start.microseconds, 1),
                range: open.offset..<head,
                initialization: open.initialization,
                isIndependent: open.isIndependent,
                isBeforeBreak: next == nil
            )
        )
    }

    mutating func begin(_ mark: SegmentMark, at time: MediaTime, offset: UInt64, isIndependent: Bool) {
        self.newest = time
        self.open = Open(
            mark: mark,
            start: time,
            offset: offset,
            initialization: self.currentInitialization,
            isIndependent: isIndependent
        )
    }

    /// Nothing that was written is on tape any more.
    mutating func forgetAll() {
        self.segments = []
        self.open = nil
    }

    package func segment(number: UInt64) -> Segment? {
        self.segments.first { $0.mark.number == number }
    }

    /// Segments leave once what is newer than them fills the window, or once the tape has been written over them.
    /// `tail` is the oldest offset on the wire tape.
    mutating func trim(tail: UInt64) {
        guard self.isTrimDue else { return }
        self.isTrimDue = false
        var held: Int64 = 0
        var kept = self.segments.endIndex
        self.isCut = false
        while kept > self.segments.startIndex, held < self.window || self.segments.endIndex - kept < Self.fewest {
            let segment = self.segments[kept - 1]
            guard segment.range.lowerBound >= tail else {
                self.isCut = true
                break
            }
            held += segment.duration
            kept -= 1
        }
        self.segments.removeFirst(kept)
        let used = Set(self.segments.map(\.initialization)).union([self.currentInitialization])
        self.initializations = self.initializations.filter { used.contains($0.key) }
    }
}
