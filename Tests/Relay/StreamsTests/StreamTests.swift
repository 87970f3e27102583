import Contract
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing
import Wire

@Suite struct StreamTests {
    private static func hub(takeover: Bool = true, memory: Int = 256 << 20) throws -> StreamHub {
        let limits = try LimitsSpec(memory: memory, tape: 4 << 20)
        let spec = try RelaySpec(name: RelayName("live"), takeover: takeover, limits: limits)
        return StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func source(_ port: Int) -> SourceSnapshot {
        SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:\(port)", connectedAt: Instant(.at(0)))
    }

    /// The tags on an FLV tape from its newest join, as a viewer who comes now gets them.
    private static func tags(from join: JoinPoint, on tape: WireTape) throws -> [FLVTag] {
        var bytes = join.preamble.opening
        bytes.writeImmutableBuffer(try #require(tape.copy(join.offset..<tape.head)))
        var decoder = FLVTagDecoder()
        var tags: [FLVTag] = []
        while let tag = try decoder.next(from: &bytes) { tags.append(tag) }
        return tags
    }

    @Test func aViewerBeginsAtTheNewestKeyframeWithItsHeaders() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        #expect(stream.publish(camera.configurations + camera.pictures(0..<60), from: id, now: .at(1)))
        let lease = try stream.open(.flv, now: .at(1))
        let join = try #require(lease.tape.newestJoin)
        let tape = lease.tape
        #expect(
            try Self.tags(from: join, on: tape).first { $0.kind == .video }.map { Int64($0.timestamp) }
                == join.time.milliseconds
        )
        let tags = try Self.tags(from: join, on: lease.tape)
        #expect(tags.map(\.kind).prefix(4) == [.script, .video, .audio, .video])
        #expect(tags.filter { $0.kind == .video }.count == 1 + 10)
    }

    /// The first fault of a stream once ended its process: a time that stood for "never" was subtracted from.
    @Test func aPictureTooLargeIsLeftOutAndTheStreamGoesOn() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        #expect(stream.publish(camera.configurations + camera.pictures(0..<20), from: id, now: .at(1)))
        let leases = try [WireFormat.rtmp, .flv, .ts, .mp4, .rtp].map { try stream.open($0, now: .at(1)) }
        let heads = leases.map(\.tape.head)
        let first = try #require(leases[1].tape.newestJoin)
        let giant = SourcePacket(
            track: .video,
            timestamp: 20 * 40_000,
            isKeyframe: true,
            payload: ByteBuffer(repeating: 1, count: 9 << 20)
        )
        #expect(stream.publish([.packet(giant)], from: id, now: .at(2)))
        #expect(stream.publish(camera.pictures(21..<60), from: id, now: .at(2)))
        for (lease, head) in zip(leases, heads) { #expect(lease.tape.head > head) }
        let omission = try #require(stream.snapshot(now: .at(2)).omissions.first)
        #expect(omission.reason == "too_large")
        #expect(omission.codec == "H.264")
        #expect(omission.sentence.hasPrefix("A picture of 9.4 MB is larger than limits.frame (8MiB); "))
        // What followed it depends on it: the picture goes on with the next keyframe.
        let join = try #require(leases[1].tape.newestJoin)
        #expect(join.time - first.time == .milliseconds(2000))
    }

    /// "Cannot be used" is said of what nobody could decode, not of what came before the picture began.
    @Test func packetsBeforeAKeyframeAreNotCountedAsDropped() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        #expect(stream.publish(camera.configurations + camera.pictures(1..<9), from: id, now: .at(1)))
        #expect(stream.snapshot(now: .at(1)).counters.packetsDropped == 0)
        let strange = SourcePacket(
            track: TrackID(.audio, 5),
            timestamp: 960_000,
            isKeyframe: true,
            payload: ByteBuffer(repeating: 1, count: 10)
        )
        #expect(stream.publish([.packet(strange)] + camera.pictures(25..<35), from: id, now: .at(2)))
        let snapshot = stream.snapshot(now: .at(2))
        #expect(snapshot.counters.packetsDropped == 1)
        #expect(snapshot.tracks.first?.packets == 10)
    }

    @Test func whatASourceLeavesOutStandsInTheSnapshotUntilTheNextSource() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let omission = MediaOmission(.audio, codec: "PCM", reason: .unsupportedCodec, sentence: "Send AAC.")
        #expect(stream.publish([.omission(omission)], from: id, now: .at(1)))
        #expect(stream.snapshot(now: .at(1)).omissions.map(\.codec) == ["PCM"])
        let next = hub.makeSourceID()
        try stream.claim(Self.source(2), as: next, now: .at(2)) { _ in }
        #expect(stream.snapshot(now: .at(2)).omissions.isEmpty)
    }

    @Test func nothingPassesBeforeTheFirstKeyframe() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        _ = stream.publish(camera.configurations + camera.pictures(3..<20), from: id, now: .at(1))
        let lease = try stream.open(.rtmp, now: .at(1))
        #expect(lease.tape.newestJoin == nil)
        _ = stream.publish(camera.pictures(20..<26), from: id, now: .at(1))
        #expect(lease.tape.newestJoin != nil)
        #expect(stream.snapshot(now: .at(1)).counters.packetsDropped == 0)
    }

    @Test func aStreamGoesOnWithRisingTimesWhenItsPublisherComesBackWithOtherSettings() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let first = hub.makeSourceID()
        try stream.claim(Self.source(1), as: first, now: .at(0)) { _ in }
        var camera = Camera()
        camera.start = 90_000_000
        _ = stream.publish(camera.configurations, from: first, now: .at(0))
        let lease = try stream.open(.flv, now: .at(0))
        for index in 0..<50 {
            _ = stream.publish(camera.pictures(index..<index + 1), from: first, now: .at(Double(index) / 25))
        }
        stream.leave(first, cause: .disconnected, now: .at(2))

        let second = hub.makeSourceID()
        try stream.claim(Self.source(2), as: second, now: .at(5)) { _ in }
        camera.record = Camera.otherH264
        camera.start = 7_000_000
        _ = stream.publish(camera.configurations, from: second, now: .at(5))
        for index in 0..<50 {
            _ = stream.publish(camera.pictures(index..<index + 1), from: second, now: .at(5 + Double(index) / 25))
        }

        var bytes = try #require(lease.tape.copy(0..<lease.tape.head))
        var tags = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        tags.writeBuffer(&bytes)
        var decoder = FLVTagDecoder()
        var last: [FLVTag.Kind: UInt32] = [:]
        var start: UInt32?
        var headers = 0
        var pictures = 0
        while let tag = try decoder.next(from: &tags) {
            #expect(tag.timestamp >= last[tag.kind] ?? 0)
            if tag.kind == .video { start = start ?? tag.timestamp }
            last[tag.kind] = tag.timestamp
            guard tag.kind == .video else { continue }
            if tag.body.getInteger(at: tag.body.readerIndex + 1, as: UInt8.self) == 0 {
                headers += 1
            } else {
                pictures += 1
            }
        }
        #expect(pictures == 100)
        #expect(headers == 2, "one for each publisher")
        // The stream's clock ran on while nobody was on air.
        let length = Int(last[.video] ?? 0) - Int(start ?? 0)
        #expect((6900...7100).contains(length))
        let counters = stream.snapshot(now: .at(7)).counters
        #expect(counters.reconnects == 1)
        #expect(counters.discontinuities == 1)
    }

    /// Health calls a source silent by the clock, so its return counts whether a sweep came in between or not.
    @Test(arguments: [true, false])
    func aSourceThatWasSilentForTooLongReturnsAsANewOne(isSwept: Bool) throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        #expect(stream.publish(camera.configurations + camera.pictures(0..<25), from: id, now: .at(1)))
        if isSwept { stream.sweep(now: .at(3.5)) }
        #expect(stream.publish(camera.pictures(25..<50), from: id, now: .at(4)))
        let snapshot = stream.snapshot(now: .at(4))
        #expect(snapshot.counters.reconnects == 1)
        #expect(snapshot.loss?.cause == .silent)
    }

    @Test func aSecondPublisherTakesOverAtOnceAndTheFirstIsTold() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let (first, second) = (hub.makeSourceID(), hub.makeSourceID())
        let told = Mutex<String?>(nil)
        try stream.claim(Self.source(1), as: first, now: .at(0)) { sentence in told.withLock { $0 = sentence } }
        let camera = Camera()
        #expect(stream.publish(camera.configurations + camera.pictures(0..<5), from: first, now: .at(0.1)))
        try stream.claim(Self.source(2), as: second, now: .at(0.2)) { _ in }
        #expect(told.withLock { $0 }?.contains("10.0.0.1:2") == true)
        #expect(!stream.publish(camera.pictures(5..<6), from: first, now: .at(0.2)))
        #expect(stream.publish(camera.configurations + camera.pictures(0..<5), from: second, now: .at(0.3)))
        #expect(stream.snapshot(now: .at(0.3)).counters.takeovers == 1)
    }

    @Test func withoutTakeoverASecondPublisherIsRefusedUntilTheFirstFallsSilent() throws {
        let hub = try Self.hub(takeover: false)
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let (first, second) = (hub.makeSourceID(), hub.makeSourceID())
        try stream.claim(Self.source(1), as: first, now: .at(0)) { _ in }
        _ = stream.publish(Camera().configurations, from: first, now: .at(0))
        #expect(throws: PublishDenial.self) { try stream.claim(Self.source(2), as: second, now: .at(1)) { _ in } }
        try stream.claim(Self.source(2), as: second, now: .at(3)) { _ in }
    }

    @Test func playlistsOfALateAskerReachBackIntoTheWindow() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        _ = stream.publish(camera.configurations, from: id, now: .at(0))
        for index in 0..<300 {
            _ = stream.publish(camera.pictures(index..<index + 1), from: id, now: .at(Double(index) / 25))
        }
        for format in [WireFormat.mp4, .ts] {
            let list = try stream.segments(of: format, now: .at(12))
            #expect(list.segments.count == 5)
            for (segment, next) in zip(list.segments, list.segments.dropFirst()) {
                #expect(next.mark.number == segment.mark.number + 1)
                #expect(segment.duration == 2_000_000)
                #expect(
                    try stream.segment(segment.mark.number, of: format, now: .at(12))?.bytes.readableBytes
                        == segment.range.count
                )
            }
        }
        let list = try stream.segments(of: .mp4, now: .at(12))
        let initialization = try #require(list.segments.first?.initialization)
        #expect(list.initializations[initialization] != nil)
    }

    @Test func aPlaylistWaitsForItsFirstSegments() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPlay(StreamName("main"), now: .at(0))
        let answers = Atomic(0)
        _ = stream.whenSegments(3, of: .mp4, now: .at(0)) { answers.add(1, ordering: .relaxed) }
        #expect(answers.load(ordering: .relaxed) == 0)
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: .at(0)) { _ in }
        let camera = Camera()
        _ = stream.publish(camera.configurations, from: id, now: .at(0))
        for index in 0..<200 {
            _ = stream.publish(camera.pictures(index..<index + 1), from: id, now: .at(Double(index) / 25))
        }
        #expect(answers.load(ordering: .relaxed) == 1)
    }
}
