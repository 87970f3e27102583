import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing

/// A track that a library refuses although nothing was seen to speak against it: it alone is left out, in that format.
@Suite struct UnwritableTracksTests {
    /// Sound of which nobody says how many channels it has.
    private static func events() -> [SourceEvent] {
        let camera = Camera()
        let configurations = camera.configurations.map { event -> SourceEvent in
            guard case .configuration(.audio, var configuration) = event else { return event }
            configuration.channels = 0
            return .configuration(.audio, configuration)
        }
        return configurations + camera.pictures(0..<60)
    }

    @Test(arguments: [WireFormat.ts, .mp4])
    func thePictureGoesOn(_ format: WireFormat) throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        let id = SourceID(1)
        try stream.claim(source, as: id, now: .at(0)) { _ in }
        let other = try stream.open(.flv, now: .at(0))
        let lease = try stream.open(format, now: .at(0))
        #expect(stream.publish(Self.events(), from: id, now: .at(1)))
        #expect(lease.tape.newestJoin != nil)
        let omission = try #require(stream.snapshot(now: .at(1)).omissions.first { $0.reason == "unsupported_form" })
        #expect(omission.part == "audio" && omission.codec == "AAC-LC", "\(omission)")
        #expect(omission.sentence.contains("number of channels"), "\(omission.sentence)")
        withExtendedLifetime(other) {}
    }
}
