import Admission
import Contract
import Logging
import Media
import NIOCore
import Sessions
import Streams
import Testing

@Suite struct RelayAdmissionTests {
    private static let now = Now(monotonic: 1_000_000, wall: 1_790_000_000_000_000)

    private static func admission(
        viewers: Int = 10,
        play: PlayPolicy = .open,
        streams: [StreamSpec]? = nil
    ) throws -> RelayAdmission {
        let spec = try RelaySpec(
            name: RelayName("live"),
            play: play,
            limits: LimitsSpec(viewers: viewers),
            venues: [VenueSpec(name: VenueName("kyoto"), token: Secret("blue"))],
            streams: streams
        )
        return RelayAdmission(CurrentSpec(spec), log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    private static func request(_ stream: String = "main") throws -> PlayRequest {
        PlayRequest(try StreamName(stream), by: .flv, as: .flv, ViewerIdentity())
    }

    private static func reason(_ body: () throws -> Void) -> PlayRefusal? {
        do {
            try body()
            return nil
        } catch {
            return (error as? PlayDenial)?.reason
        }
    }

    @Test func aViewerIsCountedForAsLongAsItsSessionIsHeld() throws {
        let admission = try Self.admission(viewers: 1)
        var viewer: AdmittedViewer? = try admission.watch(Self.request(), now: Self.now)
        #expect(viewer?.stream.path.description == "live/main")
        #expect(Self.reason { _ = try admission.watch(Self.request(), now: Self.now) } == .tooMany)
        #expect(Self.reason { try admission.examine(Self.request(), now: Self.now) } == .tooMany)
        viewer = nil
        #expect(Self.reason { try admission.examine(Self.request(), now: Self.now) } == nil)
        #expect(Self.reason { _ = try admission.watch(Self.request(), now: Self.now) } == nil)
        withExtendedLifetime(viewer) {}
    }

    @Test func roomIsMadeOnlyWhereTheRelayIsFullAndAsOftenAsItHelps() throws {
        let admission = try Self.admission(viewers: 1)
        var asked = 0
        var former: AdmittedViewer? = try admission.watch(Self.request(), now: Self.now) {
            asked += 1
            return false
        }
        #expect(asked == 0)
        let viewer = try admission.watch(Self.request(), now: Self.now) {
            asked += 1
            if asked == 2 { former = nil }
            return asked <= 2
        }
        #expect(asked == 2)
        let denied = Self.reason {
            _ = try admission.watch(Self.request(), now: Self.now) {
                asked += 1
                return false
            }
        }
        #expect(denied == .tooMany)
        #expect(asked == 3)
        withExtendedLifetime((viewer, former)) {}
    }

    @Test func aStreamThatIsNotDeclaredIsRefusedBeforeAnybodyIsCounted() throws {
        let admission = try Self.admission(viewers: 1, streams: [StreamSpec(name: StreamName("main"))])
        #expect(Self.reason { _ = try admission.watch(Self.request("other"), now: Self.now) } == .unknownStream)
        #expect(Self.reason { try admission.examine(Self.request("other"), now: Self.now) } == .unknownStream)
        #expect(!admission.audience.isFull)
    }

    @Test func whoShowsOrProvesATokenIsItsVenue() throws {
        let admission = try Self.admission(play: .venues)
        #expect(try admission.identify(token: "blue").venue?.rawValue == "kyoto")
        #expect(try admission.identify(knowing: { $0.matches("blue") }).venue?.rawValue == "kyoto")
        #expect(Self.reason { _ = try admission.identify(token: nil) } == .noToken)
        #expect(Self.reason { _ = try admission.identify(token: "red") } == .wrongToken)
        #expect(Self.reason { _ = try admission.identify(knowing: { _ in false }) } == .wrongToken)
    }

    @Test func anAddressMeansAStreamOfThisRelay() throws {
        let relay = try RelayName("live")
        let address = StreamAddress(relay: "live", stream: "main", of: relay, by: .rtmp)
        #expect(try address.toPlay() == StreamName("main"))
        #expect(try address.toPublish() == StreamName("main"))
    }

    @Test func anAddressOfAnotherRelayOrABadNameSaysWhatToWrite() throws {
        let relay = try RelayName("live")
        let other = StreamAddress(relay: "dead", stream: "main", of: relay, by: .rtmp)
        #expect(throws: PlayDenial(.unknownRelay, "There is no relay 'de...' (4 characters) here; this one is 'live'."))
        {
            try other.toPlay()
        }
        #expect { try other.toPublish() } throws: { ($0 as? PublishDenial)?.reason == .unknownRelay }
        let bad = StreamAddress(relay: "live", stream: "a b", of: relay, by: .rtsp)
        #expect { try bad.toPublish() } throws: { error in
            let denial = error as? PublishDenial
            return denial?.reason == .badName && denial?.sentence.hasSuffix("rtsp://HOST/live/STREAM.") == true
        }
        let plain = StreamAddress(relay: "live", stream: "a b", of: relay)
        #expect { try plain.toPlay() } throws: { error in
            let denial = error as? PlayDenial
            return denial?.reason == .badName && denial?.sentence.contains("HOST") == false
        }
    }

    /// A stream in a coding that the format cannot carry is refused before anybody comes, and where they come all the same.
    @Test func aFormatThatCannotCarryTheStreamIsRefusedBeforeAndAfter() throws {
        let (admission, later) = try Self.av1()
        let request = PlayRequest(try StreamName("main"), by: .srt, as: .ts, ViewerIdentity())
        #expect(Self.reason { try admission.examine(request, now: later) } == .unsupported)
        #expect(Self.reason { _ = try admission.watch(request, now: later) } == .unsupported)
        #expect(Self.reason { _ = try admission.watch(Self.request(), now: later) } == nil)
    }

    /// A relay where AV1 is published, and nothing else, and the time at which that is known.
    private static func av1() throws -> (RelayAdmission, Now) {
        let admission = try Self.admission()
        let stream = try admission.hub.streamToPublish(StreamName("main"), now: Self.now)
        let id = admission.hub.makeSourceID()
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(Self.now))
        try stream.claim(source, as: id, now: Self.now) { _ in }
        var av1 = CodecConfiguration(codec: .av1, record: ByteBuffer(bytes: [0x81, 0x00, 0x0C, 0x00]))
        (av1.width, av1.height) = (64, 48)
        let pictures = [0, 600_000].map { time in
            SourcePacket(
                track: .video,
                timestamp: time,
                isKeyframe: true,
                payload: ByteBuffer(bytes: [0x0A, 0x01, 0x00])
            )
        }
        let later = Now(monotonic: Self.now.monotonic + 1_000_000, wall: Self.now.wall + 1_000_000)
        let events = [SourceEvent.configuration(.video, av1)] + pictures.map(SourceEvent.packet)
        #expect(stream.publish(events, from: id, now: later))
        return (admission, later)
    }

    /// Whom the configuration names is told why nothing comes, also where sending had begun before the codec was known.
    @Test func aDestinationThatCannotBeSentTheStreamIsNotSaidToBeSentIt() throws {
        let (admission, later) = try Self.av1()
        let stream = try #require(admission.hub.existing(StreamName("main")))
        let begun = try DestinationSnapshot(
            stream: StreamName("main"),
            name: DestinationName("box"),
            address: "udp://10.0.0.9:5000",
            sendingSince: Instant(Self.now),
            bytes: 0
        )
        let examined = begun.examined(stream, .ts)
        #expect(examined.sendingSince == nil)
        #expect(examined.trouble == .unsuitable)
        #expect(begun.examined(stream, .mp4) == begun)
        #expect(begun.examined(nil, .ts) == begun)
        let request = PlayRequest(try StreamName("main"), by: .udp, as: .ts, .configured)
        let denial = #expect(throws: PlayDenial.self) { _ = try admission.watch(request, now: later) }
        #expect(denial.map { DestinationTrouble($0) } == .unsuitable)
        #expect(DestinationTrouble(PlayDenial(.noMemory, "")) == .noRoom)
        #expect(DestinationTrouble(PlayDenial(.tooMany, "")) == .noRoom)
    }

    /// Publishers are told what is wrong with the name they want, before it is asked for a key.
    @Test func namesThatNobodyMayPublishUnder() throws {
        let call = try SRTCallSpec(call: HostPort("127.0.0.1:9"), streamID: SRTStreamID("read:live/main"))
        let spec = try RelaySpec(
            name: RelayName("live"),
            publishKey: Secret("topsecretkey"),
            streams: [
                StreamSpec(name: StreamName("fetched"), source: .call(call)), StreamSpec(name: StreamName("main")),
            ]
        )
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let admission = PublisherAdmission(
            RelayAdmission(CurrentSpec(spec), log: log),
            kind: .srt,
            clock: .unbounded,
            peer: "10.0.0.1:1",
            log: log
        )
        for (name, reason) in [("topsecretkey", PublishRefusal.badName), ("fetched", .declaredSource)] {
            let request = PublishRequest(stream: .success(try StreamName(name)), key: "topsecretkey")
            #expect { try admission.examine(request) } throws: { ($0 as? PublishDenial)?.reason == reason }
            #expect { _ = try admission.claim(request) { _ in } } throws: { ($0 as? PublishDenial)?.reason == reason }
        }
    }
}
