import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing
import Wire

/// How a stream begins and ends for those who were there before and stay on after.
@Suite struct EdgesOfAStreamTests {
    /// MP3 and AC-3 have no configuration record: such a track is known from its first packet.
    @Test func aTrackThatIsKnownLateIsNamedBeforeTheFirstPictureAllTheSame() throws {
        let stream = try Self.stream()
        let lease = try stream.open(.flv, now: .at(0))
        let camera = Camera()
        let id = try Self.claim(stream)
        let (video, audio) = (camera.configurations[0], camera.configurations[1])
        var silent = camera
        silent.hasAudio = false
        _ = stream.publish([video] + silent.pictures(0..<2) + [audio] + camera.pictures(2..<4), from: id, now: .at(0))

        let join = try #require(lease.tape.newestJoin)
        var bytes = join.preamble.opening
        bytes.writeImmutableBuffer(try #require(lease.tape.copy(join.offset..<lease.tape.head)))
        var decoder = FLVTagDecoder()
        var kinds: [FLVTag.Kind] = []
        while let tag = try decoder.next(from: &bytes) { kinds.append(tag.kind) }
        // Metadata, both configurations, then the pictures.
        #expect(Array(kinds.prefix(4)) == [.script, .video, .audio, .video])
    }

    @Test func theLastFragmentIsNotKeptForAPublisherThatMayNotComeBack() throws {
        let stream = try Self.stream()
        let lease = try stream.open(.mp4, now: .at(0))
        let id = try Self.claim(stream)
        let camera = Camera()
        _ = stream.publish(camera.configurations + camera.pictures(0..<28), from: id, now: .at(1))
        let before = lease.tape.head
        stream.leave(id, cause: .disconnected, now: .at(1.2))
        #expect(lease.tape.head > before)
    }

    /// What a decoder would start from is longer than what a tape takes: it is left out, and the next one is taken.
    @Test func aConfigurationThatNoTapeTakesIsLeftOut() throws {
        let stream = try Self.stream()
        let id = try Self.claim(stream)
        let lease = try stream.open(.flv, now: .at(0))
        let camera = Camera()
        var giant = camera
        giant.record.writeRepeatingByte(0, count: 20 << 20)
        #expect(stream.publish(giant.configurations + camera.pictures(0..<30), from: id, now: .at(1)))
        #expect(stream.publish(camera.configurations + camera.pictures(30..<90), from: id, now: .at(2)))
        #expect(lease.tape.newestJoin != nil)
    }

    private static func stream() throws -> Streams.Stream {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        return try hub.streamToPublish(StreamName("main"), now: .at(0))
    }

    private static func claim(_ stream: Streams.Stream) throws -> SourceID {
        let id = SourceID(1)
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        try stream.claim(source, as: id, now: .at(0)) { _ in }
        return id
    }
}
