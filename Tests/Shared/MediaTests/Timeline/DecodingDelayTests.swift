import Media
import NIOCore
import Testing

/// Pictures with negative composition times: they are shown when the source says, in its order, and decoded before.
@Suite struct DecodingDelayTests {
    /// Display places of pictures in the order of decoding, a group of nine: I P B B P …, with B pictures that others refer to.
    private static let pyramid: [Int64] = [0, 4, 2, 1, 3, 8, 6, 5, 7]

    /// What becomes of pictures of 40 ms whose composition times are less by `shift`, with sound beside them.
    private static func play(shift: Int64, depth: Int?, interval: Int64? = 40_000) -> [(shown: Int64, packet: Packet)] {
        var timeline = Timeline(now: 0, wallClock: 0)
        timeline.beginSource(.rtmp, now: 0, wallClock: 0)
        if let depth { timeline.expect(.video, reorderDepth: depth, interval: interval) }
        var rows: [(shown: Int64, packet: Packet)] = []
        for number in Int64(0)..<180 {
            let time = number * 40_000
            let shown = (number / 9 * 9 + Self.pyramid[Int(number % 9)] + 2) * 40_000 - shift
            for (track, composition) in [(TrackID.video, shown - time), (.audio, 0)] {
                let packet = SourcePacket(
                    track: track,
                    timestamp: time,
                    compositionOffset: composition,
                    isKeyframe: track == .audio || number % 9 == 0,
                    payload: ByteBuffer()
                )
                rows.append((time + composition, timeline.place(packet, now: time).packet))
            }
        }
        return rows
    }

    @Test(arguments: [0, 40_000, 80_000, 83_000, 160_000, 400_000] as [Int64], [40_000, nil] as [Int64?])
    func `Where the depth is known, no picture is shown before it is decoded`(shift: Int64, interval: Int64?) {
        // Without an interval a first composition time above zero tells nothing.
        guard interval != nil || shift >= 80_000 || shift == 0 else { return }
        let rows = Self.play(shift: shift, depth: 2, interval: interval)
        #expect(rows.allSatisfy { $0.packet.pts >= $0.packet.dts })
        // Sound and picture stand to one another as the source had them.
        #expect(Set(rows.map { $0.packet.pts.microseconds - $0.shown }).count == 1)
        let decoded = rows.filter { $0.packet.track == .video }.map(\.packet.dts)
        #expect(zip(decoded, decoded.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test(arguments: [80_000, 83_000, 160_000] as [Int64])
    func `Where it is not, presentation is right from the first picture on, and decoding soon`(shift: Int64) {
        let rows = Self.play(shift: shift, depth: nil)
        #expect(Set(rows.map { $0.packet.pts.microseconds - $0.shown }).count == 1)
        #expect(rows.dropFirst(40).allSatisfy { $0.packet.pts >= $0.packet.dts })
    }

    @Test func `Composition times that are right move nothing`() {
        let rows = Self.play(shift: 0, depth: 2)
        let pictures = rows.filter { $0.packet.track == .video }
        let sounds = rows.filter { $0.packet.track == .audio }
        #expect(zip(pictures, sounds).allSatisfy { $0.packet.dts == $1.packet.dts })
    }

    @Test func `One absurd composition time moves nothing`() {
        var timeline = Timeline(now: 0, wallClock: 0)
        timeline.beginSource(.rtmp, now: 0, wallClock: 0)
        var apart: Set<Int64> = []
        for number in Int64(0)..<100 {
            let packet = SourcePacket(
                track: .video,
                timestamp: number * 40_000,
                compositionOffset: number == 50 ? -8_000_000 : 0,
                isKeyframe: number == 0,
                payload: ByteBuffer()
            )
            let placed = timeline.place(packet, now: number * 40_000).packet
            #expect(placed.pts >= placed.dts)
            apart.insert(placed.dts.microseconds - number * 40_000)
        }
        #expect(apart.count == 1)
    }
}
