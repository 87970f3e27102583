import Contract
import Logging
import Media
import NIOCore
import Streams
import Synchronization
import Tape
import Testing
import Wire

@Suite struct RTPTapeTests {
    private final class Scene {
        let stream: Stream
        let id: SourceID

        init() throws {
            let spec = try RelaySpec(name: RelayName("live"), limits: LimitsSpec(memory: 256 << 20, tape: 4 << 20))
            let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
            self.stream = try hub.streamToPublish(StreamName("main"), now: .at(0))
            self.id = hub.makeSourceID()
            let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(.at(0)))
            try self.stream.claim(source, as: self.id, clock: .rtmp, now: .at(0)) { _ in }
        }

        func publish(_ events: [SourceEvent], at seconds: Double) {
            #expect(self.stream.publish(events, from: self.id, now: .at(seconds)))
        }
    }

    /// Channel and bytes of every packet on a tape, from its newest join if not from another place.
    private static func packets(
        on tape: WireTape,
        from start: UInt64? = nil
    ) throws -> [(channel: UInt8, bytes: [UInt8])] {
        let join = try #require(tape.newestJoin)
        var bytes = try #require(tape.copy((start ?? join.offset)..<tape.head))
        var packets: [(UInt8, [UInt8])] = []
        while let head = bytes.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) {
            #expect(head.0 == 0x24)
            let packet = bytes.readBytes(length: Int(head.2))
            packets.append((head.1, try #require(packet)))
        }
        #expect(bytes.readableBytes == 0)
        return packets
    }

    @Test func everyJoinBeginsWithReportsOfAllTracksForTheSameInstant() throws {
        let scene = try Scene()
        let camera = Camera()
        scene.publish(camera.configurations + camera.pictures(0..<60), at: 1)
        let tape = try scene.stream.open(.rtp, now: .at(1)).tape
        let packets = try Self.packets(on: tape)
        #expect(packets.prefix(5).map(\.channel) == [1, 3, 0, 0, 2])
        let (video, audio) = (packets[0].bytes, packets[1].bytes)
        #expect(video[1] == 200 && audio[1] == 200)
        #expect(video[8..<16] == audio[8..<16])
        let presentation = try #require(scene.stream.presentation)
        let join = try #require(tape.newestJoin)
        func number(_ bytes: [UInt8], at index: Int) -> UInt32 {
            bytes[index..<index + 4].reduce(0) { $0 << 8 | UInt32($1) }
        }
        for (report, track) in zip([video, audio], presentation.tracks) {
            #expect(number(report, at: 4) == track.synchronizationSource)
            #expect(number(report, at: 16) == track.timestamp(of: join.time))
        }
        // The picture's timestamp is the report's: the join is presented when it is decoded.
        #expect(number(packets[2].bytes, at: 4) == number(video, at: 16))
        let told = try #require(scene.stream.newestJoin(of: .rtp))
        #expect(told.tracks.map(\.number) == [0, 1])
        #expect(told.tracks[0].sequence == UInt16(packets[2].bytes[2]) << 8 | UInt16(packets[2].bytes[3]))
        #expect(told.tracks[0].timestamp == number(packets[2].bytes, at: 4))
    }

    @Test func sequencesHaveNoHolesAndReportsComeEveryFewSeconds() throws {
        let scene = try Scene()
        let camera = Camera(keyframeEvery: 1000)
        scene.publish(camera.configurations + camera.pictures(0..<1), at: 0)
        let tape = try scene.stream.open(.rtp, now: .at(0)).tape
        for second in 0..<16 {
            scene.publish(camera.pictures(second * 25 + 1..<second * 25 + 26), at: Double(second))
        }
        let packets = try Self.packets(on: tape)
        #expect(packets.filter { $0.channel == 1 }.count == 1 + 3)
        for channel: UInt8 in [0, 2] {
            let own = packets.filter { $0.channel == channel }.map(\.bytes)
            let numbers = own.map { UInt16($0[2]) << 8 | UInt16($0[3]) }
            #expect(zip(numbers, numbers.dropFirst()).allSatisfy { $1 == $0 &+ 1 })
        }
    }

    /// Players place packets by the newest report: where the time of day was corrected at once, sound went back.
    @Test func reportsFollowTheTimeOfDayGently() throws {
        let scene = try Scene()
        let camera = Camera()
        scene.publish(camera.configurations + camera.pictures(0..<1), at: 0.5)
        let tape = try scene.stream.open(.rtp, now: .at(0.5)).tape
        let start = try #require(tape.newestJoin).offset
        // The first picture came half a second later than all others do.
        for second in 0..<12 {
            for picture in second * 25 + 1..<second * 25 + 26 {
                scene.publish(camera.pictures(picture..<picture + 1), at: Double(picture) * 0.04)
            }
        }
        let reports = try Self.packets(on: tape, from: start).filter { $0.channel == 1 }.map { packet in
            let numbers = packet.bytes.map(UInt64.init)
            let ntp = numbers[8..<16].reduce(0) { $0 << 8 | $1 }
            return (seconds: Double(ntp) / 4_294_967_296, ticks: numbers[16..<20].reduce(0) { $0 << 8 | $1 })
        }
        #expect(reports.count == 13)
        var corrected = 0.0
        for (former, later) in zip(reports, reports.dropFirst()) {
            let told = later.seconds - former.seconds
            let counted = Double((later.ticks - former.ticks) & 0xFFFF_FFFF) / 90_000
            #expect(abs(told - counted) <= counted / 1000 + 0.000_02)
            corrected += told - counted
        }
        #expect(corrected < -0.005)
    }

    @Test func someOfTheTracksKeepTheirChannels() throws {
        let scene = try Scene()
        let camera = Camera()
        scene.publish(camera.configurations + camera.pictures(0..<60), at: 1)
        let sound = try Self.packets(on: try scene.stream.open(.rtpTracks(RTPTrackNumbers([1])), now: .at(1)).tape)
        #expect(Set(sound.map(\.channel)) == [2, 3] && sound[0].channel == 3)
        let pictures = try Self.packets(on: try scene.stream.open(.rtpTracks(RTPTrackNumbers([0])), now: .at(1)).tape)
        #expect(Set(pictures.map(\.channel)) == [0, 1] && pictures[0].channel == 1)
    }

    @Test func oneOfTwoLanguagesIsSentWithoutTheOther() throws {
        let scene = try Scene()
        let camera = Camera()
        let events = camera.configurations + camera.pictures(0..<60)
        scene.publish(events.flatMap(Self.withAnotherLanguage), at: 1)
        #expect(scene.stream.presentation?.tracks.map(\.track) == [.video, .audio, TrackID(.audio, 1)])
        for number in 0..<3 {
            let tape = try scene.stream.open(.rtpTracks(RTPTrackNumbers([number])), now: .at(1)).tape
            #expect(Set(try Self.packets(on: tape).map(\.channel)) == [UInt8(2 * number), UInt8(2 * number + 1)])
        }
        let tape = try scene.stream.open(.rtpTracks(RTPTrackNumbers([0, 2])), now: .at(1)).tape
        #expect(Set(try Self.packets(on: tape).map(\.channel)) == [0, 1, 4, 5])
        // However players choose, they do not fill the memory with choices.
        #expect(throws: TooManyTrackChoices.self) {
            try scene.stream.open(.rtpTracks(RTPTrackNumbers([0, 1])), now: .at(1))
        }
    }

    /// The sound twice, on a second track too.
    private static func withAnotherLanguage(_ event: SourceEvent) -> [SourceEvent] {
        switch event {
        case .configuration(.audio, let configuration):
            [event, .configuration(TrackID(.audio, 1), configuration)]
        case .packet(let packet) where packet.track == .audio:
            [
                event,
                .packet(
                    SourcePacket(
                        track: TrackID(.audio, 1),
                        timestamp: packet.timestamp,
                        isKeyframe: true,
                        payload: packet.payload
                    )
                ),
            ]
        default: [event]
        }
    }

    @Test func newParameterSetsGoOnAndAnotherSetOfTracksIsABarrier() throws {
        let scene = try Scene()
        var camera = Camera()
        scene.publish(camera.configurations + camera.pictures(0..<26), at: 1)
        let lease = try scene.stream.open(.rtp, now: .at(1))
        let joined = try #require(lease.tape.newestJoin).offset
        camera.record = Camera.otherH264
        scene.publish(camera.configurations + camera.pictures(26..<60), at: 2)
        #expect(lease.tape.barrier(after: joined) == nil)
        let sets = try Self.packets(on: lease.tape).first { $0.channel == 0 }
        #expect(sets?.bytes.suffix(5) == [0x68, 0xCE, 0x83, 0xCB, 0x20])
        camera.hasAudio = false
        let presentation = scene.stream.presentation
        scene.stream.leave(scene.id, cause: .disconnected, now: .at(3))
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:2", connectedAt: Instant(.at(3)))
        let second = SourceID(99)
        try scene.stream.claim(source, as: second, clock: .rtmp, now: .at(3)) { _ in }
        #expect(scene.stream.publish(camera.configurations + camera.pictures(0..<60), from: second, now: .at(4)))
        let barrier = try #require(lease.tape.barrier(after: joined))
        // The sound's source leaves in front of it; that of the pictures stays.
        let sound = try #require(presentation?.tracks.last?.synchronizationSource)
        #expect(try Self.goodbyes(on: lease.tape, joined..<barrier) == [sound])
        #expect(try Self.goodbyes(on: lease.tape, barrier..<lease.tape.head).isEmpty)
        #expect(scene.stream.presentation?.tracks.map(\.track) == [.video])
    }

    /// A stream outlives its publisher, and its sources with it.
    @Test func sourcesLeaveWithTheStreamAndNotWithItsPublisher() throws {
        let scene = try Scene()
        let camera = Camera()
        scene.publish(camera.configurations + camera.pictures(0..<60), at: 1)
        let formats = [WireFormat.rtp, .rtpTracks(RTPTrackNumbers([1]))]
        let leases = try formats.map { try scene.stream.open($0, now: .at(1)) }
        scene.stream.leave(scene.id, cause: .ended, now: .at(2))
        let starts = try leases.map { try #require($0.tape.newestJoin).offset }
        for (lease, start) in zip(leases, starts) {
            #expect(try Self.goodbyes(on: lease.tape, start..<lease.tape.head).isEmpty)
        }
        let sources = try #require(scene.stream.presentation).tracks.map(\.synchronizationSource)
        // Said once, however often it ends.
        for _ in 0..<2 { scene.stream.finish() }
        #expect(try Self.goodbyes(on: leases[0].tape, starts[0]..<leases[0].tape.head) == sources)
        #expect(try Self.goodbyes(on: leases[1].tape, starts[1]..<leases[1].tape.head) == [sources[1]])
        #expect(leases.allSatisfy { $0.tape.isFinished })
    }

    /// The sources that leave in a range of a tape, each in a report of its own channel.
    private static func goodbyes(on tape: WireTape, _ range: Range<UInt64>) throws -> [UInt32] {
        var bytes = try #require(tape.copy(range))
        var sources: [UInt32] = []
        while let head = bytes.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) {
            let slice = bytes.readSlice(length: Int(head.2))
            let packet = try #require(slice)
            guard head.1 % 2 == 1 else { continue }
            let (packets, isWellFormed) = RTCPPacket.read(packet)
            #expect(isWellFormed)
            for case .goodbye(let gone) in packets { sources += gone }
        }
        return sources
    }

    @Test func theDescriptionCanBeWaitedFor() throws {
        let scene = try Scene()
        let told = Mutex(0)
        #expect(scene.stream.sessionDescription() == nil)
        let forgotten = try #require(scene.stream.whenPresentationIsKnown { told.withLock { $0 += 100 } })
        #expect(scene.stream.whenPresentationIsKnown { told.withLock { $0 += 1 } } != nil)
        scene.stream.forgetPresentationWaiter(forgotten)
        let camera = Camera()
        scene.publish(camera.configurations, at: 0)
        #expect(told.withLock { $0 } == 0)
        scene.publish(camera.pictures(0..<2), at: 0.1)
        #expect(told.withLock { $0 } == 1)
        #expect(scene.stream.sessionDescription()?.contains("m=audio 0 RTP/AVP 97") == true)
        #expect(scene.stream.whenPresentationIsKnown { told.withLock { $0 += 1 } } == nil)
        scene.stream.leave(scene.id, cause: .disconnected, now: .at(1))
        #expect(scene.stream.sessionDescription() != nil && told.withLock { $0 } == 2)
    }
}
