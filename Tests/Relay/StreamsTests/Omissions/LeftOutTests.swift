import Contract
import Logging
import Media
import NIOCore
import Streams
import Tape
import Testing
import Wire

/// What a format leaves out is told in health for as long as it is so, and what it can carry nothing of is refused.
@Suite struct LeftOutTests {
    private let stream: Streams.Stream
    private let id = SourceID(1)

    init() throws {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let hub = StreamHub(spec: try RelaySpec(name: RelayName("live")), log: log)
        self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        try self.claim(self.id, now: .at(0))
    }

    private func claim(_ id: SourceID, now: Now) throws {
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(now))
        try self.stream.claim(source, as: id, now: now) { _ in }
    }

    private static let eld = CodecConfiguration(
        codec: .aac,
        record: ByteBuffer(bytes: [0xF8, 0xE8, 0x50, 0x00])
    )

    /// Pictures and sound of a camera, the sound coded so, and again as a second track where that is wanted.
    private func publish(
        sound: CodecConfiguration? = nil,
        twice: Bool = false,
        second: UInt8 = 1,
        from id: SourceID,
        at start: Double
    ) {
        let camera = Camera()
        var events = camera.configurations + camera.pictures(0..<60)
        if let sound {
            events = events.map { event in
                if case .configuration(.audio, _) = event { .configuration(.audio, sound) } else { event }
            }
        }
        if twice {
            events = events.flatMap { event -> [SourceEvent] in
                switch event {
                case .configuration(.audio, let configuration):
                    return [event, .configuration(TrackID(.audio, second), configuration)]
                case .packet(var packet) where packet.track == .audio:
                    packet.track = TrackID(.audio, second)
                    return [event, .packet(packet)]
                default:
                    return [event]
                }
            }
        }
        #expect(self.stream.publish(events, from: id, now: .at(start + 0.1)))
    }

    private func omissions(now: Now) -> [String] {
        self.stream.snapshot(now: now).omissions.map { "\($0.format ?? "all") \($0.codec) \($0.reason)" }
    }

    @Test func aFormatTellsWhatItLeavesOutWhileItIsWatched() throws {
        self.publish(sound: Self.eld, from: self.id, at: 0)
        #expect(self.omissions(now: .at(1)).isEmpty)
        var lease: WireLease? = try self.stream.open(.ts, now: .at(1))
        let other = try self.stream.open(.flv, now: .at(1))
        #expect(lease?.tape.newestJoin != nil, "the picture goes on")
        #expect(self.omissions(now: .at(1)) == ["ts AAC-ELD unsupported_form"])
        #expect(self.stream.snapshot(now: .at(1)).omissions.first?.sentence.contains("AAC-LC") == true)
        // Nobody watches it any more.
        lease = nil
        self.stream.sweep(now: .at(100))
        #expect(self.omissions(now: .at(100)).isEmpty)
        withExtendedLifetime((other, lease)) {}
    }

    @Test func aSecondSoundOfTheLastNumberThereIsLeavesAllFormatsGoing() throws {
        let formats: [WireFormat] = [.rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv, .ts, .mp4, .rtp]
        let leases = try formats.map { try self.stream.open($0, now: .at(0)) }
        self.publish(twice: true, second: .max, from: self.id, at: 0)
        for (format, lease) in zip(formats, leases) { #expect(lease.tape.newestJoin != nil, "\(format)") }
        #expect(self.stream.snapshot(now: .at(1)).omissions.contains { $0.sentence.contains("track 256") })
    }

    @Test func theNextSourceIsJudgedByItself() throws {
        let lease = try self.stream.open(.ts, now: .at(0))
        self.publish(sound: Self.eld, from: self.id, at: 0)
        #expect(self.omissions(now: .at(1)) == ["ts AAC-ELD unsupported_form"])
        try self.claim(SourceID(2), now: .at(3))
        #expect(self.omissions(now: .at(3)).isEmpty)
        self.publish(from: SourceID(2), at: 3)
        #expect(self.omissions(now: .at(4)).isEmpty)
        try self.claim(SourceID(3), now: .at(6))
        self.publish(sound: Self.eld, from: SourceID(3), at: 6)
        #expect(self.omissions(now: .at(7)) == ["ts AAC-ELD unsupported_form"])
        withExtendedLifetime(lease) {}
    }

    @Test func whatAFormatCanCarryNothingOfIsRefusedInWords() throws {
        var av1 = CodecConfiguration(codec: .av1, record: ByteBuffer(bytes: [0x81, 0x00, 0x0C, 0x00]))
        (av1.width, av1.height) = (64, 48)
        let picture = SourcePacket(
            track: .video,
            timestamp: 0,
            isKeyframe: true,
            payload: ByteBuffer(bytes: [0x0A, 0x01, 0x00])
        )
        var later = picture
        later.timestamp = 600_000
        // Nothing is known of the stream yet: it may be waited for.
        let early = try self.stream.open(.ts, now: .at(0))
        #expect(
            self.stream.publish(
                [.configuration(.video, av1), .packet(picture), .packet(later)],
                from: self.id,
                now: .at(1)
            )
        )
        for isPlaylist in [false, true] {
            do {
                if isPlaylist {
                    _ = try self.stream.segments(of: .ts, now: .at(1))
                } else {
                    _ = try self.stream.open(.ts, now: .at(1))
                }
                Issue.record("it is played")
            } catch let denial as PlayDenial {
                #expect(denial.reason == .unsupported)
                #expect(denial.sentence.contains("AV1"))
                #expect(denial.sentence.contains(".m3u8"))
            }
        }
        _ = try self.stream.open(.flv, now: .at(1))
        _ = try self.stream.open(.mp4, now: .at(1))
        // The publisher is gone: another may come with something else.
        self.stream.leave(self.id, cause: .disconnected, now: .at(2))
        _ = try self.stream.open(.ts, now: .at(2))
        withExtendedLifetime(early) {}
    }

    private static func tags(_ tape: WireTape) throws -> [FLVTag] {
        var bytes = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        bytes.writeImmutableBuffer(try #require(tape.copy(0..<tape.head)))
        var decoder = FLVTagDecoder()
        var tags: [FLVTag] = []
        while let tag = try decoder.next(from: &bytes) { tags.append(tag) }
        return tags
    }

    /// Players that know no multitrack messages do not pass over them.
    @Test func aSecondSoundGoesToWhoHasSaidThatItKnowsThemAlone() throws {
        let flv = try self.stream.open(.flv, now: .at(0))
        let many = try self.stream.open(.rtmpMultitrack, now: .at(0))
        let one = try self.stream.open(.rtmp, now: .at(0))
        self.publish(twice: true, from: self.id, at: 0)
        let sounds = try Self.tags(flv.tape).filter { $0.kind == .audio }
        #expect(sounds.count == 61)
        #expect(sounds.allSatisfy { ($0.body.getInteger(at: $0.body.readerIndex, as: UInt8.self) ?? 0) >> 4 == 10 })
        // 0x95: format 9, multitrack.
        let multitrack = Array("mp4a".utf8)
        let bytes = try #require(many.tape.copy(0..<many.tape.head)).readableBytesView
        #expect(Array(bytes).ranges(of: [0x95, 0x01] + multitrack).count == 60)
        let plain = try #require(one.tape.copy(0..<one.tape.head)).readableBytesView
        #expect(Array(plain).ranges(of: multitrack).isEmpty)
        #expect(self.omissions(now: .at(1)).sorted() == ["flv AAC-LC not_in_format", "rtmp AAC-LC not_in_format"])
    }

    @Test func aSecondSoundHasSegmentsOfItsOwnAndNoPlaceInTheMainOnes() throws {
        let camera = Camera()
        let second = TrackID(.audio, 1)
        let events = camera.configurations + [.configuration(second, Self.lc)]
        _ = self.stream.publish(events, from: self.id, now: .at(0))
        for index in 0..<200 {
            var pictures = camera.pictures(index..<index + 1)
            if case .packet(var packet)? = pictures.last {
                packet.track = second
                pictures.append(.packet(packet))
            }
            _ = self.stream.publish(pictures, from: self.id, now: .at(Double(index) / 25))
        }
        let renditions = self.stream.soundRenditions
        #expect(renditions.map(\.format) == [.mp4Sound(1)])
        #expect(renditions.map(\.configuration) == [Self.lc])
        #expect(self.stream.tracks(in: .mp4).map(\.codec) == [.h264, .aac])
        let main = try self.stream.segments(of: .mp4, now: .at(8))
        let beside = try self.stream.segments(of: .mp4Sound(1), now: .at(8))
        #expect(main.segments.count >= 3)
        #expect(main.segments.map(\.mark) == beside.segments.map(\.mark))
        #expect(main.segments.map(\.duration) == beside.segments.map(\.duration))
        func sounds(_ list: SegmentList) -> [Int] {
            list.initializations.values.map { Array($0.readableBytesView).ranges(of: Array("soun".utf8)).count }
        }
        #expect(sounds(main) == [1])
        #expect(sounds(beside) == [1])
        #expect(try self.stream.segments(of: .mp4Sound(2), now: .at(8)).segments.isEmpty)
    }

    private static let lc: CodecConfiguration = {
        var configuration = CodecConfiguration(codec: .aac, record: Camera.aac)
        (configuration.sampleRate, configuration.channels) = (44_100, 2)
        return configuration
    }()
}
