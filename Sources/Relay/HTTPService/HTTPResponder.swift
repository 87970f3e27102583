package import Admission
package import Contract
import Health
package import Linux
import Media
package import NIOCore
import NIOHTTP1
import Sessions
import Sockets
package import Streams
package import Web
import Wire

/// What a request gets: a whole answer, one that has to wait for the stream, or a stream that does not end.
package enum HTTPAnswer: Sendable {
    case reply(HTTPReply)
    /// To be asked for again once the stream has `segments` segments in `format`, or after ``HTTPResponder/playlistTimeout``.
    case await(Stream, WireFormat, segments: Int)
    case live(LiveAnswer)
    /// The head of such a response and nothing more; the connection ends with it.
    case liveHead(ByteBuffer)
}

/// A response without an end, handed to the fan-out engine.
package struct LiveAnswer: Sendable {
    package let viewer: AdmittedViewer
    package let contentType: String
    /// The viewer's own latency budget, if it asked for one.
    package let tick: Duration?
    let crossOrigin: HTTPHeaders

    var head: ByteBuffer { Self.head(contentType: self.contentType, self.crossOrigin) }

    /// The response's head: no length, so the response lasts as long as the connection (RFC 9112 section 6.3), and no part
    /// of it can be asked for.
    static func head(contentType: String, _ crossOrigin: HTTPHeaders) -> ByteBuffer {
        var head = ByteBuffer(string: "HTTP/1.1 200 OK\r\nDate: \(HTTPDate.now)\r\nContent-Type: \(contentType)\r\n")
        head.writeString("Cache-Control: \(HTTPReply.Cache.never.rawValue)\r\nAccept-Ranges: none\r\n")
        for (name, value) in crossOrigin { head.writeString("\(name): \(value)\r\n") }
        head.writeString("Connection: close\r\n\r\n")
        return head
    }
}

/// Decides what each request gets. It knows no socket; the connection performs what it says.
package struct HTTPResponder: Sendable {
    /// How long a playlist's answer waits for the stream and its first segments: players ask again after an error and begin anew,
    /// or end; hls.js gives an answer 20 s, proxies a minute.
    package static let playlistTimeout = Duration.seconds(18)

    private let admission: RelayAdmission
    /// Where requests come from.
    package var host: InternetAddress.Host?
    /// Whether a host serves pages beside the relay, to which people are led.
    private let isBesidePages: Bool
    private let pages: StatusPages
    private let status: @Sendable (Now) -> RelaySnapshot

    package init(
        _ admission: RelayAdmission,
        host: InternetAddress.Host? = nil,
        isBesidePages: Bool = false,
        pages: StatusPages,
        status: @escaping @Sendable (Now) -> RelaySnapshot
    ) {
        self.admission = admission
        self.host = host
        self.isBesidePages = isBesidePages
        self.pages = pages
        self.status = status
    }

    /// What a request gets. `who` tells playlist viewers apart (address and program); with `isLast` the answer must not
    /// wait any longer.
    package func answer(_ request: HTTPRequest, who: String, isLast: Bool = false, now: Now) -> HTTPAnswer {
        let crossOrigin = self.crossOrigin
        let answer = self.answer(request, crossOrigin, who: who, isLast: isLast, now: now)
        guard case .reply(var reply) = answer else { return answer }
        reply.crossOrigin = crossOrigin.headers(for: request)
        return .reply(reply)
    }

    private func answer(
        _ request: HTTPRequest,
        _ crossOrigin: CrossOrigin,
        who: String,
        isLast: Bool,
        now: Now
    ) -> HTTPAnswer {
        guard request.method != .options else { return .reply(crossOrigin.preflight(request)) }
        guard request.method == .get || request.method == .head else {
            var reply = HTTPReply.sentence(.methodNotAllowed, "Only GET, HEAD and OPTIONS are answered here.")
            reply.extra.append(("Allow", "GET, HEAD, OPTIONS"))
            return .reply(reply)
        }
        do {
            let relay = self.admission.spec.name
            let route = try HTTPRoute(request.target, of: relay)
            if self.isBesidePages, request.isNavigation, let stream = route.playedOnAPage {
                return .reply(.page(of: StreamPath(relay: relay, stream: stream), for: request))
            }
            return try self.answer(route, request, who: who, isLast: isLast, now: now)
        } catch let unknown as HTTPRoute.Unknown {
            return .reply(.sentence(unknown.isTooLong ? .uriTooLong : .notFound, unknown.sentence))
        } catch let denial as PlayDenial {
            self.admission.refusals.note(denial.reason, by: .http)
            return .reply(Self.refusal(denial))
        } catch {
            return .reply(.later("\(error)"))
        }
    }

    /// Who may say for whom a request is made.
    var trustedProxies: TrustedProxies { TrustedProxies(self.admission.spec.trustedProxies) }

    private var crossOrigin: CrossOrigin {
        let origins = self.admission.spec.http.origins
        return origins.isEmpty ? CrossOrigin() : CrossOrigin(trusting: origins.contains)
    }

    /// The token that counts: a cookie does not where the page that asks is not of a site that may use it.
    private func token(of request: HTTPRequest) -> String? {
        if let token = request.writtenToken { return token }
        return self.crossOrigin.allowsCookies(of: request) ? request.cookieToken : nil
    }

    private func answer(
        _ route: HTTPRoute,
        _ request: HTTPRequest,
        who: String,
        isLast: Bool,
        now: Now
    ) throws -> HTTPAnswer {
        switch route {
        case .index: return .reply(.sentence(.ok, self.indexText()))
        case .alive: return .reply(self.pages.alive(self.status(now)))
        case .ready: return .reply(self.pages.ready(self.status(now)))
        case .metrics:
            let form = MetricsForm(accepting: request.values(of: "accept"))
            return .reply(self.pages.metrics(self.status(now), as: form))
        case .relayHealth: return .reply(self.pages.health(self.status(now)))
        case .streamHealth(let name):
            return .reply(self.pages.health(of: name, refusal: self.admission.hub.refusal(of: name), self.status(now)))
        case .live(let name, let format):
            return try self.live(name, format, request, now: now)
        case .description(let name):
            _ = try self.admission.identify(token: self.token(of: request))
            do {
                let text = try PushDescription.text(
                    of: name,
                    to: request.query["to"],
                    self.admission.spec,
                    self.admission.hub
                )
                return .reply(HTTPReply(.ok, contentType: "application/sdp", body: ByteBuffer(string: text)))
            } catch {
                return .reply(.sentence(.notFound, "\(error)"))
            }
        case .multivariant(let name, let format):
            let (stream, list) = try self.segments(name, format, request, now: now)
            self.admission.audience.noteListener(who, of: name, format.viewers, now: now.monotonic)
            if let wait = self.wait(for: stream, list, format, isLast: isLast) { return wait }
            let playlist = MultivariantPlaylist(
                of: name,
                stream.tracks(in: format.wireFormat),
                sounds: format == .mp4 ? stream.soundRenditions : [],
                list,
                format: format,
                query: self.handedOn(request)
            )
            return .reply(Self.playlist(playlist.text))
        case .media(let name, let format):
            let (stream, list) = try self.segments(name, format, request, now: now)
            self.admission.audience.noteListener(who, of: name, format.viewers, now: now.monotonic)
            if let wait = self.wait(for: stream, list, format, isLast: isLast) { return wait }
            let rendition = MediaRendition(
                list,
                format: format,
                targetDuration: stream.targetDuration(now: now),
                query: self.handedOn(request)
            )
            return .reply(Self.playlist(MediaPlaylistWriter.text(of: rendition)))
        case .segment(let name, let format, let number):
            let (stream, list) = try self.segments(name, format, request, now: now)
            guard let copy = try stream.segment(number, of: format.wireFormat, now: now) else {
                let isPast = LostMedia.isPast(number, first: list.segments.first?.mark.number, now: now)
                let sentence = "Segment \(number) is not on tape any more, or not yet."
                return .reply(LostMedia.reply(sentence, format, isPast: isPast, range: request.range))
            }
            if request.method == .get {
                self.admission.audience.noteBytes(copy.bytes.readableBytes, of: name, format.viewers)
            }
            var reply = HTTPReply(.ok, contentType: format.contentType, cache: self.lasting, body: copy.bytes)
            reply.holds = copy
            return .reply(reply.ranged(by: request.range))
        case .initialization(let name, let format, let number):
            let (_, list) = try self.segments(name, format, request, now: now)
            guard let bytes = list.initializations[number] else {
                let isPast = LostMedia.isPast(number, first: list.initializations.keys.min(), now: now)
                let sentence = "No segment on tape uses that initialisation section."
                return .reply(LostMedia.reply(sentence, .mp4, isPast: isPast, range: request.range))
            }
            return .reply(
                HTTPReply(.ok, contentType: "video/mp4", cache: self.lasting, body: bytes).ranged(by: request.range)
            )
        }
    }

    /// How long a segment keeps: for ever, and with whom.
    private var lasting: HTTPReply.Cache { self.admission.spec.play == .open ? .forever : .foreverPrivately }

    private func live(
        _ name: StreamName,
        _ format: WireFormat,
        _ request: HTTPRequest,
        now: Now
    ) throws -> HTTPAnswer {
        let identity = try self.admission.identify(token: self.token(of: request))
        try self.admission.hub.existing(name)?.examine(format, now: now)
        guard request.method == .get else {
            return .liveHead(LiveAnswer.head(contentType: format.contentType, self.crossOrigin.headers(for: request)))
        }
        let play = PlayRequest(name, by: format.viewers, as: format, identity, from: self.host)
        return .live(
            LiveAnswer(
                viewer: try self.admission.watch(play, now: now),
                contentType: format.contentType,
                tick: ViewerTick.read(request.query["tick"]),
                crossOrigin: self.crossOrigin.headers(for: request)
            )
        )
    }

    private func segments(
        _ name: StreamName,
        _ format: SegmentFormat,
        _ request: HTTPRequest,
        now: Now
    ) throws -> (Stream, SegmentList) {
        _ = try self.admission.identify(token: self.token(of: request))
        let stream = try self.admission.hub.streamToPlay(name, now: now)
        return (stream, try stream.segments(of: format.wireFormat, now: now))
    }

    private func wait(
        for stream: Stream,
        _ list: SegmentList,
        _ format: SegmentFormat,
        isLast: Bool
    ) -> HTTPAnswer? {
        // A tape that cannot hold so many segments will never have them: what there is plays in most players.
        guard list.segments.count < PlaylistWindow.minimum, !list.isCut || list.segments.isEmpty else { return nil }
        guard isLast else { return .await(stream, format.wireFormat, segments: PlaylistWindow.minimum) }
        let have = list.segments.count
        return .reply(
            .later(
                "\(stream.path) has \(have) of the \(PlaylistWindow.minimum) segments a playlist begins with; try again soon."
            )
        )
    }

    private static func playlist(_ text: String) -> HTTPReply {
        HTTPReply(.ok, contentType: "application/vnd.apple.mpegurl", body: ByteBuffer(string: text))
    }

    private func handedOn(_ request: HTTPRequest) -> String {
        HandedOnQuery(self.admission.spec.http.passQuery.contains).part(of: request.target.query)
    }

    private static func refusal(_ denial: PlayDenial) -> HTTPReply {
        switch denial.reason {
        case .noToken: .sentence(.unauthorized, denial.sentence)
        case .wrongToken: .sentence(.forbidden, denial.sentence)
        case .tooMany, .noMemory: .later(denial.sentence)
        // What there is of the stream is not acceptable to who asks for this form of it.
        case .unsupported: .sentence(.notAcceptable, denial.sentence)
        default: .sentence(.notFound, denial.sentence)
        }
    }

    private func indexText() -> String {
        let relay = self.admission.spec.name
        let streams = self.admission.hub.all.map(\.path.stream.rawValue)
        let names = streams.isEmpty ? ["STREAM"] : streams
        let lines = names.flatMap { name in
            ["m3u8", "ts.m3u8", "mp4", "flv", "ts"].map { "/\(relay)/\(name).\($0)" } + ["/health/\(relay)/\(name)"]
        }
        return "Transponder relay '\(relay)'\n\n" + lines.joined(separator: "\n")
    }
}

extension SegmentFormat {
    package var viewers: ViewerProtocol { self == .ts ? .hlsTS : .hls }
}
