import Media
import NIOCore
import Testing

/// One packet alone never moves a clock; several that agree do, and nothing is lost meanwhile.
@Suite struct StrayTimestampTests {
    private struct Run {
        var timeline = Timeline(now: 0, wallClock: 0)
        var shifts: [TrackID: [Int64]] = [:]
        var discontinuities = 0
        var regressions = 0
        var steps: [Int64] = []

        init(_ clock: SourceClock) { self.timeline.beginSource(clock, now: 0, wallClock: 0) }

        mutating func place(_ track: TrackID, _ stamp: Int64, true time: Int64) {
            let packet = SourcePacket(track: track, timestamp: stamp, isKeyframe: true, payload: ByteBuffer())
            let placement = self.timeline.place(packet, now: time)
            self.shifts[track, default: []].append(placement.packet.dts.microseconds - time)
            if placement.discontinuity != nil { self.discontinuities += 1 }
            if placement.hasRegressed { self.regressions += 1 }
            if let step = placement.trackStep { self.steps.append(step) }
        }
    }

    /// Pictures of 40 ms and sounds of 20 ms; `error` is what is wrong with the timestamp of a packet.
    private static func run(
        _ tracks: [TrackID] = [.video, .audio],
        clock: SourceClock = .unbounded,
        error: (TrackID, Int) -> Int64
    ) -> Run {
        var run = Run(clock)
        var counts: [TrackID: Int] = [:]
        for time in stride(from: Int64(0), to: 12_000_000, by: 20_000) {
            for track in tracks where track == .audio || time % 40_000 == 0 {
                let number = counts[track, default: 0]
                counts[track] = number + 1
                run.place(track, 100_000_000_000 + time + error(track, number), true: time)
            }
        }
        return run
    }

    private static let errors: [Int64] = [
        200_000, -200_000, 450_000, -450_000, 600_000, -600_000, 2_000_000, -2_000_000, 8_000_000, -8_000_000,
        4_000_000, -4_000_000, 1_000_000, 9_900_000, 37_600_000_000, -37_600_000_000,
        (1 << 32) * 1000, 47_721_858_844,
    ]

    @Test(arguments: Self.errors, [TrackID.video, .audio])
    func `A stray packet or a few move nothing else`(by error: Int64, of stray: TrackID) {
        for count in [1, 2, 3, 5] {
            for clock in [SourceClock.unbounded, .rtmp] {
                let run = Self.run(clock: clock) { $0 == stray && (80..<80 + count).contains($1) ? error : 0 }
                for (track, shifts) in run.shifts {
                    let others = shifts.enumerated().filter { !(80..<80 + count + 1).contains($0.offset) }.map(
                        \.element
                    )
                    // Those behind a time that was ahead, and no jump, come close to one another until they have caught up.
                    let settled = error.magnitude > 500_000 ? others : others.suffix(100)
                    #expect(Set(settled) == Set(run.shifts[.audio]?.prefix(1) ?? []), "\(track), \(count)")
                    let most: Int64 = error.magnitude > 500_000 ? 60_000 : 500_000
                    #expect((shifts.max() ?? 0) - (shifts.min() ?? 0) < most)
                }
                if count == 1 { #expect(run.discontinuities == 0) }
            }
        }
    }

    @Test(arguments: Self.errors)
    func `A stray picture without sound moves nothing else`(by error: Int64) {
        let run = Self.run([.video]) { $1 == 80 ? error : 0 }
        let shifts = run.shifts[.video] ?? []
        #expect(
            (shifts.max() ?? 0) - (shifts.min() ?? 0) <= max(60_000, min(Int64(clamping: error.magnitude), 500_000))
        )
        #expect(shifts.first == shifts.last)
    }

    @Test(arguments: [5_000_000, 8_000_000, 37_600_000_000] as [Int64], [TrackID.video, .audio])
    func `A first packet that is stray leaves the tracks together`(by error: Int64, of stray: TrackID) {
        let run = Self.run { $0 == stray && $1 == 0 ? error : 0 }
        let last = run.shifts.values.compactMap(\.last)
        #expect(Set(last).count == 1, "\(last)")
    }

    @Test(arguments: [8_000_000, -8_000_000, 37_600_000_000, -37_600_000_000, 60_000_000] as [Int64])
    func `A jump of both tracks is followed at once`(by jump: Int64) {
        let run = Self.run { $1 >= ($0 == .video ? 80 : 160) ? jump : 0 }
        for shifts in run.shifts.values { #expect((shifts.max() ?? 0) - (shifts.min() ?? 0) < 60_000) }
        #expect(run.discontinuities >= 1)
        #expect(Set(run.shifts.values.compactMap(\.last)).count == 1)
    }

    /// Beyond half a second a step is a jump of the clock, of that one track.
    @Test(
        arguments: [-450_000, -200_000, 200_000, 450_000, 520_000, -520_000, 600_000, -600_000, 2_000_000, -2_000_000]
            as [Int64],
        [TrackID.video, .audio]
    )
    func `A step of one track is told once, by its distance`(by distance: Int64, of track: TrackID) {
        let run = Self.run { $0 == track && $1 >= 120 ? distance : 0 }
        #expect(run.steps == [0 - distance])
        #expect(run.regressions == 0)
    }

    @Test(
        arguments: [
            -450_000, 200_000, 450_000, 520_000, -600_000, -8_000_000, 8_000_000, 3_600_000_000, -3_600_000_000,
        ]
            as [Int64]
    )
    func `Tracks that step together have not moved against one another`(by distance: Int64) {
        let run = Self.run { $1 >= ($0 == .video ? 120 : 250) ? distance : 0 }
        #expect(run.steps.isEmpty)
    }

    @Test(arguments: Self.errors, [TrackID.video, .audio])
    func `Stray packets are no step`(by error: Int64, of stray: TrackID) {
        for count in [1, 2, 3] {
            let run = Self.run { $0 == stray && (120..<120 + count).contains($1) ? error : 0 }
            #expect(run.steps.isEmpty, "\(count)")
        }
    }

    @Test func `Pictures that were left out are no step, nor is a stall of the line`() {
        var run = Run(.unbounded)
        for time in stride(from: Int64(0), to: 20_000_000, by: 20_000) {
            // Nothing comes through for a second, and the encoder leaves pictures out meanwhile.
            let isStalled = (10_000_000..<11_000_000).contains(time)
            if time % 40_000 == 0, !isStalled { run.place(.video, time, true: time) }
            run.place(.audio, time, true: isStalled ? 11_000_000 : time)
        }
        #expect(run.steps.isEmpty)
    }

    @Test func `Timestamps that go backwards are no step`() {
        let wobble = Self.run { $0 == .video && $1 % 10 == 5 ? -300_000 : 0 }
        #expect(wobble.steps.isEmpty)
        #expect(wobble.regressions >= 25)
    }
}
