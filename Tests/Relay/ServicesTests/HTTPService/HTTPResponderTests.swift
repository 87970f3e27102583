import Admission
import Contract
import HTTPService
import Health
import Logging
import Media
import NIOCore
import NIOHTTP1
import Sessions
import Streams
import Testing
import Web

@Suite struct HTTPResponderTests {
    private static func responder(
        _ spec: RelaySpec,
        hub: StreamHub? = nil,
        isBesidePages: Bool = false
    ) -> HTTPResponder {
        let log = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        let monitor = HealthMonitor(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: spec.sourceTimeout))
        return HTTPResponder(
            RelayAdmission(CurrentSpec(spec), hub: hub, log: log),
            isBesidePages: isBesidePages,
            pages: StatusPages(spec: CurrentSpec(spec), monitor: monitor)
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

    private static let asBrowsersNavigate: [HTTPHeaders] = [
        ["sec-fetch-mode": "navigate", "sec-fetch-dest": "document", "accept": "text/html,*/*;q=0.8"],
        ["accept": "text/html,application/xhtml+xml;q=0.9"], ["accept": "text/html;q=1"],
    ]

    @Test(arguments: [".m3u8", ".ts.m3u8", ".mp4", ".flv", ".ts"], Self.asBrowsersNavigate)
    func aBrowserThatOpensMediaIsLedToThePage(ending: String, headers: HTTPHeaders) throws {
        let spec = try RelaySpec(name: RelayName("live"))
        let responder = Self.responder(spec, isBesidePages: true)
        let answer = Self.ask(responder, "/live/main\(ending)?token=a%26b&other=1", headers: headers)
        guard case .reply(let reply) = answer else {
            Issue.record("no reply to \(ending)")
            return
        }
        let head = reply.head(version: .http1_1, keepAlive: true)
        #expect(head.status == .seeOther)
        #expect(head.headers["Location"] == ["/live/main?token=a%26b"])
        #expect(head.headers["Cache-Control"] == ["no-cache, no-store, must-revalidate"])
        #expect(head.headers["Vary"].contains { $0.contains("Accept") })
        #expect(!String(buffer: reply.body).contains("token"))
        // One process alone serves no pages.
        #expect(Self.status(Self.ask(Self.responder(spec), "/live/main\(ending)", headers: headers)) != .seeOther)
    }

    private static let asPlayersAsk: [HTTPHeaders] = [
        [:], ["accept": "*/*"], ["accept": "text/html", "range": "bytes=0-"],
        ["accept": "video/webm,video/ogg,video/*;q=0.9"], ["sec-fetch-mode": "no-cors", "sec-fetch-dest": "video"],
        ["sec-fetch-mode": "cors", "sec-fetch-dest": "empty", "accept": "text/html"],
        ["sec-fetch-dest": "audio", "accept": "text/html"],
    ]

    @Test(arguments: [".m3u8", ".mp4"], Self.asPlayersAsk)
    func playersAreNotLedAway(ending: String, headers: HTTPHeaders) throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")), isBesidePages: true)
        #expect(Self.status(Self.ask(responder, "/live/main\(ending)", headers: headers)) != .seeOther)
    }

    @Test(arguments: ["/live/main/hls/7.m4s", "/live/main.sdp", "/health/live/main"])
    func whatIsNotPlayedIsNotLedAway(path: String) throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")), isBesidePages: true)
        #expect(Self.status(Self.ask(responder, path, headers: Self.asBrowsersNavigate[0])) != .seeOther)
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

    private static func text(_ answer: HTTPAnswer) -> String? {
        if case .liveHead(let head) = answer { String(buffer: head) } else { nil }
    }

    /// As to GET but for the body: no length, for there is none.
    @Test(arguments: [("flv", "video/x-flv"), ("ts", "video/mp2t"), ("mp4", "video/mp4")])
    func theHeadOfALiveStreamHasNoLength(ending: String, type: String) throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live"), limits: LimitsSpec(viewers: 1)))
        for _ in 0..<3 {
            let text = try #require(Self.text(Self.ask(responder, "/live/main.\(ending)", .HEAD)))
            #expect(text.hasPrefix("HTTP/1.1 200 OK\r\nDate: "))
            #expect(text.contains("\r\nContent-Type: \(type)\r\n"))
            for header in ["content-length", "transfer-encoding"] {
                #expect(!text.lowercased().contains("\r\n\(header):"))
            }
            #expect(text.contains("\r\nAccept-Ranges: none\r\n"))
            #expect(text.hasSuffix("Connection: close\r\n\r\n"))
        }
        #expect(Self.status(Self.ask(responder, "/other/main.\(ending)", .HEAD)) == .notFound)
    }

    @Test func addressesMeanTheSameInEveryForm() throws {
        let responder = Self.responder(try RelaySpec(name: RelayName("live")))
        for address in [
            "http://relay.example/live/main.flv", "//live/main.flv", "/x/../live/main.flv", "/live/./main.flv",
            "/live/%6dain.flv",
        ] {
            #expect(Self.text(Self.ask(responder, address, .HEAD)) != nil, "\(address)")
        }
        #expect(Self.status(Self.ask(responder, "/" + String(repeating: "a", count: 600))) == .uriTooLong)
        let query = String(repeating: "a", count: HTTPRoute.queryLimit + 1)
        #expect(Self.status(Self.ask(responder, "/live/main.flv?\(query)")) == .uriTooLong)
        #expect(Self.status(Self.ask(responder, "*", .OPTIONS)) == .noContent)
        #expect(Self.status(Self.ask(responder, "*")) == .notFound)
        #expect(Self.status(Self.ask(responder, "/live/main.flv", .DELETE)) == .methodNotAllowed)
    }

    @Test func aCookieHelpsOnlyPagesOfSitesThatAreNamed() throws {
        let venues = [VenueSpec(name: try VenueName("kyoto"), token: try Secret("blue"))]
        let http = HTTPSpec(origins: try OriginList("https://*.player.example"))
        let spec = try RelaySpec(name: RelayName("live"), play: .venues, http: http, venues: venues)
        let responder = Self.responder(spec)
        func ask(_ origin: String?, _ more: HTTPHeaders) -> HTTPAnswer {
            var headers = more
            if let origin { headers.add(name: "Origin", value: origin) }
            return Self.ask(responder, "/live/main.flv", .HEAD, headers: headers)
        }
        let cookie: HTTPHeaders = ["Cookie": "token=blue"]
        #expect(Self.text(ask(nil, cookie)) != nil)
        let named = try #require(Self.text(ask("https://a.player.example", cookie)))
        #expect(named.contains("Access-Control-Allow-Origin: https://a.player.example\r\n"))
        #expect(named.contains("Access-Control-Allow-Credentials: true\r\n"))
        #expect(Self.status(ask("https://evil.example", cookie)) == .unauthorized)
        #expect(Self.text(ask("https://evil.example", ["Authorization": "Bearer blue"])) != nil)
        guard case .reply(let reply) = ask("https://a.player.example", [:]) else {
            Issue.record("let in without a token")
            return
        }
        #expect(reply.head(version: .http1_1, keepAlive: true).headers["access-control-allow-credentials"] == ["true"])
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
        #expect(Self.text(Self.ask(responder, "/live/main.flv", .HEAD)) != nil)
    }

    @Test func onlyDeclaredStreamsExist() throws {
        let spec = try RelaySpec(name: RelayName("live"), streams: [StreamSpec(name: StreamName("main"))])
        let responder = Self.responder(spec)
        #expect(Self.status(Self.ask(responder, "/live/other.flv")) == .notFound)
        #expect(Self.status(Self.ask(responder, "/health/live/other")) == .notFound)
        #expect(Self.status(Self.ask(responder, "/health/live/main")) == .serviceUnavailable)
    }

    // MARK: What a format carries

    private static func publish(_ codec: Codec, record: [UInt8], to hub: StreamHub) throws {
        let now = Now(monotonic: 1_000_000, wall: 1_790_000_000_000_000)
        let stream = try hub.streamToPublish(StreamName("main"), now: now)
        let source = SourceSnapshot(protocol: .rtmp, address: "10.0.0.1:1", connectedAt: Instant(now))
        try stream.claim(source, as: SourceID(1), now: now) { _ in }
        let configuration = CodecConfiguration(codec: codec, record: ByteBuffer(bytes: record))
        let packets = [Int64(0), 600_000].map { time in
            SourceEvent.packet(
                SourcePacket(
                    track: .video,
                    timestamp: time,
                    isKeyframe: true,
                    payload: ByteBuffer(bytes: [0x0A, 0x01, 0x00])
                )
            )
        }
        #expect(stream.publish([.configuration(.video, configuration)] + packets, from: SourceID(1), now: now))
    }

    @Test(arguments: ["/live/main.ts", "/live/main.ts.m3u8", "/live/main/ts/media.m3u8", "/live/main/ts/1.ts"])
    func aStreamThatAFormatCannotCarryIsRefusedWithASentence(address: String) throws {
        let spec = try RelaySpec(name: RelayName("live"))
        let hub = StreamHub(spec: spec, log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
        let responder = Self.responder(spec, hub: hub)
        try Self.publish(.av1, record: [0x81, 0x00, 0x0C, 0x00], to: hub)
        guard case .reply(let reply) = Self.ask(responder, address) else {
            Issue.record("it is not refused")
            return
        }
        #expect(reply.status == .notAcceptable)
        #expect(String(buffer: reply.body).contains("AV1"))
        #expect(String(buffer: reply.body).contains(".m3u8"))
        #expect(Self.status(Self.ask(responder, "/live/main.flv")) == nil)
    }
}
