/// Says where the segments of a stream's playlists start, and numbers them.
///
/// A segment starts at a keyframe of the track that leads, once the running one has lasted for the target duration, and at
/// the first keyframe after a break. Numbers begin with the wall-clock time of a stream's first segment in whole seconds
/// and rise by one: as segments last longer than a second they fall behind the clock, so a relay that starts again goes
/// on above every number that a playlist showed before, with nothing written down. Unix seconds because players
/// keep sequence numbers in 32 signed bits, which hold them until 2038; anything finer would not fit.
package struct SegmentClock: Sendable {
    private struct Running: Sendable {
        var mark: SegmentMark
        var start: MediaTime
        /// How many segments this clock had started with it.
        var count: Int
    }

    /// How many numbers segments may run ahead of the wall-clock where breaks follow each other within a second. Beyond
    /// that even a break has to wait.
    private static let credit: Int64 = 2

    /// For how many target durations the leading track may be silent before sound starts segments.
    private static let patience: Int64 = 3

    private let target: MediaTime
    private let tolerance: MediaTime
    private let previous: SegmentMark?
    private var running: Running?
    private var isBroken = false
    private var leader: TrackID?
    private var leaderSeen: MediaTime?

    /// - Parameters:
    ///   - target: How long a segment should last; at least a second, so that numbers cannot overtake the clock.
    ///   - previous: The last mark of a clock that this one takes over from, where it is known.
    package init(target: MediaTime = .milliseconds(2000), after previous: SegmentMark? = nil) {
        self.target = max(target, .milliseconds(1000))
        // A keyframe a frame early is the one the encoder meant; never below a second.
        self.tolerance = min(MediaTime(microseconds: self.target.microseconds / 20), self.target - .milliseconds(1000))
        self.previous = previous
    }

    /// The running segment.
    package var mark: SegmentMark? { self.running?.mark }

    /// Segments start with packets of this track from now on: the first video track, or the first audio track of a stream
    /// without pictures. Until told, the track of the first packet leads.
    package mutating func follow(_ track: TrackID) {
        guard track != self.leader else { return }
        self.leader = track
        self.leaderSeen = nil
    }

    /// What comes next does not follow from what came before: other tracks, or another coding. A packet that carries
    /// ``PacketFlags/discontinuity`` says so itself.
    package mutating func breakOff() {
        self.isBroken = true
        self.leaderSeen = nil
    }

    /// Looks at a packet about to be appended.
    ///
    /// - Parameters:
    ///   - packet: In the order of the stream, each track's.
    ///   - wallClock: The wall-clock time of the packet's presentation, µs since 1970-01-01 UTC, never in the future.
    /// - Returns: The mark of the segment that starts with this packet, if one does.
    package mutating func observe(_ packet: Packet, wallClock: Int64) -> SegmentMark? {
        if packet.flags.contains(.discontinuity) { self.breakOff() }
        guard self.mayStart(with: packet) else { return nil }
        guard let running else { return self.begin(packet, wallClock) }

        let isDue = packet.pts - running.start >= self.target - self.tolerance
        guard isDue || self.isBroken else { return nil }
        guard Int64(running.mark.number) + 1 <= self.limit(wallClock, running) else { return nil }
        let mark = SegmentMark(
            number: running.mark.number + 1,
            discontinuity: running.mark.discontinuity + (self.isBroken ? 1 : 0),
            wallClock: max(wallClock, running.mark.wallClock)
        )
        self.start(mark, packet, count: running.count + 1)
        return mark
    }

    private mutating func mayStart(with packet: Packet) -> Bool {
        let leader = self.leader ?? packet.track
        self.leader = leader
        if packet.track == leader {
            self.leaderSeen = packet.dts
            return leader.kind == .audio || packet.flags.contains(.keyframe)
        }
        // A camera that fails, or never starts, leaves the sound; a segment without pictures may start anywhere in it.
        let seen = self.leaderSeen ?? packet.dts
        self.leaderSeen = seen
        let silence = packet.dts.microseconds - seen.microseconds
        return packet.track.kind == .audio && silence >= self.target.microseconds * Self.patience
    }

    private mutating func begin(_ packet: Packet, _ wallClock: Int64) -> SegmentMark {
        let seconds = UInt64(max(0, wallClock / 1_000_000))
        let mark =
            if let previous {
                SegmentMark(
                    number: max(seconds, previous.number + 1),
                    discontinuity: max(seconds, previous.discontinuity + 1),
                    wallClock: max(wallClock, previous.wallClock)
                )
            } else {
                SegmentMark(number: seconds, discontinuity: seconds, wallClock: wallClock)
            }
        self.start(mark, packet, count: 1)
        return mark
    }

    /// The highest number a segment may have that starts now. From the fourth on, when a playlist of three is shown, that
    /// is less than what a relay that starts within the same second begins with.
    private func limit(_ wallClock: Int64, _ running: Running) -> Int64 {
        let seconds = wallClock / 1_000_000
        if self.isBroken { return seconds + Self.credit }
        return running.count < 3 ? seconds : seconds - 1
    }

    private mutating func start(_ mark: SegmentMark, _ packet: Packet, count: Int) {
        self.running = Running(mark: mark, start: packet.pts, count: count)
        self.isBroken = false
    }
}
