import Media
import NIOCore
import Testing
import Wire

/// One packet alone never moves a track's clock against the others.
struct RTPStrayTimestampTests {
    /// Pictures of 40 ms and sounds of 20 ms through receiver and timeline: how far picture and sound are from true time at
    /// the end, µs, beside where they began. `error` is what is wrong with a timestamp, seconds.
    private static func drift(_ error: (_ isSound: Bool, _ number: Int) -> Double) throws -> [TrackID: Int64] {
        var receiver = try RTPReceiver(
            SessionDescription(
                parsing: "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000\nm=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000/2"
            ),
            configuration: RTPReceiverConfiguration(canonicalName: "test", source: 1)
        )
        var timeline = Timeline(now: 0, wallClock: 0)
        timeline.beginSource(.unbounded, now: 0, wallClock: 0)
        var video = TestSender(source: 1)
        var audio = TestSender(payloadType: 97, source: 2)
        var first: [TrackID: Int64] = [:]
        var last: [TrackID: Int64] = [:]
        for tick in 0..<500 {
            let now = Int64(tick) * 20_000
            for media in [1, 0] where media == 1 || tick % 2 == 0 {
                let number = media == 1 ? tick : tick / 2
                let rate = media == 1 ? 48_000.0 : 90_000.0
                let ticks = Int64((Double(tick) * 0.02 + error(media == 1, number)) * rate)
                let stamp = UInt32(truncatingIfNeeded: ticks)
                let packet =
                    media == 1
                    ? audio.packet("fc00", at: stamp)
                    : video.packet("10 1002009d012ab0009000", at: stamp, marker: true)
                for case .source(.packet(let packet)) in receiver.receiveRTP(packet.bytes, media: media, now: now) {
                    let shift = timeline.place(packet, now: now).packet.dts.microseconds - now
                    first[packet.track] = first[packet.track] ?? shift
                    last[packet.track] = shift
                }
            }
        }
        return last.merging(first) { $0 - $1 }
    }

    @Test(arguments: [8, -8, 9.9, -5.5, 12, 37_600, -37_600, 23_860.9] as [Double], [false, true])
    func `A stray packet or a few move nothing else`(by error: Double, ofSound: Bool) throws {
        for count in [1, 2, 3] {
            let drift = try Self.drift { $0 == ofSound && (100..<100 + count).contains($1) ? error : 0 }
            #expect(drift.count == 2)
            #expect(drift.values.allSatisfy { abs($0) < 3_000 }, "\(count): \(drift)")
        }
    }

    @Test(arguments: [8, -8, 37_600, -37_600] as [Double])
    func `A jump of both tracks is followed at once`(by jump: Double) throws {
        let drift = try Self.drift { isSound, number in number >= (isSound ? 200 : 100) ? jump : 0 }
        #expect(drift.values.allSatisfy { abs($0) < 60_000 }, "\(drift)")
        let apart = (drift[.video] ?? 0) - (drift[.audio] ?? 0)
        #expect(abs(apart) < 45_000, "\(drift)")
    }
}
