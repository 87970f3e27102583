import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing

/// A source's first events, which wait until its tracks are known, however many a stranger makes of them.
@Suite struct TrackDiscoveryTests {
    private static func stream() throws -> (StreamHub, Streams.Stream, SourceID) {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        let id = hub.makeSourceID()
        try stream.claim(source, as: id, now: .at(0)) { _ in }
        return (hub, stream, id)
    }

    private static func sound(at time: Int64) -> SourceEvent {
        .packet(
            SourcePacket(track: .audio, timestamp: time, isKeyframe: true, payload: ByteBuffer(bytes: [0x21, 0x10]))
        )
    }

    /// Each event once went over all that had come before it: 100,000 took minutes in a build like this one.
    @Test(.timeLimit(.minutes(1))) func aHundredThousandSoundsAtOneTimeCostNoMoreThanTheyAreMany() throws {
        let (_, stream, id) = try Self.stream()
        _ = stream.publish([Camera().configurations[1]], from: id, now: .at(0))
        for _ in 0..<1000 {
            let events = (0..<100).map { _ in Self.sound(at: 0) }
            #expect(stream.publish(events, from: id, now: .at(0)))
        }
        // They do not wait for ever, or they would be kept for ever.
        let lease = try stream.open(.flv, now: .at(0))
        #expect(lease.tape.newestJoin != nil)
    }

    @Test func aSourceWithOneKindOfTrackBeginsAfterHalfASecond() throws {
        let (_, stream, id) = try Self.stream()
        let lease = try stream.open(.flv, now: .at(0))
        _ = stream.publish(
            [Camera().configurations[1]] + (0..<50).map { Self.sound(at: $0 * 10_000) },
            from: id,
            now: .at(0)
        )
        #expect(lease.tape.newestJoin == nil)
        _ = stream.publish([Self.sound(at: 500_000)], from: id, now: .at(0))
        #expect(lease.tape.newestJoin != nil)
    }

    @Test func timesAtTheEndsOfWhatCanBeToldDoNotHoldItUp() throws {
        let (_, stream, id) = try Self.stream()
        let lease = try stream.open(.flv, now: .at(0))
        let events = [Camera().configurations[1], Self.sound(at: .min), Self.sound(at: .max)]
        #expect(stream.publish(events, from: id, now: .at(0)))
        #expect(lease.tape.newestJoin != nil)
    }
}
