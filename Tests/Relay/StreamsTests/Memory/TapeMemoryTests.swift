import Capacity
import Contract
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing

/// Whom the memory for tapes belongs to.
@Suite struct TapeMemoryTests {
    private static func hub(
        memory: Int = 256 << 20,
        tape: Int? = nil,
        streams: Int = 8,
        window: Duration = .seconds(30),
        log: Logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    ) throws -> StreamHub {
        let limits = try LimitsSpec(streams: streams, memory: memory, tape: tape)
        let spec = try RelaySpec(name: RelayName("live"), window: window, limits: limits)
        return StreamHub(spec: spec, log: log)
    }

    private static func source(_ port: Int) -> SourceSnapshot {
        SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:\(port)", connectedAt: Instant(.at(0)))
    }

    /// Puts a publisher on air.
    private static func claim(_ hub: StreamHub, _ name: String, now: Now = .at(0)) throws -> (Streams.Stream, SourceID)
    {
        let stream = try hub.streamToPublish(StreamName(name), now: now)
        let id = hub.makeSourceID()
        try stream.claim(Self.source(1), as: id, now: now) { _ in }
        return (stream, id)
    }

    /// A stream of pictures of so many bytes, 25 a second from a second to another.
    private static func send(
        _ stream: Streams.Stream,
        _ id: SourceID,
        _ seconds: Range<Int>,
        bytes: Int,
        keyframeEvery: Int = 25,
        sweeping hub: StreamHub
    ) {
        var camera = Camera()
        camera.hasAudio = false
        camera.keyframeEvery = keyframeEvery
        camera.pictureBytes = bytes
        if seconds.lowerBound == 0 { _ = stream.publish([camera.configurations[0]], from: id, now: .at(0)) }
        for second in seconds {
            for index in second * 25..<second * 25 + 25 {
                _ = stream.publish(camera.pictures(index..<index + 1), from: id, now: .at(Double(index) / 25))
            }
            hub.sweep(now: .at(Double(second + 1)))
        }
    }

    // MARK: Strangers

    @Test func questionsAboutNamesThatNobodyPublishesCostNoTape() throws {
        let hub = try Self.hub()
        var leases: [WireLease] = []
        for name in 0..<40 {
            let stream = try hub.streamToPlay(StreamName("squat-\(name)"), now: .at(0))
            for format in [WireFormat.rtmp, .flv, .ts, .mp4, .rtp] {
                leases.append(try stream.open(format, now: .at(0)))
            }
            let list = try stream.segments(of: .ts, now: .at(0))
            #expect(list.segments.isEmpty)
        }
        #expect(hub.tapeMemory == 0)
        // Ten times as many as may publish, and those who hold a key find their places.
        for name in 0..<8 { _ = try Self.claim(hub, "main-\(name)") }
        #expect(throws: PublishDenial.self) { _ = try Self.claim(hub, "main-9") }
        withExtendedLifetime(leases) {}
    }

    @Test func strangersDoNotFillTheListOfNames() throws {
        let hub = try Self.hub()
        var leases: [WireLease] = []
        var refused = 0
        for name in 0..<200 {
            do {
                leases.append(try hub.streamToPlay(StreamName("n\(name)"), now: .at(0)).open(.flv, now: .at(0)))
            } catch let denial as PlayDenial {
                #expect(denial.reason == .tooMany)
                refused += 1
            }
        }
        #expect(leases.count == 64)
        #expect(refused == 136)
        let (stream, id) = try Self.claim(hub, "main")
        _ = stream.publish(Camera().configurations + Camera().pictures(0..<5), from: id, now: .at(0))
        let viewer = try hub.streamToPlay(StreamName("main"), now: .at(0)).open(.flv, now: .at(0))
        #expect(viewer.tape.newestJoin != nil)
        // Names that nobody waits for any more make place at once, and are forgotten soon.
        leases = []
        _ = try hub.streamToPlay(StreamName("another"), now: .at(1))
        hub.sweep(now: .at(20))
        #expect(hub.all.map(\.path.stream.rawValue) == ["main"])
    }

    @Test func aViewerWhoCameFirstIsServedWhenTheStreamBegins() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPlay(StreamName("main"), now: .at(0))
        let leases = try [WireFormat.rtmp, .flv, .ts, .mp4, .rtp].map { try stream.open($0, now: .at(0)) }
        hub.sweep(now: .at(100))
        let (published, id) = try Self.claim(hub, "main", now: .at(100))
        #expect(published === stream)
        _ = stream.publish(Camera().configurations + Camera().pictures(0..<60), from: id, now: .at(100))
        for lease in leases { #expect(lease.tape.newestJoin != nil) }
    }

    // MARK: Who gives way

    @Test func aPublisherTakesWhatNobodyWatchesAndThenWhatIsGone() throws {
        // 24 MiB for tapes, half of it kept for those who begin.
        let hub = try Self.hub(memory: 32 << 20, streams: 40)
        var names = 0
        func fill() throws {
            while names < 40 {
                _ = try Self.claim(hub, "s\(names)")
                names += 1
            }
        }
        // Each stream that is on air costs a little more than a mebibyte.
        #expect(throws: PublishDenial.self) { try fill() }
        #expect(names > 15)
        do {
            _ = try Self.claim(hub, "more")
        } catch let denial as PublishDenial {
            #expect(denial.reason == .noMemory)
            #expect(denial.sentence.contains("limits.memory (32MiB)"))
        }
        // One whose source has gone gives its memory back to the next.
        let gone = try #require(hub.existing(StreamName("s3")))
        gone.dropSource(sentence: "", now: .at(1))
        let (stream, id) = try Self.claim(hub, "more", now: .at(2))
        #expect(stream.publish(Camera().configurations + Camera().pictures(0..<5), from: id, now: .at(2)))
        #expect(throws: PublishDenial.self) { _ = try Self.claim(hub, "and-more", now: .at(2)) }
    }

    /// Several could give way, and not all need to.
    @Test func whatHasBeenIdleForLongestGivesWayFirst() throws {
        let (log, lines) = LogLines.make()
        let hub = try Self.hub(memory: 32 << 20, streams: 40, log: log)
        var names = 0
        #expect(throws: PublishDenial.self) {
            while names < 40 {
                _ = try Self.claim(hub, "s\(names)")
                names += 1
            }
        }
        for (name, second) in [("s3", 5.0), ("s9", 2), ("s1", 4), ("s7", 3)] {
            try #require(hub.existing(StreamName(name))).dropSource(sentence: "", now: .at(second))
        }
        _ = try Self.claim(hub, "more", now: .at(6))
        let given = lines.all.filter { $0.contains("memory given up") }
        // As much as the newcomer needs, and the youngest stays.
        #expect((1...3).contains(given.count))
        let order = zip(given, ["live/s9", "live/s7", "live/s1"])
        #expect(order.allSatisfy { $0.hasSuffix("stream=\($1)") }, "\(given)")
    }

    @Test func formatsThatNobodyWatchesGiveWayToViewersAndLiveOnesAreNamedInHealth() throws {
        let hub = try Self.hub(memory: 32 << 20, streams: 40)
        let (stream, id) = try Self.claim(hub, "main")
        _ = stream.publish(Camera().configurations + Camera().pictures(0..<60), from: id, now: .at(0))
        var lease: WireLease? = try stream.open(.ts, now: .at(0))
        var fillers: [SourceID] = []
        for name in 0..<40 {
            guard let (_, id) = try? Self.claim(hub, "s\(name)") else { break }
            fillers.append(id)
        }
        #expect(fillers.count < 40)
        // Everything is watched or on air.
        let denial = #expect(throws: PlayDenial.self) { try stream.open(.flv, now: .at(1)) }
        #expect(denial?.reason == .noMemory)
        #expect(denial?.sentence.hasPrefix("Nobody can watch by HTTP-FLV: ") == true)
        let refused = try #require(stream.snapshot(now: .at(1)).formats.first)
        #expect(refused.format == "flv" && refused.noun == "HTTP-FLV")
        #expect(refused.absence?.reason == .noMemory && refused.absence?.memory == 32 << 20)
        #expect(lease?.tape.newestJoin != nil)
        lease = nil
        // The other format has had no viewer for a while.
        let flv = try stream.open(.flv, now: .at(30))
        #expect(flv.tape.newestJoin != nil)
        #expect(stream.snapshot(now: .at(30)).formats.isEmpty)
        #expect(stream.formats == [.flv])
    }

    @Test func aStreamWhoseSourceIsGoneGivesItsTapesBackAndItsViewersStay() throws {
        let hub = try Self.hub()
        let (stream, id) = try Self.claim(hub, "main")
        let lease = try stream.open(.flv, now: .at(0))
        Self.send(stream, id, 0..<10, bytes: 4000, sweeping: hub)
        stream.leave(id, cause: .disconnected, now: .at(10))
        hub.sweep(now: .at(60))
        #expect(hub.tapeMemory > 1 << 20)
        let head = lease.tape.head
        hub.sweep(now: .at(200))
        #expect(hub.tapeMemory == 0)
        #expect(!lease.tape.isFinished)
        let next = hub.makeSourceID()
        try stream.claim(Self.source(2), as: next, now: .at(300)) { _ in }
        _ = stream.publish(Camera().configurations + Camera().pictures(0..<30), from: next, now: .at(300))
        let join = try #require(lease.tape.newestJoin)
        #expect(join.offset >= head)
    }

    // MARK: Seconds

    /// At 2 Mbit/s with keyframes eight seconds apart, on what was one tape of a fixed size.
    @Test func playlistsBeginWhateverTheKeyframeInterval() throws {
        let hub = try Self.hub()
        let (stream, id) = try Self.claim(hub, "main")
        // 8 Mbit/s.
        Self.send(stream, id, 0..<2, bytes: 40_000, keyframeEvery: 200, sweeping: hub)
        _ = try stream.segments(of: .ts, now: .at(2))
        for second in 2..<60 {
            Self.send(stream, id, second..<second + 1, bytes: 40_000, keyframeEvery: 200, sweeping: hub)
            _ = try stream.segments(of: .ts, now: .at(Double(second)))
        }
        let list = try stream.segments(of: .ts, now: .at(60))
        #expect(list.segments.count >= 4)
        #expect(list.segments.allSatisfy { $0.duration == 8 * 1_000_000 })
        #expect(!list.isCut)
        #expect(stream.snapshot(now: .at(60)).omissions.isEmpty)
        #expect(stream.snapshot(now: .at(60)).formats.allSatisfy { $0.shortage == nil })
    }

    @Test func aWindowThatDoesNotFitIsShorterAndHealthSaysSo() throws {
        let (log, lines) = LogLines.make()
        let hub = try Self.hub(tape: 2 << 20, window: .seconds(40), log: log)
        let (stream, id) = try Self.claim(hub, "main")
        for second in 0..<50 {
            Self.send(stream, id, second..<second + 1, bytes: 8000, keyframeEvery: 50, sweeping: hub)
            _ = try stream.segments(of: .mp4, now: .at(Double(second)))
        }
        let list = try stream.segments(of: .mp4, now: .at(50))
        #expect((3...6).contains(list.segments.count))
        let format = try #require(stream.snapshot(now: .at(50)).formats.first { $0.shortage != nil })
        #expect(format.format == "mp4" && format.noun == "MP4 and HLS")
        let shortage = try #require(format.shortage)
        #expect(shortage.wanted == .seconds(44) && shortage.kept < .seconds(20))
        #expect(!shortage.isMemoryFull && shortage.limit == 2 << 20)
        #expect(stream.snapshot(now: .at(50)).omissions.isEmpty)
        let told = lines.all.filter { $0.contains("of 44 seconds are kept for MP4 and HLS") }
        #expect(told.count == 1 && told.allSatisfy { $0.contains("limits.tape (2MiB)") }, "\(lines.all)")
    }

    @Test func eightSmallStreamsPlayInEveryFormatWithTheShippedLimits() throws {
        let hub = try Self.hub()
        var leases: [WireLease] = []
        for name in 0..<8 {
            let (stream, id) = try Self.claim(hub, "s\(name)")
            _ = stream.publish(Camera().configurations + Camera().pictures(0..<60), from: id, now: .at(2))
            for format in [WireFormat.rtmp, .flv, .ts, .mp4] { leases.append(try stream.open(format, now: .at(2))) }
        }
        #expect(leases.allSatisfy { $0.tape.newestJoin != nil })
        #expect(hub.tapeMemory <= LimitsSpec.standard.startMemory)
    }

    @Test func aStreamDoesNotGrowIntoWhatOthersNeedToBegin() throws {
        let hub = try Self.hub(memory: 64 << 20, streams: 4)
        let (stream, id) = try Self.claim(hub, "greedy")
        let lease = try stream.open(.flv, now: .at(0))
        Self.send(stream, id, 0..<20, bytes: 100_000, sweeping: hub)
        #expect(lease.tape.newestJoin != nil)
        for name in 0..<3 {
            let (stream, id) = try Self.claim(hub, "s\(name)")
            _ = stream.publish(Camera().configurations + Camera().pictures(0..<30), from: id, now: .at(20))
            for format in [WireFormat.rtmp, .flv, .ts, .mp4] {
                let lease = try stream.open(format, now: .at(20))
                #expect(lease.tape.newestJoin != nil)
            }
        }
    }

    // MARK: Copies

    @Test func copiesOfSegmentsAreSharedAndCounted() throws {
        let hub = try Self.hub()
        let (stream, id) = try Self.claim(hub, "main")
        Self.send(stream, id, 0..<12, bytes: 8000, keyframeEvery: 50, sweeping: hub)
        let list = try stream.segments(of: .ts, now: .at(12))
        let before = hub.tapeMemory
        let number = try #require(list.segments.first?.mark.number)
        var first = try stream.segment(number, of: .ts, now: .at(12))
        let size = try #require(first?.bytes.readableBytes)
        #expect(hub.tapeMemory == before + size)
        let second = try stream.segment(number, of: .ts, now: .at(12))
        #expect(first === second)
        #expect(hub.tapeMemory == before + size)
        for segment in list.segments.dropFirst() { _ = try stream.segment(segment.mark.number, of: .ts, now: .at(12)) }
        first = nil
        let third = try stream.segment(number, of: .ts, now: .at(12))
        #expect(third === second, "somebody is still being sent it")
        let missing = try stream.segment(99, of: .ts, now: .at(12))
        #expect(missing == nil)
    }

    // MARK: Waiting

    @Test func whoGoesAwayWaitsNoLonger() throws {
        let hub = try Self.hub()
        let stream = try hub.streamToPlay(StreamName("main"), now: .at(0))
        let answers = Atomic(0)
        let waiter = stream.whenSegments(3, of: .ts, now: .at(0)) { answers.add(1, ordering: .relaxed) }
        let number = try #require(waiter)
        let other = stream.whenSegments(1, of: .ts, now: .at(0)) { answers.add(10, ordering: .relaxed) }
        #expect(other != nil)
        hub.sweep(now: .at(60))
        let kept = try hub.existing(StreamName("main"))
        #expect(kept != nil, "somebody waits for it")
        stream.forgetSegmentWaiter(number)
        stream.forgetSegmentWaiter(number)
        let (_, id) = try Self.claim(hub, "main")
        Self.send(stream, id, 0..<10, bytes: 1000, sweeping: hub)
        #expect(answers.load(ordering: .relaxed) == 10)
        let late = stream.whenSegments(2, of: .ts, now: .at(10)) { answers.add(100, ordering: .relaxed) }
        #expect(late == nil)
        #expect(answers.load(ordering: .relaxed) == 110)
    }

    /// A segment is copied to be sent: where there is no memory for that its viewer is told so, and the stream goes on.
    @Test func aSegmentThatThereIsNoMemoryForIsRefused() throws {
        // 24 MiB for tapes.
        let hub = try Self.hub(memory: 32 << 20, streams: 40)
        let (stream, id) = try Self.claim(hub, "main")
        var camera = Camera()
        camera.hasAudio = false
        // A segment of two seconds has 2 MB.
        camera.pictureBytes = 40_000
        _ = stream.publish([camera.configurations[0]], from: id, now: .at(0))
        let live = try stream.open(.flv, now: .at(0))
        for index in 0..<200 {
            let now = Now.at(Double(index) / 25)
            #expect(stream.publish(camera.pictures(index..<index + 1), from: id, now: now))
            _ = try stream.segments(of: .ts, now: now)
        }
        let now = Now.at(8)
        let last = try #require(try stream.segments(of: .ts, now: now).segments.last)
        // Others begin until there is no memory for another tape, which is less than the segment wants.
        var others = 0
        while (try? Self.claim(hub, "other-\(others)", now: now)) != nil { others += 1 }
        #expect(others > 0)
        var denial: PlayDenial?
        do {
            _ = try stream.segment(last.mark.number, of: .ts, now: now)
        } catch {
            denial = error as? PlayDenial
        }
        #expect(try #require(denial).reason == .noMemory)
        #expect(try #require(denial).sentence.contains("limits.memory (32MiB)"))
        #expect(live.tape.newestJoin != nil)
    }

    @Test func namesThatAreNotDeclaredAreRefusedByTheirFirstLetters() throws {
        let spec = try RelaySpec(name: RelayName("live"), streams: [StreamSpec(name: StreamName("main"))])
        let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let sentence = "This relay has no stream 'sl...' (6 characters); its streams are 'main'."
        let name = try StreamName("slides")
        #expect(throws: PublishDenial(.unknownStream, sentence)) { _ = try hub.streamToPublish(name, now: .at(0)) }
        #expect(throws: PlayDenial(.unknownStream, sentence)) { _ = try hub.streamToPlay(name, now: .at(0)) }
        #expect(hub.shown(name) == "sl... (6 characters)")
        #expect(hub.shown(try StreamName("main")) == "main")
    }

    // MARK: What was computed

    /// `transponder check` computes with the same arithmetic that tapes grow by: streams of the bitrate that it assumes,
    /// watched in every format, take what it says and are kept whole, and one more is not.
    @Test(arguments: [false, true]) func asManyStreamsAreKeptWholeAsWasComputed(isOneTooMany: Bool) throws {
        let all = [WireFormat.rtmp, .flv, .ts, .mp4, .rtp]
        let demand = StreamDemand(
            bitrate: 1_000_000,
            window: 30_000_000,
            segment: 2_000_000,
            kinds: Set(WireKind.allCases),
            tapeLimit: 16 << 20
        )
        let memory = Int(Double(2 * demand.whole) / LimitsSpec.tapeShare) + 4
        let hub = try Self.hub(memory: memory, tape: 16 << 20, streams: isOneTooMany ? 3 : 2)
        var leases: [WireLease] = []
        var sources: [(Streams.Stream, SourceID)] = []
        var camera = Camera()
        camera.hasAudio = false
        camera.keyframeEvery = 50
        camera.pictureBytes = 5000
        for name in 0..<(isOneTooMany ? 3 : 2) {
            let (stream, id) = try Self.claim(hub, "s\(name)")
            _ = stream.publish([camera.configurations[0]] + camera.pictures(0..<1), from: id, now: .at(0))
            leases += try all.map { try stream.open($0, now: .at(0)) }
            sources.append((stream, id))
        }
        for second in 0..<80 {
            for index in max(second * 25, 1)..<second * 25 + 25 {
                for (stream, id) in sources {
                    _ = stream.publish(camera.pictures(index..<index + 1), from: id, now: .at(Double(index) / 25))
                }
            }
            let now = Now.at(Double(second + 1))
            for (stream, _) in sources {
                for format in [WireFormat.ts, .mp4] {
                    guard let last = try stream.segments(of: format, now: now).segments.last else { continue }
                    _ = try? stream.segment(last.mark.number, of: format, now: now)
                }
            }
            hub.sweep(now: now)
        }
        let told = sources.map { stream, _ in stream.snapshot(now: .at(80)) }
        let left = told.flatMap(\.omissions)
        let short = told.flatMap(\.formats).filter { $0.shortage != nil || $0.absence?.reason == .noMemory }
        if isOneTooMany {
            #expect(!short.isEmpty || !left.isEmpty)
        } else {
            #expect(short.isEmpty && left.isEmpty, "\(short) \(left.map(\.sentence))")
            #expect(hub.tapeMemory <= 2 * demand.whole)
            // Nor is what it says far from what they take.
            #expect(hub.tapeMemory > demand.whole)
        }
        withExtendedLifetime(leases) {}
    }
}
