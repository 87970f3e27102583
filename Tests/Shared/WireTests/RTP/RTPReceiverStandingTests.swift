import Foundation
import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// A source by RTP that another process goes on with.
@Suite struct RTPReceiverStandingTests {
    private struct Arrival {
        var bytes: ByteBuffer
        var media: Int
        var isRTCP: Bool
        var now: Int64
    }

    private static let video = RoundTripTests.materials[0]
    private static let audio = RoundTripTests.materials[4]

    private static var presentation: RTPPresentation {
        var sound = CodecConfiguration(codec: .aac, record: ByteBuffer(bytes: Self.audio.record))
        (sound.sampleRate, sound.channels) = (44_100, 2)
        let pictures = CodecConfiguration(codec: .h264, record: ByteBuffer(bytes: Self.video.record))
        return RTPPresentation([.video: pictures, .audio: sound], path: "live/main")
    }

    private static func configuration(_ source: UInt32) -> RTPReceiverConfiguration {
        RTPReceiverConfiguration(canonicalName: "test", source: source)
    }

    private static func receiver() throws -> RTPReceiver {
        try RTPReceiver(
            SessionDescription(parsing: Self.presentation.sessionDescription()),
            configuration: Self.configuration(7)
        )
    }

    /// Pictures of several packets and of one, sound beside them, and a report on each track.
    private static func arrivals() throws -> [Arrival] {
        var packetizers = Self.presentation.tracks.map {
            RTPPacketizer($0, framing: .interleaved, limit: 1200, sequence: 65_530)
        }
        var arrivals: [Arrival] = []
        for index in 0..<30 {
            let now = 1_000_000 + 40_000 * Int64(index)
            for (media, material) in [Self.video, Self.audio].enumerated() {
                let isKeyframe = index % 10 == 0
                let size = media == 0 ? [3000, 400, 1500][index % 3] : 300
                var frames = ByteBuffer()
                packetizers[media].write(
                    Packet(
                        track: media == 0 ? .video : .audio,
                        pts: MediaTime(microseconds: now),
                        dts: MediaTime(microseconds: now),
                        flags: isKeyframe ? .keyframe : [],
                        payload: ByteBuffer(bytes: material.unit(size, isKeyframe: isKeyframe, seed: index))
                    ),
                    into: &frames
                )
                for packet in try #require(SentPacket.read(frames)) {
                    let whole = RTPPacket(
                        marker: packet.marker,
                        payloadType: packet.payloadType,
                        sequence: packet.sequence,
                        timestamp: packet.timestamp,
                        source: packet.source,
                        payload: ByteBuffer(bytes: packet.payload)
                    )
                    arrivals.append(Arrival(bytes: whole.bytes, media: media, isRTCP: false, now: now))
                    guard index == 12, packet.marker || media == 1 else { continue }
                    var report = ByteBuffer()
                    RTCPPacket.senderReport(
                        RTCPSenderReport(
                            source: packet.source,
                            // Sound is ahead by 20 ms.
                            time: NTPTime(microseconds: 1_700_000_000_000_000 + (media == 0 ? 20_000 : 0)),
                            timestamp: packet.timestamp,
                            packets: 1,
                            bytes: 1
                        )
                    ).write(into: &report)
                    arrivals.append(Arrival(bytes: report, media: media, isRTCP: true, now: now))
                }
            }
        }
        return arrivals
    }

    private static func take(_ arrival: Arrival, _ receiver: inout RTPReceiver) -> [RTPReceiverEvent] {
        arrival.isRTCP
            ? receiver.receiveRTCP(arrival.bytes, media: arrival.media, now: arrival.now, wall: 0)
            : receiver.receiveRTP(arrival.bytes, media: arrival.media, isOrdered: true, now: arrival.now)
    }

    private static func resumed(_ standing: RTPReceiver.Standing) -> RTPReceiver? {
        guard let description = try? SessionDescription(parsing: Self.presentation.sessionDescription()) else {
            return nil
        }
        return RTPReceiver(resuming: standing, description, configuration: Self.configuration)
    }

    @Test func goesOnBetweenAllAccessUnits() throws {
        let arrivals = try Self.arrivals()
        var whole = try Self.receiver()
        let all = arrivals.map { Self.take($0, &whole) }
        #expect(all.joined().count > 60)
        var first = try Self.receiver()
        var places = 0
        for (index, arrival) in arrivals.enumerated() {
            _ = Self.take(arrival, &first)
            guard let standing = first.standing else { continue }
            places += 1
            let written = try JSONEncoder().encode(standing)
            #expect(!String(decoding: written, as: UTF8.self).contains("."))
            let read = try JSONDecoder().decode(RTPReceiver.Standing.self, from: written)
            var second = try #require(Self.resumed(read))
            for later in (index + 1)..<arrivals.count {
                #expect(Self.take(arrivals[later], &second) == all[later], "\(later) behind \(index)")
            }
            #expect(second.statistics == whole.statistics)
            let (now, wall) = (arrivals[index].now + 5_000_000, Int64(0))
            var before = first
            var after = try #require(Self.resumed(read))
            #expect(before.reports(now: now, wall: wall) == after.reports(now: now, wall: wall))
        }
        // Behind each picture, sound and report.
        #expect(places >= 60)
    }

    @Test func aPictureThatWaitsForMoreIsNoPlace() throws {
        let arrivals = try Self.arrivals()
        var receiver = try Self.receiver()
        _ = Self.take(arrivals[0], &receiver)
        #expect(receiver.standing == nil)
    }

    @Test func ofAnotherDescriptionNothingIsTaken() throws {
        var receiver = try Self.receiver()
        for arrival in try Self.arrivals() { _ = Self.take(arrival, &receiver) }
        let standing = try #require(receiver.standing)
        let other = try SessionDescription(parsing: "m=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n")
        #expect(RTPReceiver(resuming: standing, other, configuration: Self.configuration) == nil)
    }

    @Test func whatAnybodyMayHaveWrittenHarmsNobody() throws {
        let arrivals = try Self.arrivals()
        var receiver = try Self.receiver()
        for arrival in arrivals.dropLast(10) { _ = Self.take(arrival, &receiver) }
        while receiver.standing == nil { _ = Self.take(arrivals[arrivals.count - 10], &receiver) }
        let written = try JSONEncoder().encode(try #require(receiver.standing))
        var mutations = MutatedText(Array(written), seed: 9)
        var survivors = 0
        for _ in 0..<3000 {
            guard let read = try? JSONDecoder().decode(RTPReceiver.Standing.self, from: Data(mutations.next())),
                var other = Self.resumed(read)
            else { continue }
            survivors += 1
            for arrival in arrivals.suffix(12) { _ = Self.take(arrival, &other) }
            _ = other.tick(now: 9_000_000)
            _ = other.reports(now: 9_000_000, wall: 0)
            _ = other.statistics
            _ = other.standing
        }
        #expect(survivors > 100 && survivors < 3000)
    }
}
