import Media
import NIOCore
import Testing

@Suite struct TrackMeterTests {
    private var meter = TrackMeter()

    private mutating func count(_ time: Int64, now: Int64, bytes: Int = 1000, flags: PacketFlags = []) {
        self.meter.count(
            Packet(
                track: .video,
                pts: MediaTime(microseconds: time),
                dts: MediaTime(microseconds: time),
                flags: flags,
                payload: ByteBuffer(repeating: 0, count: bytes)
            ),
            now: now
        )
    }

    @Test func nothingIsKnownOfNothing() {
        let snapshot = self.meter.snapshot(now: 5_000_000)
        #expect(snapshot.packets == 0 && snapshot.bitsPerSecond == 0 && snapshot.packetsPerSecond == 0)
        #expect(snapshot.lastArrival == nil && snapshot.keyframeInterval == nil && snapshot.sinceKeyframe == nil)
    }

    @Test(arguments: [1_000_000, 5_000_000, 60_000_000, 3_600_000_000])
    mutating func ratesAreThoseOfASteadyTrack(length: Int64) throws {
        for (index, time) in stride(from: Int64(0), to: length, by: 40_000).enumerated() {
            self.count(time, now: 77 + time, flags: index % 50 == 0 ? .keyframe : [])
        }
        let snapshot = self.meter.snapshot(now: length)
        #expect(abs(snapshot.packetsPerSecond - 25) < 0.001)
        #expect(abs(snapshot.bitsPerSecond - 200_000) < 10_000)
        #expect(snapshot.packets == UInt64(length / 40_000))
        #expect(snapshot.bytes == snapshot.packets * 1000)
        #expect(length < 4_000_000 || snapshot.keyframeInterval == 2_000_000)
        #expect(try #require(snapshot.lastArrival) <= length)
    }

    @Test mutating func aLineThatStallsAndCatchesUpLeavesTheFrameRate() {
        for time in stride(from: Int64(0), to: 20_000_000, by: 20_000) {
            self.count(time, now: time < 15_000_000 ? time : max(time, 18_000_000))
        }
        #expect(abs(self.meter.snapshot(now: 20_000_000).packetsPerSecond - 50) < 0.001)
    }

    @Test mutating func ratesFallToZeroWhenNothingComes() {
        for time in stride(from: Int64(0), to: 20_000_000, by: 20_000) { self.count(time, now: time) }
        let half = self.meter.snapshot(now: 20_000_000 + TrackMeter.window / 2)
        #expect(abs(half.bitsPerSecond - 200_000) < 25_000)
        let none = self.meter.snapshot(now: 20_000_000 + TrackMeter.window)
        #expect(none.bitsPerSecond == 0 && none.packetsPerSecond == 0 && none.packets == 1000)
    }

    /// What had come before a death is read again at once, and more that came while nobody read.
    @Test(arguments: [400_000, 3_000_000]) mutating func aDeathLeavesTheBitrate(unread: Int64) {
        let death: Int64 = 20_000_000
        for time in stride(from: Int64(0), to: death - 500_000, by: 20_000) { self.count(time, now: time) }
        self.meter = TrackMeter(resuming: self.meter.totals)
        let back = death + unread
        for time in stride(from: death - 500_000, to: back + 25_000_000, by: 20_000) {
            self.count(time, now: max(time, back))
            guard time > back else { continue }
            let rate = self.meter.snapshot(now: time).bitsPerSecond
            #expect(abs(rate - 400_000) < 25_000, "\(rate) bit/s \(time - back) µs after it")
        }
    }

    /// A camera that was unplugged for a while has neither become slow nor has it rare keyframes.
    @Test(arguments: [25_000, 200_000, 2_000_000] as [Int64]) mutating func aPauseIsNoRate(interval: Int64) {
        let length = interval * 200
        for time in stride(from: Int64(0), to: length, by: Int(interval)) {
            self.count(time, now: time, flags: time % (interval * 10) == 0 ? .keyframe : [])
        }
        let back = length + max(interval * 20, 8_000_000)
        for time in stride(from: back, through: back + interval * 9, by: Int(interval)) {
            self.count(time, now: time, flags: time == back ? .keyframe : [])
            let snapshot = self.meter.snapshot(now: time)
            #expect(snapshot.keyframeInterval == interval * 10)
            guard time > back else { continue }
            #expect(abs(snapshot.packetsPerSecond - 1_000_000 / Double(interval)) < 0.1, "\(snapshot)")
        }
    }

    @Test mutating func keyframeGapsAreTheEncodersAndNotTheBreaks() {
        for time in stride(from: Int64(0), to: 8_000_000, by: 100_000) {
            self.count(time, now: time, flags: time % 4_000_000 == 0 ? .keyframe : [])
        }
        #expect(self.meter.snapshot(now: 8_000_000).keyframeInterval == 4_000_000)
        #expect(self.meter.snapshot(now: 8_000_000).sinceKeyframe == 3_900_000)
        self.count(60_000_000, now: 9_000_000, flags: [.keyframe, .discontinuity])
        self.count(61_000_000, now: 10_000_000, flags: .keyframe)
        let snapshot = self.meter.snapshot(now: 10_000_000)
        #expect(snapshot.keyframeInterval == 1_000_000)
        #expect(snapshot.longestKeyframeGap == 4_000_000)
        #expect(snapshot.sinceKeyframe == 0)
        #expect(abs(snapshot.packetsPerSecond - 76 / 8.5) < 0.001)
    }
}
