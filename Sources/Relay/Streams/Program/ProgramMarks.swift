import Synchronization

/// Numbers of a program that its outputs read without its lock.
final class ProgramMarks: Sendable {
    /// The newest time that is known, µs monotonic.
    private let time: Atomic<Int64>
    /// The sequence on the packet tape behind which everything is of the source on air.
    private let sourceStart = Atomic<UInt64>(0)
    /// Wall-clock minus stream time, µs.
    private let offset: Atomic<Int64>
    /// How long segments are to be expected, µs.
    private let segment: Atomic<Int64>
    private let onAir = Atomic(false)

    init(segmentLength: Int64, now: Now) {
        self.segment = Atomic(segmentLength)
        self.time = Atomic(now.monotonic)
        self.offset = Atomic(now.wall &- now.monotonic)
    }

    var lastTime: Int64 { self.time.load(ordering: .relaxed) }

    var firstOfSource: UInt64 { self.sourceStart.load(ordering: .acquiring) }

    var wallOffset: Int64 { self.offset.load(ordering: .relaxed) }

    var segmentLength: Int64 { self.segment.load(ordering: .relaxed) }

    /// Whether a source was on air when that was last looked at.
    var isOnAir: Bool { self.onAir.load(ordering: .relaxed) }

    func note(_ now: Int64) { self.time.store(now, ordering: .relaxed) }

    func note(segmentLength: Int64, isOnAir: Bool) {
        self.segment.store(segmentLength, ordering: .relaxed)
        self.onAir.store(isOnAir, ordering: .relaxed)
    }

    func note(wallOffset: Int64) { self.offset.store(wallOffset, ordering: .relaxed) }

    /// Another source is on air; its records come from that sequence on.
    func beginSource(at sequence: UInt64) { self.sourceStart.store(sequence, ordering: .releasing) }
}
