/// Gives every packet of a stream its place on the stream's own clock, whatever its sources' clocks do.
///
/// - Decoding times rise strictly within a track, over sources, wraps and jumps alike.
/// - All tracks of a source are moved by one offset, so audio and video keep the relation the source gave them.
/// - A source that comes back, or replaces another, is placed where the stream's clock stands by then.
///
/// Clocks that drift apart never cause a step: stream time follows the source alone, and which wall-clock time belongs
/// to it is an estimate of its own. All of `now` is µs on one monotonic clock.
package struct Timeline: Sendable, Codable {
    private struct Track: Sendable, Codable {
        var dts: Int64
        var arrival: Int64
        /// The last distance between two packets, µs.
        var interval: Int64
        /// The era of the last packet.
        var era: UInt64
        /// The last packet's time by its source alone, µs on the stream's clock.
        var exact: Int64
        /// How much later than wanted the last packet is decoded because ``DecodingDelay`` grew, µs.
        var squeeze: Int64
        var steps: TrackSteps
        /// The last packet's time by the source's own clock, µs.
        var stamp: Int64
        var crossing: EraCrossing?
    }

    /// Where the stream's clock starts, µs. Above zero, so that a track whose first packets come after another's but
    /// belong before them has room.
    private static let start = TimelineEra.reach

    /// The least step between two packets of a track, µs: what RTMP and FLV can tell apart. Sources that repeat a
    /// timestamp or go back a little are held to it.
    private static let leastStep: Int64 = 1000

    /// The step to a track's second packet when nothing is known of it, µs.
    private static let usualInterval: Int64 = 20_000

    /// After so much silence a packet is placed by the time that passed and not by the packets before it, µs.
    private static let silence: Int64 = 1_000_000

    /// How long the tracks of a source may take to follow one another over a small jump, µs.
    private static let grace: Int64 = 1_000_000

    /// How long an era is kept that no track uses any more, µs.
    private static let linger: Int64 = 10_000_000
    private static let mostEras = 4

    /// A packet that is no further than this from where its track's era wants it is not looked for elsewhere, µs.
    private static let clean: Int64 = 250_000

    private var clock = SourceClock.rtmp
    private var tracks: [TrackID: Track] = [:]
    private var eras: [TimelineEra] = []
    private var nextEra: UInt64 = 0
    /// The last era of the source before.
    private var formerEra: UInt64 = 0
    private var pending: Discontinuity?
    private var delays: [TrackID: DecodingDelay] = [:]
    private var relation = TrackRelation()

    private var headDTS: Int64?
    private var headArrival: Int64 = 0
    private var headPTS: Int64 = 0

    /// Wall-clock minus monotonic time, µs; only ever set forward.
    private var epoch: Int64
    private var latest: Int64
    private var estimate = WallClockEstimate()
    private var observed: TrackID?

    /// - Parameters:
    ///   - now: Monotonic time, µs.
    ///   - wallClock: The same instant in µs since 1970-01-01 UTC.
    package init(now: Int64, wallClock: Int64) {
        self.epoch = wallClock &- now
        self.latest = now
    }

    /// Goes on with the clock of a stream whose program has died: what comes is placed behind all that it placed.
    ///
    /// - Parameters:
    ///   - decoded: The newest decoding time of each track.
    ///   - presented: The furthest presentation time.
    ///   - now: Monotonic time, µs.
    package mutating func resume(decoded: [TrackID: MediaTime], presented: MediaTime?, now: Int64) {
        guard let head = decoded.values.max() else { return }
        for (track, time) in decoded {
            self.tracks[track] = Track(
                dts: time.microseconds,
                arrival: now,
                interval: Self.usualInterval,
                era: self.nextEra,
                exact: time.microseconds,
                squeeze: 0,
                steps: TrackSteps(),
                stamp: 0
            )
        }
        self.headDTS = head.microseconds
        self.headArrival = now
        let latest = presented?.microseconds ?? head.microseconds
        self.headPTS = max(head.microseconds, min(latest, head.microseconds + DecodingDelay.most))
    }

    /// The decoding time of the furthest packet placed so far.
    package var head: MediaTime? { self.headDTS.map(MediaTime.init(microseconds:)) }

    /// Where the stream's clock stands: the furthest packet and the time that passed since it came.
    package func position(now: Int64) -> MediaTime {
        guard let head = self.headDTS else { return MediaTime(microseconds: Self.start) }
        return MediaTime(microseconds: head + max(0, now &- self.headArrival))
    }

    /// What comes from now on is from another source, or from one that had fallen silent and was given up: its packets
    /// are placed where the stream's clock stands when the first of them comes, after all that were placed before.
    package mutating func beginSource(_ clock: SourceClock, now: Int64, wallClock: Int64) {
        self.clock = clock
        self.eras.removeAll(keepingCapacity: true)
        self.formerEra = self.nextEra
        self.delays.removeAll(keepingCapacity: true)
        self.relation = TrackRelation()
        self.observed = nil
        if let head = self.headDTS {
            self.pending = .source
            self.estimate.restart(at: head)
        }
        // A machine that booted without a clock learns the time later. A break is the place to say so, and only
        // forwards: playlists promise dates that rise.
        let correction = wallClock &- now &- self.epoch
        if correction > 0 {
            self.epoch &+= correction
            if correction > Self.silence { self.estimate.step(by: correction) }
        }
    }

    /// What is known of a track before its first keyframe.
    ///
    /// - Parameters:
    ///   - track: of pictures.
    ///   - reorderDepth: how many pictures may come before one that is shown ahead of them.
    ///   - interval: µs from one picture to the next, where known.
    package mutating func expect(_ track: TrackID, reorderDepth: Int, interval: Int64?) {
        var delay = DecodingDelay(depth: reorderDepth, interval: interval)
        // What the pictures before have needed goes on.
        if let known = self.delays[track]?.current { _ = delay.note(0 &- known, isKeyframe: false) }
        self.delays[track] = delay
    }

    /// Places a packet of the source that was begun last.
    package mutating func place(_ packet: SourcePacket, now: Int64) -> Placement {
        self.latest = max(self.latest, now)
        let (exact, era) = self.map(packet, now: now)
        let last = self.tracks[packet.track]
        let composition = Self.composition(packet)
        let growth = self.delays[packet.track, default: DecodingDelay()]
            .note(composition, isKeyframe: packet.isKeyframe)
        let delay = self.delays[packet.track]?.current ?? 0
        let wanted = exact - delay
        let dts = last.map { max(wanted, $0.dts + Self.leastStep) } ?? wanted
        // Decoding times that have not yet come down to a delay that grew are no fault of the source's.
        let squeeze = min(dts - wanted, (last?.squeeze ?? 0) + (last == nil ? 0 : growth))
        // A packet that had to be moved keeps its presentation time as far as its new decoding time allows.
        let pts = max(exact + composition, dts - squeeze + min(composition + delay, 0), 0)

        let interval = last.map { min(dts - $0.dts, Self.silence) } ?? Self.usualInterval
        var steps = last.flatMap { $0.era == era ? $0.steps : nil } ?? TrackSteps()
        let finding = last.flatMap { last in
            last.era == era ? steps.note(exact &- last.exact, interval: last.interval, lead: exact &- now) : nil
        }
        var crossing = self.crossing(packet, into: era)
        if let jump = crossing?.follow() {
            self.relation.note(jump: 0 &- jump, of: packet.track, now: now)
            crossing = nil
        }
        self.tracks[packet.track] = Track(
            dts: dts,
            arrival: now,
            interval: interval,
            era: era,
            exact: exact,
            squeeze: squeeze,
            steps: steps,
            stamp: last.map { self.clock.unwrap(packet.timestamp, near: $0.stamp) } ?? packet.timestamp,
            crossing: crossing
        )
        if case .step(let distance) = finding { self.relation.note(distance, of: packet.track, now: now) }
        if dts > self.headDTS ?? -1 {
            self.headDTS = dts
            self.headArrival = now
        }
        // One picture that claims to be shown much later does not make the next source wait.
        self.headPTS = max(self.headPTS, min(pts, dts + DecodingDelay.most))
        self.observe(packet.track, dts, now)

        var flags: PacketFlags = packet.isKeyframe ? .keyframe : []
        let discontinuity = self.pending
        self.pending = nil
        if discontinuity != nil { flags.insert(.discontinuity) }
        let placed = Packet(
            track: packet.track,
            pts: MediaTime(microseconds: pts),
            dts: MediaTime(microseconds: dts),
            flags: flags,
            payload: packet.payload
        )
        return Placement(
            packet: placed,
            discontinuity: discontinuity,
            wasHeld: dts - wanted > squeeze,
            hasRegressed: finding == .regression,
            trackStep: self.relation.due(now: now, tracks: self.present(now)),
            wallClock: self.wallClock(at: placed.pts)
        )
    }

    /// The jump of the packet's track that is not proven yet; of one track alone it is a step against the others.
    private func crossing(_ packet: SourcePacket, into era: UInt64) -> EraCrossing? {
        guard let last = self.tracks[packet.track], last.era > self.formerEra else { return nil }
        guard last.era != era else { return last.crossing }
        let step = self.clock.unwrap(packet.timestamp, near: last.stamp) &- last.stamp
        return EraCrossing.jump(by: step &- last.interval, after: last.crossing)
    }

    /// The tracks that something came of lately.
    private func present(_ now: Int64) -> [TrackID] {
        self.tracks.filter { now &- $0.value.arrival < Self.linger }.map(\.key)
    }

    /// Presentation minus decoding time as far as it can be true, µs.
    private static func composition(_ packet: SourcePacket) -> Int64 {
        packet.compositionOffset < -DecodingDelay.most ? 0 : min(TimelineEra.reach, packet.compositionOffset)
    }

    /// The wall-clock time of a stream time, µs since 1970-01-01 UTC: rises with stream time and bends slowly, except that
    /// it is never later than the newest packet's arrival. Where a source's first packet came late that shows: its
    /// second keyframe is dated by its arrival until the estimate has followed.
    package func wallClock(at time: MediaTime) -> Int64 {
        let present = self.epoch &+ self.latest
        return min(present, self.estimate.wallClock(at: time.microseconds) ?? present)
    }

    // MARK: - Eras

    /// The packet's decoding time by its source alone, µs on the stream's clock, and the era it belongs to.
    private mutating func map(_ packet: SourcePacket, now: Int64) -> (Int64, era: UInt64) {
        self.forgetEras(now)
        guard let (index, time) = self.era(of: packet, now: now) else {
            let head = self.eras.last?.head.time
            let jump = head.map { self.clock.unwrap(packet.timestamp, near: $0) &- $0 }
            let place = jump == nil ? self.firstPlace(packet.track, now) : self.placeAfterJump(packet, now)
            self.beginEra(packet, at: place, jump: jump, now)
            return (place, self.nextEra)
        }
        if !self.eras[index].has(packet.track) {
            // A track that begins before what its forerunner left: all tracks of the source make room together.
            let delay = self.delays[packet.track]?.current ?? 0
            let floor = self.tracks[packet.track].map { $0.dts + delay + Self.leastStep } ?? 0
            self.eras[index].offset &+= max(0, floor &- (time &+ self.eras[index].offset))
        }
        self.eras[index].advance(packet.track, to: .init(time: time, arrival: now))
        // One stray timestamp is no jump.
        if let jump = self.eras[index].takeJump() { self.pending = self.pending ?? .jump(jump) }
        return (time &+ self.eras[index].offset, self.eras[index].id)
    }

    /// The era that the packet carries on and its time there.
    ///
    /// After a jump or a stray timestamp there are two for a while, because tracks cross over one after the other: a
    /// packet stays with its track's era while it fits there, else goes where it fits best.
    private func era(of packet: SourcePacket, now: Int64) -> (Int, Int64)? {
        let last = self.tracks[packet.track]
        var best: (index: Int, fit: TimelineEra.Fit)?
        for index in self.eras.indices.reversed() {
            let era = self.eras[index]
            guard let fit = era.fit(packet.timestamp, of: packet.track, clock: self.clock, now: now) else { continue }
            let isOwn = era.id == last?.era
            if isOwn, fit.misfit <= Self.clean { return (index, fit.time) }
            if !isOwn, era.has(packet.track), let last, fit.time &+ era.offset < last.exact - TimelineEra.slack {
                continue
            }
            if let best, best.fit.misfit <= fit.misfit { continue }
            best = (index, fit)
        }
        return best.map { ($0.index, $0.fit.time) }
    }

    private mutating func beginEra(_ packet: SourcePacket, at place: Int64, jump: Int64?, _ now: Int64) {
        while self.eras.count >= Self.mostEras,
            let oldest = self.eras.indices.min(by: { self.eras[$0].lastUse < self.eras[$1].lastUse })
        {
            self.eras.remove(at: oldest)
        }
        self.nextEra += 1
        self.eras.append(
            TimelineEra(
                id: self.nextEra,
                offset: place &- packet.timestamp,
                jump: jump,
                track: packet.track,
                first: .init(time: packet.timestamp, arrival: now)
            )
        )
    }

    /// Drops eras that no packet will carry on. Two that a small jump separates are one clock, so in the end all tracks
    /// go by the newer; tracks whose clocks have nothing to do with each other keep one each.
    private mutating func forgetEras(_ now: Int64) {
        guard self.eras.count > 1 else { return }
        let inUse = Set(self.tracks.values.map(\.era))
        guard let newest = self.eras.last(where: { inUse.contains($0.id) }) else { return }
        let isSettled = newest.isProven && now &- newest.birth > Self.grace
        self.eras.removeAll { era in
            era.id != newest.id
                && (newest.isProven && !inUse.contains(era.id) || now &- era.lastUse > Self.linger
                    || (isSettled && era.isNear(newest, clock: self.clock)))
        }
    }

    private func firstPlace(_ track: TrackID, _ now: Int64) -> Int64 {
        guard self.headDTS != nil else { return Self.start }
        let interval = self.tracks[track]?.interval ?? Self.usualInterval
        return max(self.position(now: now).microseconds, self.headPTS + interval)
    }

    private func placeAfterJump(_ packet: SourcePacket, _ now: Int64) -> Int64 {
        guard let last = self.tracks[packet.track] else { return self.position(now: now).microseconds }
        let elapsed = max(0, now &- last.arrival)
        let delay = self.delays[packet.track]?.current ?? 0
        return last.dts + delay + (elapsed > Self.silence ? elapsed : last.interval)
    }

    // MARK: - Wall-clock

    /// Pictures say when something was seen; sound does where there are none.
    private mutating func observe(_ track: TrackID, _ dts: Int64, _ now: Int64) {
        if let observed = self.observed, observed < track, let last = self.tracks[observed],
            now &- last.arrival < Self.linger
        {
            return
        }
        self.observed = track
        self.estimate.observe(dts, wallClock: self.epoch &+ now)
    }
}
