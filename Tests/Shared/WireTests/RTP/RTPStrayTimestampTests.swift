import Media
import NIOCore
import Testing
import Wire

/// One packet alone never moves a track's clock against the others; a jump that lasts does, and the tracks keep their
/// relation.
struct RTPStrayTimestampTests {
    /// Pictures of 40 ms and sounds of 20 ms through receiver and timeline.
    struct Run {
        /// How far each packet is shown and decoded from true time, µs.
        var shown: [TrackID: [Int64]] = [:]
        var decoded: [TrackID: [Int64]] = [:]

        /// How far pictures are from the sound beside where they began, µs, from a moment of the run on, seconds.
        func worst(from start: Double) -> Int64 {
            guard let sound = self.shown[.audio]?.first, let picture = self.shown[.video]?.first else { return .max }
            let sounds = self.shown[.audio]?.dropFirst(Int(start * 50)).map { $0 - sound } ?? []
            let pictures = self.shown[.video]?.dropFirst(Int(start * 25)).map { $0 - picture } ?? []
            return (sounds + pictures).map { abs($0) }.max() ?? .max
        }

        /// How far the last picture is decoded from where the first was, µs.
        var decodingDrift: Int64 {
            guard let pictures = self.decoded[.video], let first = pictures.first, let last = pictures.last else {
                return .max
            }
            return last - first
        }

        /// From the last sound to the last picture, beside where they began, µs.
        var apart: Int64 {
            let drift = self.shown.mapValues { ($0.last ?? 0) - ($0.first ?? 0) }
            return (drift[.video] ?? 0) - (drift[.audio] ?? 0)
        }
    }

    private static let sdp =
        "m=video 0 RTP/AVP 96\na=rtpmap:96 VP8/90000\nm=audio 0 RTP/AVP 97\na=rtpmap:97 opus/48000/2"

    /// Packets through receiver and timeline. `reports` says when the first sender reports come, seconds; nil for never.
    /// `error` is what is wrong with the timestamp of a packet, seconds; of a report where the number is the greatest.
    private static func run(
        seconds: Int = 14,
        reports: Int? = nil,
        error: (_ isSound: Bool, _ number: Int) -> Double
    ) throws -> Run {
        var receiver = try RTPReceiver(
            SessionDescription(parsing: Self.sdp),
            configuration: RTPReceiverConfiguration(canonicalName: "test", source: 1)
        )
        var timeline = Timeline(now: 0, wallClock: 0)
        timeline.beginSource(.unbounded, now: 0, wallClock: 0)
        var senders = [TestSender(source: 1), TestSender(payloadType: 97, source: 2)]
        var run = Run()
        for tick in 0..<50 * seconds {
            let now = Int64(tick) * 20_000
            for media in [1, 0] where media == 1 || tick % 2 == 0 {
                let number = media == 1 ? tick : tick / 2
                func stamp(_ error: Double) -> UInt32 {
                    let rate = media == 1 ? 48_000.0 : 90_000.0
                    return UInt32(truncatingIfNeeded: Int64((Double(tick) * 0.02 + error) * rate))
                }
                let wrong = error(media == 1, number)
                let payload = ByteBuffer(hex: media == 1 ? "fc00" : "10 1002009d012ab0009000")
                let packet = senders[media].packet(payload, at: stamp(wrong), marker: media == 0)
                if let reports, tick >= 50 * reports, tick % 100 == 0 {
                    var bytes = ByteBuffer()
                    let report = RTCPSenderReport(
                        source: UInt32(media + 1),
                        time: NTPTime(microseconds: 1_700_000_000_000_000 + now),
                        timestamp: stamp(error(media == 1, .max)),
                        packets: 0,
                        bytes: 0
                    )
                    RTCPPacket.senderReport(report).write(into: &bytes)
                    _ = receiver.receiveRTCP(bytes, media: media, now: now, wall: now)
                }
                for case .source(.packet(let packet)) in receiver.receiveRTP(packet.bytes, media: media, now: now) {
                    let placed = timeline.place(packet, now: now).packet
                    run.shown[placed.track, default: []].append(placed.pts.microseconds - now)
                    run.decoded[placed.track, default: []].append(placed.dts.microseconds - now)
                }
            }
        }
        return run
    }

    private static let errors: [Double] = [
        0.2, 0.6, 0.9, 1.1, 4, 4.9, 5.5, 9.9, 60, 23_860.9, 37_600, 89_478.4,
    ]

    @Test(arguments: Self.errors + Self.errors.map { -$0 }, [false, true])
    func `A stray packet or a few move nothing else`(by error: Double, ofSound: Bool) throws {
        let first = ofSound ? 160 : 80
        for (count, step, reports) in [(1, 1, nil), (2, 1, 0), (3, 1, 2), (3, 3, nil)] as [(Int, Int, Int?)] {
            let strays = Set((0..<count).map { first + $0 * step })
            let run = try Self.run(reports: reports) { $0 == ofSound && strays.contains($1) ? error : 0 }
            #expect(run.shown.count == 2)
            // Pictures and sounds right behind a stray one that was ahead come closer to one another.
            let worst = run.worst(from: 5)
            #expect(worst < 3_000, "\(count) by \(step), reports \(reports ?? -1): \(worst)")
            #expect(abs(run.decodingDrift) < 3_000, "\(count) by \(step), \(run.decodingDrift)")
        }
    }

    @Test(arguments: Self.errors + Self.errors.map { -$0 } + [0.97, 1, 1.03, -4.97, -5, -5.03], [true, false])
    func `A jump of both tracks keeps them together`(by jump: Double, isSoundFirst: Bool) throws {
        // The 32 bits of both turn at other times: by so much they do not jump alike.
        guard abs(jump) < 40_000 else { return }
        for reports in [nil, 0] {
            let run = try Self.run(seconds: 7, reports: reports) { isSound, number in
                guard number < .max else { return 0 }
                let time = Double(number) * (isSound ? 0.02 : 0.04)
                return time >= (isSound == isSoundFirst ? 4 : 4.1) ? jump : 0
            }
            #expect(abs(run.apart) < 3_000, "\(run.apart)")
        }
    }
}
