import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing

/// What a relay tells of forms of a stream that viewers do not get.
@Suite struct FormatSnapshotTests {
    private let stream: Streams.Stream
    private let id = SourceID(1)

    init() throws {
        let limits = try LimitsSpec(tape: 1 << 20, frame: 64 << 10)
        let spec = try RelaySpec(name: RelayName("live"), limits: limits)
        let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
        try self.stream.claim(source, as: self.id, now: .at(0)) { _ in }
    }

    private func publish(_ camera: Camera, _ range: Range<Int>) {
        if range.lowerBound == 0 {
            #expect(self.stream.publish(camera.configurations, from: self.id, now: .at(0)))
        }
        for index in range {
            let isOn = self.stream.publish(
                camera.pictures(index..<index + 1),
                from: self.id,
                now: .at(Double(index) / 25)
            )
            #expect(isOn)
            if index % 25 == 0 { self.stream.sweep(now: .at(Double(index) / 25)) }
        }
    }

    private func format(_ name: String, at second: Double) -> FormatSnapshot? {
        self.stream.snapshot(now: .at(second)).formats.first { $0.format == name }
    }

    private static func seconds(_ from: Instant, _ to: Instant) -> Double { (to - from) / .seconds(1) }

    @Test func aFormThatIsWellIsNotTold() throws {
        let leases = try [WireFormat.rtmp, .flv, .ts, .mp4, .rtp].map { try self.stream.open($0, now: .at(0)) }
        self.publish(Camera(), 0..<500)
        // What is held until a fragment is whole is no wait to speak of.
        let formats = self.stream.snapshot(now: .at(20)).formats
        #expect(formats.allSatisfy { $0.shortage == nil && $0.playlist == nil }, "\(formats)")
        #expect(formats.compactMap(\.absence).allSatisfy { Self.seconds($0.first, $0.last) < 1 }, "\(formats)")
        withExtendedLifetime(leases) {}
    }

    @Test func whoIsRefusedAgainAndAgainIsCounted() throws {
        let av1 = CodecConfiguration(codec: .av1, record: ByteBuffer(bytes: [0x81, 0x00, 0x0C, 0x00]))
        #expect(self.stream.publish([.configuration(.video, av1)], from: self.id, now: .at(0)))
        self.publishPictures(0..<100)
        for second in [1.0, 4, 8] {
            #expect(throws: PlayDenial.self) { try self.stream.open(.ts, now: .at(second)) }
        }
        let absence = try #require(self.format("ts", at: 8)?.absence)
        #expect(absence.reason == .noTracks && Self.seconds(absence.first, absence.last) == 7)
        #expect(self.format("ts", at: 8)?.noun == "MPEG-TS and its HLS")
        // Whoever comes much later is another.
        #expect(throws: PlayDenial.self) { try self.stream.examine(.ts, now: .at(60)) }
        let later = try #require(self.format("ts", at: 60)?.absence)
        #expect(later.first == later.last)
        // Another source may send what can be carried.
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:2", connectedAt: Instant(.at(61)))
        try self.stream.claim(source, as: SourceID(2), now: .at(61)) { _ in }
        #expect(self.format("ts", at: 61) == nil)
    }

    private func publishPictures(_ range: Range<Int>) {
        let picture = ByteBuffer(bytes: [0x0A, 0x01, 0x00])
        for index in range {
            let packet = SourcePacket(
                track: .video,
                timestamp: Int64(index) * 40_000,
                isKeyframe: true,
                payload: picture
            )
            _ = self.stream.publish([.packet(packet)], from: self.id, now: .at(Double(index) / 25))
        }
    }

    @Test func aPlaylistTellsSinceWhenItWaitsForASegment() throws {
        var camera = Camera()
        camera.hasAudio = false
        self.publish(camera, 0..<25)
        _ = try self.stream.segments(of: .ts, now: .at(1))
        self.publish(camera, 25..<300)
        _ = try self.stream.segments(of: .ts, now: .at(12))
        let well = try #require(self.format("ts", at: 12)?.playlist)
        #expect(Self.seconds(well.first, well.last) <= 2)
        #expect(well.trouble == nil && Self.seconds(Instant(.at(12)), well.askedAt) == 0)
        // No keyframe comes any more.
        camera.keyframeEvery = 10_000
        self.publish(camera, 300..<550)
        let waiting = try #require(self.format("ts", at: 22)?.playlist)
        #expect(Self.seconds(waiting.first, waiting.last) > 9 && waiting.trouble == nil)
        #expect(waiting.target == .seconds(self.stream.targetDuration(now: .at(22))))
        // One does.
        camera.keyframeEvery = 25
        self.publish(camera, 550..<580)
        let again = try #require(self.format("ts", at: 23)?.playlist)
        #expect(Self.seconds(again.first, again.last) < 2)
        // While nothing comes, nothing is waited for.
        self.publish(camera, 900..<901)
        let later = try #require(self.format("ts", at: 36)?.playlist)
        #expect(later.first == later.last)
    }

    /// Each picture is within the limit, and a fragment of several is above that of the tape's records.
    @Test func whatTheTapeDoesNotTakeIsTheRelays() throws {
        var camera = Camera()
        camera.hasAudio = false
        self.publish(camera, 0..<150)
        _ = try self.stream.segments(of: .mp4, now: .at(6))
        camera.pictureBytes = 60_000
        // Fragments are of five pictures, and the one behind a fragment that is left out is left out, too.
        camera.keyframeEvery = 12
        self.publish(camera, 150..<350)
        _ = try self.stream.segments(of: .mp4, now: .at(14))
        let format = try #require(self.format("mp4", at: 14))
        #expect(format.playlist?.trouble == .tooLarge, "\(format)")
        let absence = try #require(format.absence)
        #expect(absence.reason == .unwritten && Self.seconds(absence.first, absence.last) > 5)
        // Others get theirs.
        let lease = try self.stream.open(.flv, now: .at(14))
        self.publish(camera, 350..<400)
        #expect(lease.tape.newestJoin != nil && self.format("flv", at: 16)?.absence == nil)
    }
}
