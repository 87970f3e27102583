import Media
import NIOCore
import Testing
import Toolkit

@Suite struct TimelineTests {
    var random = SeededGenerator(seed: 1)
    var run = TimelineRun()

    private static let day: Int64 = 86_400_000_000

    // MARK: - One source

    @Test(arguments: [0, 1, 5_000_000, 0xFFFFFF * 1000, 0x7FFF_FFFF * 1000, 0xFFFF_FFFF * 1000])
    mutating func aSourceMayStartAtAnyTimestamp(first: Int64) {
        let rows = self.run.play(SimulatedSource(firstTimestamp: first), &self.random)
        #expect(rows.shifts.count == 1)
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities.isEmpty)
    }

    @Test(arguments: [(0, 4_000_000), (4_000_000, 0)], [(0, 0), (3_000_000, 0), (0, 3_000_000)])
    mutating func tracksMayStartApartAndInterleaveCoarsely(starts: (Int64, Int64), lags: (Int64, Int64)) {
        let rows = self.run.play(
            SimulatedSource(
                audioStart: starts.0,
                videoStart: starts.1,
                audioLag: lags.0,
                videoLag: lags.1,
                firstTimestamp: 7000
            ),
            &self.random
        )
        #expect(rows.shifts.count == 1)
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities.isEmpty)
    }

    @Test mutating func presentationTimesAreWhatTheSourceComposed() {
        for row in self.run.play(SimulatedSource(), &self.random) {
            #expect(row.packet.pts.microseconds - row.dts == row.arrival.packet.compositionOffset)
        }
    }

    @Test mutating func smallStepsBackAreHeldWithoutABreak() {
        let rows = self.run.play(SimulatedSource(jitter: 60_000), &self.random)
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities.isEmpty)
        let shifts = rows.map(\.shift)
        #expect((shifts.max() ?? 0) - (shifts.min() ?? 0) <= 130_000)
    }

    @Test mutating func repeatedTimestampsStillRise() {
        self.run.timeline.beginSource(.rtmp, now: 0, wallClock: TimelineRun.epoch)
        let times = [0, 0, 0, 33_000, 33_000, 66_000].map { self.place(.video, $0, now: $0).packet.dts.microseconds }
        #expect(times.map { $0 - times[0] } == [0, 1000, 2000, 33_000, 34_000, 66_000])
    }

    @Test mutating func aStreamOfPicturesAloneMayBeSlowAndComeInABurst() {
        self.run.timeline.beginSource(.rtmp, now: 0, wallClock: TimelineRun.epoch)
        let times = (0..<20).map { self.place(.video, $0 * 5_000_000, now: $0 * 100).packet.dts.microseconds }
        #expect(zip(times, times.dropFirst()).allSatisfy { $1 - $0 == 5_000_000 })
    }

    @Test mutating func picturesDroppedByTheEncoderAreAGapAndNotAJump() {
        self.run.timeline.beginSource(.rtmp, now: 0, wallClock: TimelineRun.epoch)
        let first = self.place(.video, 0, now: 0).packet.dts.microseconds
        for time in stride(from: Int64(0), to: 8_000_000, by: 21_000) { _ = self.place(.audio, time, now: time / 4) }
        let placement = self.place(.video, 8_000_000, now: 2_000_000)
        #expect(placement.packet.dts.microseconds - first == 8_000_000)
        #expect(placement.discontinuity == nil)
    }

    // MARK: - Wraps

    @Test(arguments: [24, 31, 32], [0, 700_000, -700_000])
    mutating func wrapsGoUnnoticed(bits: Int, audioLead: Int64) {
        let period: Int64 = (1 << Int64(bits)) * 1000
        let rows = self.run.play(
            SimulatedSource(
                audioLag: max(0, -audioLead),
                videoLag: max(0, audioLead),
                firstTimestamp: period - 5_000_000,
                bits: bits
            ),
            &self.random
        )
        #expect(rows.shifts.count == 1)
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities.isEmpty)
    }

    /// One packet every ten minutes on each track for 110 days: past two wraps of 49.7 days and four of 24.8.
    @Test(arguments: [31, 32])
    mutating func monthsOfStreaming(bits: Int) {
        let rows = self.run.play(
            SimulatedSource(
                length: 110 * Self.day,
                videoInterval: 600_000_000,
                audioInterval: 610_000_000,
                gop: 1,
                bits: bits
            ),
            &self.random
        )
        #expect(rows.shifts.count == 1)
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities.isEmpty)
    }

    // MARK: - Jumps

    private static let jumps: [Int64] = [
        -3_600_000_000, -300_000_000, -2_000_000, -550_000, -530_000, -510_000, 510_000, 530_000, 2_000_000, 60_000_000,
        7_200_000_000,
    ]

    @Test(arguments: Self.jumps, [0, 15_000, 200_000, -200_000])
    mutating func aJumpIsFollowedByAllTracksTogether(by distance: Int64, audioDelay: Int64) {
        let jump = SimulatedSource.Jump(at: 4_000_000, by: distance, audioDelay: audioDelay)
        let rows = self.run.play(
            SimulatedSource(length: 20_000_000, firstTimestamp: 20_000_000_000, jumps: [jump]),
            &self.random
        )
        #expect(self.run.firstRegression == nil)
        #expect(rows.filter { $0.arrival.captured < 3_700_000 }.shifts.count == 1)
        let after = rows.filter { $0.arrival.captured > 6_000_000 }.shifts
        #expect(after.count == 1)
        #expect(self.run.discontinuities.count <= 2)
        #expect(abs(distance) < 600_000 || !self.run.discontinuities.isEmpty)
        // The stream's clock goes on as if nothing had happened, but for what a small jump could not tell from jitter.
        let before = rows.first?.shift ?? 0
        #expect(after.allSatisfy { abs($0 - before) < 1_200_000 })
    }

    @Test mutating func packetsStillOnTheOldClockKeepTheirPlace() {
        let jump = SimulatedSource.Jump(at: 4_000_000, by: 3_600_000_000, audioDelay: 400_000)
        let rows = self.run.play(SimulatedSource(jumps: [jump]), &self.random)
        let shifts = rows.map(\.shift)
        #expect((shifts.max() ?? 0) - (shifts.min() ?? 0) <= 1000)
        #expect(self.run.discontinuities.count == 1)
    }

    @Test(arguments: [-50_000_000, -3_000_000, -700_000, 700_000, 3_000_000, 20_000_000])
    mutating func aStrayTimestampMovesNothingElse(by distance: Int64) {
        self.run.timeline.beginSource(.rtmp, now: 0, wallClock: TimelineRun.epoch)
        let base: Int64 = 50_000_000
        var shifts: Set<Int64> = []
        for index in Int64(0)..<400 {
            let time = index * 20_000
            let isStray = index == 200 || index == 260
            let audio = self.place(.audio, base + time + (isStray ? distance : 0), now: time)
            let video = self.place(.video, base + time, now: time)
            if !isStray { shifts.insert(audio.packet.dts.microseconds - time) }
            shifts.insert(video.packet.dts.microseconds - time)
        }
        #expect(shifts.count == 1)
    }

    @Test mutating func tracksWithUnrelatedClocksBothGoOn() {
        self.run.timeline.beginSource(.rtmp, now: 0, wallClock: TimelineRun.epoch)
        var last: [TrackID: Int64] = [:]
        for time in stride(from: Int64(0), to: 60_000_000, by: 40_000) {
            for (track, offset) in [(TrackID.video, Int64(0)), (.audio, 9_000_000_000)] {
                let dts = self.place(track, time + offset, now: time).packet.dts.microseconds
                if let last = last[track] { #expect(dts - last == 40_000) }
                last[track] = dts
            }
        }
    }

    @Test func nothingASourceSaysTraps() {
        var random = SeededGenerator(seed: 9)
        for clock in [SourceClock.rtmp, .unbounded, .counter(bits: 33, rate: 90_000)] {
            var timeline = Timeline(now: 0, wallClock: TimelineRun.epoch)
            var last: [TrackID: MediaTime] = [:]
            for step in Int64(0)..<20_000 {
                if step % 500 == 0 { timeline.beginSource(clock, now: step, wallClock: .random(in: 0...1 << 50)) }
                let extremes: [Int64] = [.min, .max, 0, -1, .min + 1, .random(in: .min ... .max, using: &random)]
                let packet = SourcePacket(
                    track: TrackID(step % 3 == 0 ? .video : .audio, UInt8(step % 7)),
                    timestamp: extremes.randomElement(using: &random) ?? 0,
                    compositionOffset: extremes.randomElement(using: &random) ?? 0,
                    isKeyframe: true,
                    payload: ByteBuffer()
                )
                let placed = timeline.place(packet, now: step * 10_000).packet
                if let last = last[placed.track] { #expect(last < placed.dts) }
                last[placed.track] = placed.dts
            }
        }
    }

    // MARK: - Publishers that return

    @Test(arguments: [0, 10_000, 2_000_000, 3_600_000_000], [0, 900_000, 5_000_000])
    mutating func aPublisherThatReturnsIsPlacedWhereTheClockStands(gap: Int64, videoLag: Int64) throws {
        self.run.play(SimulatedSource(firstTimestamp: 5_000_000), &self.random)
        let head = try #require(self.run.rows.map(\.dts).max())
        let start = try #require(self.run.rows.last?.arrival.now) + gap
        let expected = self.run.timeline.position(now: start).microseconds

        // Its audio comes first although its pictures belong before it.
        let rows = self.run.play(
            SimulatedSource(start: start, audioInterval: 23_000, videoLag: videoLag, firstTimestamp: 77_000_000_000),
            &self.random
        )
        let firstRow = try #require(rows.first)
        #expect(firstRow.dts > head)
        #expect((expected...expected + 100_000).contains(firstRow.dts))
        #expect(firstRow.packet.flags.contains(.discontinuity))
        #expect(self.run.discontinuities == [.source])
        #expect(self.run.firstRegression == nil)
        let joined = rows.firstIndex { $0.packet.track == .video } ?? rows.endIndex
        #expect(rows[joined...].shifts.count == 1)
    }

    @Test mutating func thirtyReturnsWithoutAStepBack() {
        var start: Int64 = 0
        for turn in 0..<30 {
            self.run.play(
                SimulatedSource(
                    start: start,
                    length: .random(in: 500_000...8_000_000, using: &self.random),
                    videoInterval: turn % 5 == 4 ? 0 : 40_000,
                    audioInterval: turn % 5 == 3 ? 0 : 23_000,
                    audioStart: .random(in: 0...400_000, using: &self.random),
                    videoStart: .random(in: 0...400_000, using: &self.random),
                    firstTimestamp: .random(in: 0..<0xFFFF_FFFF, using: &self.random) * 1000
                ),
                &self.random
            )
            start = (self.run.rows.last?.arrival.now ?? start) + .random(in: 0...5_000_000, using: &self.random)
        }
        #expect(self.run.firstRegression == nil)
        #expect(self.run.discontinuities == Array(repeating: .source, count: 29))
    }

    // MARK: - Anything at once

    @Test(arguments: UInt64(0)..<40)
    func whateverSourcesDoTimesRiseAndTracksStayTogether(seed: UInt64) throws {
        var random = SeededGenerator(seed: seed)
        var run = TimelineRun()
        var start: Int64 = 0
        for _ in 0..<6 {
            var source = SimulatedSource(start: start, length: .random(in: 6_000_000...20_000_000, using: &random))
            source.videoInterval = try #require([16_000, 33_000, 40_000, 100_000].randomElement(using: &random))
            source.audioInterval = try #require([10_000, 21_000, 23_000].randomElement(using: &random))
            source.bits = try #require([24, 31, 32].randomElement(using: &random))
            let period: Int64 = (1 << Int64(source.bits)) * 1000
            let isNearWrap = Bool.random(using: &random)
            source.firstTimestamp =
                isNearWrap
                ? period - .random(in: 0...6000, using: &random) * 1000
                : .random(in: 0..<1 << 31, using: &random) * 1000
            source.audioStart = .random(in: 0...2_000_000, using: &random)
            source.videoStart = .random(in: 0...2_000_000, using: &random)
            source.audioLag = .random(in: 0...900_000, using: &random)
            source.videoLag = .random(in: 0...900_000, using: &random)
            if Bool.random(using: &random) {
                let most: Int64 = try #require([600, 3000, 60_000, 9_000_000].randomElement(using: &random))
                let at: Int64 = .random(in: 2_500_000..<source.length - 3_000_000, using: &random)
                source.jumps = [
                    .init(
                        at: at,
                        by: .random(in: -most...most, using: &random) * 1000,
                        audioDelay: .random(in: -300...300, using: &random) * 1000
                    )
                ]
            }
            if Int.random(in: 0..<4, using: &random) == 0 { source.jitter = 50_000 }
            let rows = run.play(source, &random)

            let crossed = (source.jumps.first?.at ?? 0) + 2_600_000
            let settled = rows.filter { $0.arrival.captured > crossed && $0.arrival.captured > 2_000_000 }
            let shifts = settled.map(\.shift)
            #expect((shifts.max() ?? 0) - (shifts.min() ?? 0) <= (source.jitter > 0 ? 110_000 : 0), "\(source)")
            start = (run.rows.last?.arrival.now ?? start) + .random(in: 0...4_000_000, using: &random)
        }
        #expect(run.firstRegression == nil)
        #expect(run.discontinuities.count { $0 == .source } == 5)
        #expect(run.discontinuities.count <= 5 + 12)
    }

    // MARK: - Wall-clock

    @Test(arguments: [-200, 0, 200], [0, 3_000_000])
    mutating func wallClockFollowsADriftingEncoderWithoutAStep(partsPerMillion: Int64, lag: Int64) {
        let rows = self.run.play(
            SimulatedSource(
                length: Self.day,
                videoInterval: 2_000_000,
                audioInterval: 0,
                gop: 1,
                videoLag: lag,
                partsPerMillion: partsPerMillion
            ),
            &self.random
        )
        #expect(
            rows.allSatisfy { (-120_000...0).contains($0.placement.wallClock - TimelineRun.epoch - $0.arrival.now) }
        )
        let steps = zip(rows, rows.dropFirst()).map { $1.placement.wallClock - $0.placement.wallClock }
        #expect(steps.allSatisfy { (1_980_000...2_020_000).contains($0) })
        #expect(rows.shifts.count == (partsPerMillion == 0 ? 1 : rows.count))
    }

    @Test mutating func wallClockRisesWhateverArrivesWhen() {
        var start: Int64 = 0
        for _ in 0..<20 {
            let arrivals = SimulatedSource(start: start, length: 20_000_000, jitter: 40_000).arrivals(&self.random)
            self.run.timeline.beginSource(
                .rtmp,
                now: start,
                wallClock: TimelineRun.epoch + start + .random(in: -9_000_000...9_000_000, using: &self.random)
            )
            // The line stalls now and then, and then delivers everything at once.
            var stalledUntil = start
            for arrival in arrivals {
                if .random(in: 0..<400, using: &self.random) == 0 { stalledUntil = arrival.now + 3_000_000 }
                let now = max(arrival.now, stalledUntil)
                let placement = self.run.timeline.place(arrival.packet, now: now)
                start = now + 100_000
                self.run.rows.append(.init(placement: placement, arrival: arrival))
            }
        }
        let pictures = self.run.rows.filter { $0.packet.flags.contains(.keyframe) && $0.packet.track == .video }
        #expect(zip(pictures, pictures.dropFirst()).allSatisfy { $0.placement.wallClock < $1.placement.wallClock })
        #expect(self.run.firstRegression == nil)
    }

    @Test mutating func aClockSetForwardShowsWithTheNextSourceAndOneSetBackDoesNot() throws {
        self.run.play(SimulatedSource(), &self.random)
        for (correction, expected) in [(Int64(3_600_000_000), Int64(3_600_000_000)), (0, 3_600_000_000)] {
            let start = try #require(self.run.rows.last?.arrival.now) + 5_000_000
            self.run.timeline.beginSource(.rtmp, now: start, wallClock: TimelineRun.epoch + start + correction)
            let placement = self.place(.video, 0, now: start)
            #expect(abs(placement.wallClock - TimelineRun.epoch - start - expected) < 100_000)
            self.run.rows.append(
                .init(
                    placement: placement,
                    arrival: .init(
                        packet: .init(track: .video, timestamp: 0, isKeyframe: true, payload: ByteBuffer()),
                        now: start,
                        captured: 0
                    )
                )
            )
        }
    }

    private mutating func place(_ track: TrackID, _ time: Int64, now: Int64) -> Placement {
        self.run.timeline.place(
            SourcePacket(track: track, timestamp: time, isKeyframe: false, payload: ByteBuffer()),
            now: now
        )
    }
}
