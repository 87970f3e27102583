/// Tells which run of a track's clock each packet belongs to: the one in force, or another that is a jump away.
///
/// A packet alone never moves a clock: one that is far from where its track stands begins a run of its own, which comes in
/// force when several packets in a row agree that it has. The run of before is kept, so that a few stray packets cost
/// nothing.
struct RTPTrackClocks: Sendable, Codable {
    let isSound: Bool
    private var rate: Int64
    /// The run in force first.
    private var runs: [RTPTrackClock] = []
    /// The furthest common time before the clock began anew, and when it came.
    private var former: RTPClockReading?

    /// Runs that are kept.
    private static let mostRuns = 3
    /// So many timestamps in a row have to agree that the clock is another.
    private static let proof = 3
    /// A packet that deviates by no more than this is not looked for in another run, µs.
    private static let clean: UInt64 = 250_000

    /// - Parameters:
    ///   - rate: Ticks a second.
    ///   - isSound: Whether the track is of sound.
    init(rate: Int, isSound: Bool) {
        self.rate = Int64(max(1, rate))
        self.isSound = isSound
    }

    /// Whether a track's clocks can have been so that were written down.
    var isPlausible: Bool {
        RTPLimits.clockRates.contains(self.rate) && self.runs.count <= Self.mostRuns
            && self.runs.allSatisfy(\.isPlausible)
    }

    var isEmpty: Bool { self.runs.isEmpty }

    /// The run in force; nil before the first packet.
    var present: RTPTrackClock? { self.runs.first }

    /// The furthest packet's common time, and when it came.
    var furthest: RTPClockReading? {
        guard let run = self.runs.first(where: { $0.offset != nil }), let offset = run.offset,
            let furthest = run.furthest
        else { return self.former }
        return RTPClockReading(time: furthest.time &+ offset.current, arrival: furthest.arrival)
    }

    /// A packet came; the order does not matter.
    ///
    /// - Parameters:
    ///   - timestamp: The packet's.
    ///   - now: When it came, µs.
    ///   - isJump: Whether a deviation of so many µs from the run in force is known to be a jump.
    /// - Returns: by how much the packet deviates from the run in force, where that is the one it carries on.
    mutating func note(_ timestamp: UInt32, now: Int64, isJump: (Int64) -> Bool) -> Int64? {
        let deviation = self.runs.first?.deviation(of: timestamp, now: now)
        let isOfPresent = deviation.map { (self.runs.first?.reaches($0) ?? false) && !isJump($0) } ?? false
        if isOfPresent, self.index(of: timestamp, now: now) == 0 {
            self.runs[0].note(timestamp, now: now)
            for other in self.runs.indices.dropFirst() { self.runs[other].interrupt() }
            return deviation
        }
        let others = self.runs.indices.dropFirst().filter {
            self.runs[$0].reaches(self.runs[$0].deviation(of: timestamp, now: now))
        }
        let best = others.min { self.distance($0, timestamp, now) < self.distance($1, timestamp, now) }
        guard let best else {
            self.begin(timestamp, now)
            return nil
        }
        self.runs[best].note(timestamp, now: now)
        if self.runs[best].evidence + 1 >= Self.proof { self.runs.insert(self.runs.remove(at: best), at: 0) }
        return nil
    }

    private mutating func begin(_ timestamp: UInt32, _ now: Int64) {
        var run =
            self.runs.first.map { RTPTrackClock(timestamp, after: $0) } ?? RTPTrackClock(timestamp, rate: self.rate)
        run.note(timestamp, now: now)
        self.runs.insert(run, at: min(1, self.runs.count))
        if self.runs.count > Self.mostRuns { self.runs.removeLast() }
    }

    /// The run that a timestamp belongs to: the one in force while the timestamp is near it, else the nearest.
    private func index(of timestamp: UInt32, now: Int64) -> Int? {
        guard let present = self.runs.first else { return nil }
        let deviation = present.deviation(of: timestamp, now: now).magnitude
        guard deviation > Self.clean else { return 0 }
        let nearest = self.runs.indices.dropFirst().min {
            self.distance($0, timestamp, now) < self.distance($1, timestamp, now)
        }
        guard let nearest, self.distance(nearest, timestamp, now) < deviation else { return 0 }
        return nearest
    }

    private func distance(_ index: Int, _ timestamp: UInt32, _ now: Int64) -> UInt64 {
        self.runs[index].distance(to: timestamp, now: now)
    }

    /// Takes a sender's report to the run that it is about. Gives whether one is.
    mutating func report(_ time: Int64, _ timestamp: UInt32, reach: Int64, now: Int64) -> Bool {
        if self.runs.isEmpty { self.runs = [RTPTrackClock(timestamp, rate: self.rate)] }
        let nearest = self.runs.indices.min { self.distance($0, timestamp, now) < self.distance($1, timestamp, now) }
        guard let index = nearest, self.distance(index, timestamp, now) <= UInt64(reach) else { return false }
        self.runs[index].report = .init(time: time, own: self.runs[index].own(timestamp), arrival: now)
        return true
    }

    /// Sets where the run in force has to go.
    mutating func aim(at target: Int64?) {
        if !self.runs.isEmpty { self.runs[0].offset?.target = target }
    }

    /// What comes from now on is by another clock: another source, or one that started anew.
    mutating func restart(rate: Int?) {
        self.former = self.furthest
        self.runs = []
        if let rate { self.rate = Int64(max(1, rate)) }
    }

    /// Where a packet that was noted stands.
    struct Position {
        fileprivate let run: Int
        /// Its time on the track's own clock, µs.
        let own: Int64
        /// Whether its run has an offset to the common clock.
        let isMapped: Bool
        /// The offset of the run in force and how far this one is ahead of it, µs, where that is another.
        let jump: (from: SlewedOffset, distance: Int64)?
    }

    func position(of timestamp: UInt32, now: Int64) -> Position? {
        guard let index = self.index(of: timestamp, now: now) else { return nil }
        let own = self.runs[index].own(timestamp)
        var jump: (from: SlewedOffset, distance: Int64)?
        let other = self.runs.indices.first { $0 != index && self.runs[$0].offset != nil }
        if let other, let offset = self.runs[other].offset, let expected = self.runs[other].expected(now: now) {
            jump = (offset, own &- expected)
        }
        return Position(run: index, own: own, isMapped: self.runs[index].offset != nil, jump: jump)
    }

    /// Gives the run of a position its offset to the common clock.
    mutating func map(_ position: Position, by offset: SlewedOffset) { self.runs[position.run].offset = offset }

    /// The common time of a position whose run is mapped, µs.
    mutating func place(_ position: Position) -> Int64? { self.runs[position.run].offset?.place(position.own) }
}
