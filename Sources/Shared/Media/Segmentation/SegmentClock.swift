/// Says where the segments of a stream's playlists start, and numbers them.
///
/// A segment starts at a keyframe of the track that leads, once the running one has lasted for the target duration, and at
/// the first keyframe after a break. Once a playlist has said how long a segment may be at most, that holds for as long as
/// it lives (RFC 8216 section 4.3.3.1): a group of pictures that lasts longer is cut between two keyframes.
///
/// Numbers begin with the wall-clock time of a stream's first segment in whole seconds and rise by one: as segments last
/// longer than a second they fall behind the clock, so a relay that starts again goes on above every number that a
/// playlist showed before, with nothing written down. Unix seconds because players keep sequence numbers in 32 signed
/// bits, which hold them until 2038; anything finer would not fit.
package struct SegmentClock: Sendable {
    struct Running: Sendable, Codable {
        var mark: SegmentMark
        var start: MediaTime
        /// Decoding time of its first packet, from which its duration counts.
        var decodingStart: MediaTime
        /// How many segments this clock had started with it.
        var count: Int
    }

    /// How many numbers segments may run ahead of the wall-clock where breaks follow each other within a second. Beyond
    /// that even a break has to wait.
    private static let credit: Int64 = 2

    /// For how many target durations the leading track may be silent before sound starts segments.
    private static let silenceLimit: Int64 = 3

    /// The highest number that players keep, in 32 signed bits: a mark beyond it was made by no clock like this.
    private static let highest = UInt64(Int32.max)

    /// Longer than this no segment becomes, whatever the distance of keyframes: players want three of them before they begin.
    private static let longest = MediaTime.milliseconds(12_000)

    /// So many of the last segments say how long the next ones may be.
    static let remembered = 16

    private let target: MediaTime
    private let tolerance: MediaTime
    private let previous: SegmentMark?
    var running: Running?
    var isBroken = false
    var leader: TrackID?
    var leaderSeen: MediaTime?
    /// The distance of the leader's newest two packets, and of its newest two keyframes.
    var leaderStep = MediaTime.milliseconds(40)
    var leaderKeyframe: MediaTime?
    var keyframeDistance = MediaTime.zero
    /// How long the last segments became.
    var lengths: [MediaTime] = []
    var promised: Int?

    /// Whether the running segment starts between two keyframes, where no decoder can.
    package internal(set) var isWithinGroup = false

    /// - Parameters:
    ///   - target: How long a segment should last; at least a second, so that numbers cannot overtake the clock.
    ///   - previous: The last mark of a clock that this one takes over from, where it is known. It may come from another
    ///     process: one that no clock can have made is not gone on from.
    package init(target: MediaTime = .milliseconds(2000), after previous: SegmentMark? = nil) {
        self.target = max(target, .milliseconds(1000))
        // A keyframe a frame early is the one the encoder meant; never below a second.
        self.tolerance = min(MediaTime(microseconds: self.target.microseconds / 20), self.target - .milliseconds(1000))
        self.previous = previous.flatMap { Self.isPlausible($0) ? $0 : nil }
    }

    /// A clock of the same target that goes on behind a mark.
    package func following(_ mark: SegmentMark?) -> SegmentClock {
        var clock = SegmentClock(target: self.target, after: mark)
        clock.promised = self.promised
        clock.lengths = self.lengths
        return clock
    }

    static func isPlausible(_ mark: SegmentMark) -> Bool {
        let seconds = UInt64(exactly: mark.wallClock / 1_000_000)
        return mark.number < Self.highest && mark.discontinuity < Self.highest
            && seconds.map { $0 < Self.highest } ?? false
    }

    /// The running segment.
    package var mark: SegmentMark? { self.running?.mark }

    /// Segments start with packets of this track from now on: the first video track, or the first audio track of a stream
    /// without pictures. Until told, the track of the first packet leads.
    package mutating func follow(_ track: TrackID) {
        guard track != self.leader else { return }
        self.leader = track
        self.leaderSeen = nil
        self.leaderKeyframe = nil
        self.keyframeDistance = .zero
    }

    /// How long a segment may be at most, in whole seconds: `EXT-X-TARGETDURATION`. It is settled by the first who asks, from
    /// the segments there are by then, and holds until ``forgetPromise()``.
    package mutating func promise() -> Int {
        let promised = self.proposal
        self.promised = promised
        return promised
    }

    /// What has been promised, or would be now.
    package var proposal: Int {
        if let promised = self.promised { return promised }
        var longest = self.lengths.max() ?? self.target
        if let running = self.running, let seen = self.leaderSeen {
            longest = max(longest, seen - running.decodingStart + self.leaderStep)
        }
        longest = max(longest, self.target, min(self.keyframeDistance, Self.longest))
        return max(1, Int((longest.microseconds + 500_000) / 1_000_000))
    }

    /// From now on segments are cut so that none lasts longer than so many seconds, which somebody was told.
    package mutating func promise(_ seconds: Int) {
        self.promised = seconds
    }

    /// Forgets the promised duration, because nobody holds a playlist any more.
    package mutating func forgetPromise() {
        self.promised = nil
        self.lengths = []
    }

    /// What comes next does not follow from what came before: other tracks, or another coding. A packet that carries
    /// ``PacketFlags/discontinuity`` says so itself.
    package mutating func breakOff() {
        self.isBroken = true
        self.leaderSeen = nil
        self.leaderKeyframe = nil
    }

    /// Looks at a packet about to be appended.
    ///
    /// - Parameters:
    ///   - packet: In the order of the stream, each track's.
    ///   - wallClock: The wall-clock time of the packet's presentation, µs since 1970-01-01 UTC, never in the future.
    /// - Returns: The mark of the segment that starts with this packet, if one does.
    package mutating func observe(_ packet: Packet, wallClock: Int64) -> SegmentMark? {
        if packet.flags.contains(.discontinuity) { self.breakOff() }
        let before = self.leaderSeen
        let mayStart = self.mayStart(with: packet)
        guard let running else { return mayStart ? self.begin(packet, wallClock) : nil }

        let isDue = mayStart && self.isDue(packet, running)
        let isOverdue = !self.isBroken && !mayStart && self.isOverdue(packet, running, after: before)
        guard isDue || isOverdue else { return nil }
        let (number, isBeyondAll) = running.mark.number.addingReportingOverflow(1)
        guard !isBeyondAll, let place = Int64(exactly: number), place <= self.limit(wallClock, running) else {
            return nil
        }
        let mark = SegmentMark(
            number: number,
            discontinuity: running.mark.discontinuity &+ (self.isBroken ? 1 : 0),
            wallClock: max(wallClock, running.mark.wallClock)
        )
        // The last before a break is as long as its pictures, which is not longer than it was let become.
        if !self.isBroken { self.remember(packet.dts - running.decodingStart) }
        self.start(mark, packet, count: running.count + 1)
        self.isWithinGroup = isOverdue
        return mark
    }

    /// Whether the running segment ends in front of a packet that a decoder can begin with.
    private func isDue(_ packet: Packet, _ running: Running) -> Bool {
        let length = packet.pts - running.start
        if self.isBroken || length >= self.target - self.tolerance { return true }
        // If the group that begins here would make it too long, it ends now.
        return length >= .milliseconds(1000) && length + self.keyframeDistance >= self.limit
    }

    /// Whether the running segment would be too long with the packet, which no decoder can begin with.
    private func isOverdue(_ packet: Packet, _ running: Running, after before: MediaTime?) -> Bool {
        let length = packet.dts - running.decodingStart
        guard packet.track != self.leader else { return length + self.leaderStep >= self.limit }
        // The leader's own packets come first, unless there are none.
        let silence = packet.dts - (before ?? running.decodingStart)
        return silence >= .milliseconds(500) && length + .milliseconds(100) >= self.limit
    }

    /// A duration counts rounded to whole seconds, so half a second more would be a second too long; less a little, because
    /// pictures do not come at one distance.
    private var limit: MediaTime {
        let whole = self.promised.map { MediaTime(microseconds: Int64($0) * 1_000_000) } ?? Self.longest
        return whole + .milliseconds(450)
    }

    private mutating func remember(_ length: MediaTime) {
        self.lengths.append(length)
        if self.lengths.count > Self.remembered { self.lengths.removeFirst() }
    }

    /// Notes when the leader's packets and keyframes come.
    private mutating func follow(_ packet: Packet) {
        if let seen = self.leaderSeen, packet.dts > seen {
            self.leaderStep = min(packet.dts - seen, .milliseconds(1000))
        }
        self.leaderSeen = packet.dts
        guard packet.track.kind == .video, packet.flags.contains(.keyframe) else { return }
        if let last = self.leaderKeyframe, packet.dts > last { self.keyframeDistance = packet.dts - last }
        self.leaderKeyframe = packet.dts
    }

    private mutating func mayStart(with packet: Packet) -> Bool {
        let leader = self.leader ?? packet.track
        self.leader = leader
        if packet.track == leader {
            self.follow(packet)
            return leader.kind == .audio || packet.flags.contains(.keyframe)
        }
        // A camera that fails, or never starts, leaves the sound; a segment without pictures may start anywhere in it.
        let seen = self.leaderSeen ?? packet.dts
        self.leaderSeen = seen
        let silence = packet.dts.microseconds - seen.microseconds
        return packet.track.kind == .audio && silence >= self.target.microseconds * Self.silenceLimit
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
        self.running = Running(mark: mark, start: packet.pts, decodingStart: packet.dts, count: count)
        self.isBroken = false
        self.isWithinGroup = false
    }
}
