import Contract
import Endpoints
import Health
import Logging
import NIOCore
import NIOHTTP1
import Relay
import Testing
import Web

@Suite struct HTTPResponderTests {
    private static func responder(_ spec: RelaySpec) -> HTTPResponder {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let desk = HealthDesk(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: spec.sourceTimeout))
        return HTTPResponder(
            hub: StreamHub(spec: spec, log: log),
            audience: Audience(limit: spec.limits.viewers),
            refusals: RefusalLedger(),
            pages: StatusPages(spec: CurrentSpec(spec), desk: desk)
        ) { now in
            RelaySnapshot(
                relay: spec.name,
                clock: ClockReading(now: Instant(now), unix: now.wall),
                startedAt: Instant(now)
            )
        }
    }

    private static func ask(
        _ responder: HTTPResponder,
        _ uri: String,
        _ method: HTTPMethod = .GET,
        headers: HTTPHeaders = [:],
        isLast: Bool = false
    ) -> HTTPAnswer {
        let head = HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: headers)
        let now = Now(monotonic: 1_000_000, wall: 1_790_000_000_000_000)
        return responder.answer(HTTPRequest(head), who: "somebody", isLast: isLast, now: now)
    }

    private static func status(_ answer: HTTPAnswer) -> HTTPResponseStatus? {
        if case .reply(let reply) = answer { reply.status } else { nil }
    }

    @Test func aPlaylistOfAStreamWithoutSegmentsWaitsAndIsThenPutOff() throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        guard case .await(_, .mp4, segments: 3) = Self.ask(responder, "/live/main.m3u8") else {
            Issue.record("the answer does not wait")
            return
        }
        guard case .reply(let reply) = Self.ask(responder, "/live/main.m3u8", isLast: true) else {
            Issue.record("the last answer waits")
            return
        }
        #expect(reply.status == .serviceUnavailable)
        #expect(reply.head(version: .http1_1, keepAlive: true).headers["Retry-After"] == ["2"])
    }

    @Test func aViewerWithoutALengthOfStayIsSeatedEvenBeforeThePublisher() throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        guard case .live(let answer) = Self.ask(responder, "/live/main.flv?tick=50") else {
            Issue.record("not seated")
            return
        }
        #expect(answer.contentType == "video/x-flv")
        #expect(answer.tick == .milliseconds(50))
    }

    @Test func theLimitOfViewersHolds() throws {
        let spec = try RelaySpec(name: RelayName("live"), limits: LimitsSpec(viewers: 2))
        let responder = Self.responder(spec)
        let seated = [Self.ask(responder, "/live/main.flv"), Self.ask(responder, "/live/main.ts")]
        #expect(Self.status(Self.ask(responder, "/live/main.mp4")) == .serviceUnavailable)
        withExtendedLifetime(seated) {}
    }

    @Test func venuesNeedTheirTokenInTheQueryOrTheCookie() throws {
        let venues = [VenueSpec(name: try VenueName("kyoto"), token: try Secret("blue"))]
        let responder = Self.responder(try RelaySpec(name: RelayName("live"), play: .venues, venues: venues))
        #expect(Self.status(Self.ask(responder, "/live/main.flv")) == .unauthorized)
        #expect(Self.status(Self.ask(responder, "/live/main.flv?token=red")) == .forbidden)
        #expect(Self.status(Self.ask(responder, "/live/main/hls/1.m4s")) == .unauthorized)
        #expect(Self.status(Self.ask(responder, "/live/main.flv?token=blue")) == nil)
        #expect(Self.status(Self.ask(responder, "/live/main.flv", headers: ["Cookie": "a=b; token=blue"])) == nil)
        #expect(Self.status(Self.ask(responder, "/livez")) == .ok, "probes need none")
    }

    /// Chromium's own player ends for good at a segment that it cannot have.
    @Test(
        arguments: [("/live/main/hls/1789999990.m4s", 8), ("/live/main/hls/init-1789999990.mp4", 8)]
            + [("/live/main/ts/1789999990.ts", 188)]
    )
    func whoAsksForLostMediaByRangeGetsPadding(address: String, size: Int) throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        #expect(Self.status(Self.ask(responder, address)) == .notFound)
        // Of the whole, and of the rest of one that was cut off.
        for range in ["bytes=0-", "bytes=4096-"] {
            guard case .reply(let reply) = Self.ask(responder, address, headers: ["Range": range]) else {
                Issue.record("no answer")
                return
            }
            #expect(reply.status == .ok)
            #expect(reply.body.readableBytes == size)
            #expect(reply.cache == .never)
        }
    }

    @Test func whatCannotHaveBeenIsNotThere() throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        for address in ["/live/main/hls/1790000001.m4s", "/live/main/hls/init-1790000001.mp4"] {
            #expect(Self.status(Self.ask(responder, address, headers: ["Range": "bytes=0-"])) == .notFound)
        }
        #expect(LostMedia.isPast(6, first: 7, now: Now(monotonic: 0, wall: 0)))
        #expect(
            !LostMedia.isPast(7, first: 7, now: Now(monotonic: 0, wall: 9_000_000)),
            "it is there, or is being made"
        )
    }

    @Test func otherMethodsAreRefusedAndPreflightsAnswered() throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        #expect(Self.status(Self.ask(responder, "/live/main.flv", .POST)) == .methodNotAllowed)
        #expect(Self.status(Self.ask(responder, "/live/main.m3u8", .OPTIONS)) == .noContent)
        #expect(Self.status(Self.ask(responder, "/live/main.flv", .HEAD)) == .ok)
    }

    @Test func onlyDeclaredStreamsExist() throws {
        let spec = try RelaySpec(name: RelayName("live"), streams: [StreamSpec(name: StreamName("main"))])
        let responder = Self.responder(spec)
        #expect(Self.status(Self.ask(responder, "/live/other.flv")) == .notFound)
        #expect(Self.status(Self.ask(responder, "/health/live/other")) == .notFound)
        #expect(Self.status(Self.ask(responder, "/health/live/main")) == .serviceUnavailable)
    }
}
