import Contract
import Dispatch
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing
import Wire

/// Wire formats keep up with the stream, and the stream does not wait for them.
@Suite struct OutputTests {
    private let stream: Streams.Stream
    private let id = SourceID(1)

    init() throws {
        let limits = try LimitsSpec(memory: 256 << 20, tape: 4 << 20)
        let spec = try RelaySpec(name: RelayName("live"), limits: limits)
        let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
        try self.claim(self.id, at: 0)
    }

    private func claim(_ id: SourceID, at seconds: Double) throws {
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(seconds)))
        try self.stream.claim(source, as: id, now: .at(seconds)) { _ in }
    }

    private func publish(_ camera: Camera, _ range: Range<Int>) {
        for index in range {
            _ = self.stream.publish(
                camera.pictures(index..<index + 1),
                from: self.id,
                now: .at(Double(index) / 25)
            )
        }
    }

    /// Asks a question about a format's segments that lasts until `meanwhile` is over.
    private func whileAsking(of format: WireFormat, at seconds: Double, _ meanwhile: () throws -> Void) rethrows {
        let (isAsked, mayEnd, hasEnded) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0), DispatchGroup())
        DispatchQueue.global().async(group: hasEnded) {
            _ = try? self.stream.withSegments(of: format, now: .at(seconds)) { _ in
                isAsked.signal()
                #expect(mayEnd.wait(timeout: .now() + 30) == .success, "what was to go on meanwhile waits")
            }
        }
        isAsked.wait()
        defer {
            mayEnd.signal()
            hasEnded.wait()
        }
        try meanwhile()
    }

    @Test func aSlowQuestionDelaysNeitherThePublisherNorOtherFormats() throws {
        let camera = Camera()
        _ = self.stream.publish(camera.configurations, from: self.id, now: .at(0))
        self.publish(camera, 0..<60)
        let (ts, flv) = (try self.stream.open(.ts, now: .at(2)), try self.stream.open(.flv, now: .at(2)))
        let before = (ts.tape.head, flv.tape.head)
        self.whileAsking(of: .ts, at: 2) {
            self.publish(camera, 60..<90)
            self.stream.sweep(now: .at(3.6))
            #expect(flv.tape.head > before.1)
            #expect(ts.tape.head == before.0)
            #expect(self.stream.tracks(in: .ts).count == 2)
            #expect(self.stream.targetDuration(now: .at(3.6)) == 2)
            #expect(self.stream.presentation != nil)
        }
        // Who asked did the work before he went, so nobody else needs to come.
        #expect(ts.tape.head > before.0)
        let join = try #require(ts.tape.newestJoin)
        let newest = try #require(flv.tape.newestJoin)
        #expect(join.time == newest.time)
        #expect(self.stream.overruns(of: .ts) == 0)
    }

    @Test func segmentsFinishedDuringAQuestionAreToldToWhoWaitsForThem() throws {
        let camera = Camera()
        _ = self.stream.publish(camera.configurations, from: self.id, now: .at(0))
        self.publish(camera, 0..<60)
        _ = try self.stream.segments(of: .mp4, now: .at(2))
        let told = Atomic(0)
        _ = self.stream.whenSegments(3, of: .mp4, now: .at(2)) { told.add(1, ordering: .relaxed) }
        self.whileAsking(of: .mp4, at: 2) {
            self.publish(camera, 60..<200)
            #expect(told.load(ordering: .relaxed) == 0)
        }
        #expect(told.load(ordering: .relaxed) == 1)
    }

    @Test(arguments: [WireFormat.ts, .mp4, .flv, .rtp])
    func aFormatThatFellBehindGoesOnAtTheNewestKeyframeAndIsCounted(format: WireFormat) throws {
        var camera = Camera()
        camera.pictureBytes = 8000
        _ = self.stream.publish(camera.configurations, from: self.id, now: .at(0))
        self.publish(camera, 0..<110)
        let lease = try self.stream.open(format, now: .at(4))
        let first = try #require(lease.tape.newestJoin)
        let head = lease.tape.head
        self.whileAsking(of: format, at: 4) { self.publish(camera, 110..<2210) }
        #expect(self.stream.overruns(of: format) == 1)
        #expect(lease.tape.head > head)
        let join = try #require(lease.tape.newestJoin)
        #expect(join.time - first.time == .milliseconds(84_000))
        let omission = try #require(self.stream.snapshot(now: .at(89)).omissions.first)
        #expect((omission.format, omission.reason, omission.count) == (format.name, "too_slow", 1))
        #expect(omission.sentence.contains("had no time"))

        self.publish(camera, 2210..<2410)
        #expect(self.stream.overruns(of: format) == 1)
        #expect(try #require(lease.tape.newestJoin).time > join.time)
        // Nothing of the time that is missing counts as a segment's.
        let list = try self.stream.segments(of: format, now: .at(96))
        let steps = zip(list.segments, list.segments.dropFirst()).map { $1.mark.number - $0.mark.number }
        #expect(steps.count { $0 != 1 } <= 1)
        #expect(list.segments.allSatisfy { $0.duration <= 2_000_000 })
        if format == .ts || format == .mp4 { #expect(list.segments.count >= 3) }
    }

    /// Publishers take the stream from one another, formats are opened, asked and closed, and all of it at once.
    @Test(.timeLimit(.minutes(2))) func formatsComeAndGoWhileSeveralPublish() throws {
        let formats: [WireFormat] = [
            .rtmp, .flv, .ts, .mp4, .rtp, .rtpTracks(RTPTrackNumbers([0])), .rtpTracks(RTPTrackNumbers([1])),
        ]
        let kept = try self.stream.open(.flv, now: .at(0))
        let time = Atomic(0)
        let sources = Atomic<UInt64>(100)
        /// A picture's time each.
        @Sendable func now() -> Now { .at(Double(time.add(1, ordering: .relaxed).newValue) / 100) }
        DispatchQueue.concurrentPerform(iterations: 5) { thread in
            for round in 0..<40 {
                switch thread {
                case 0, 1:
                    let id = SourceID(sources.add(1, ordering: .relaxed).newValue)
                    try? self.claim(id, at: Double(time.load(ordering: .relaxed)) / 100)
                    let camera = Camera()
                    _ = self.stream.publish(camera.configurations, from: id, now: now())
                    for index in 0..<30 {
                        let events = camera.pictures(index..<index + 1)
                        guard self.stream.publish(events, from: id, now: now()) else { break }
                    }
                    if round % 3 == 0 { self.stream.leave(id, cause: .disconnected, now: now()) }
                case 2, 3:
                    let format = formats[(round + thread) % formats.count]
                    let lease = try? self.stream.open(format, now: now())
                    let list = try? self.stream.segments(of: format, now: now())
                    if let number = list?.segments.first?.mark.number {
                        _ = try? self.stream.segment(number, of: format, now: now())
                    }
                    _ = self.stream.whenSegments(2, of: format, now: now()) {}
                    _ = (self.stream.newestJoin(of: format), self.stream.snapshot(now: now()))
                    withExtendedLifetime(lease) {}
                default:
                    // Far ahead, so that what nobody holds is closed.
                    self.stream.sweep(now: .at(1000 + Double(round) * 100))
                }
            }
        }
        let last = SourceID(99)
        try self.claim(last, at: 9000)
        let camera = Camera()
        let events = camera.configurations + camera.pictures(0..<60)
        #expect(self.stream.publish(events, from: last, now: .at(9000)))
        for format in formats {
            #expect(try self.stream.open(format, now: .at(9000)).tape.newestJoin != nil, "\(format.name)")
        }
        // Whatever came of the publishers, what is left for who watched from the beginning is whole tags with times that rise.
        var bytes = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        bytes.writeImmutableBuffer(try #require(kept.tape.copy(kept.tape.tail..<kept.tape.head)))
        var decoder = FLVTagDecoder()
        var (newest, count): ([FLVTag.Kind: UInt32], Int) = ([:], 0)
        while let tag = try decoder.next(from: &bytes) {
            if tag.kind != .script { #expect(tag.timestamp >= newest[tag.kind] ?? 0) }
            newest[tag.kind] = tag.timestamp
            count += 1
        }
        #expect(bytes.readableBytes == 0)
        #expect(count > 100)
    }
}
