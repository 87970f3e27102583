import Contract
import NIOCore
import NIOHTTP1
import Web

/// The screen of one venue at `/live/?venue=kyoto`: lets it in by its token, shows it its page, and takes its reports.
struct VenueDoor {
    let source: any PageSource
    let relay: RelayName
    /// As somebody wrote it.
    let venue: String

    /// Stands in the address after a token that was wrong, in the place of the token.
    private static let refused = "refused"

    func answer(_ request: PageResponder.Request) -> HTTPReply? {
        switch request.http.method {
        case .get, .head:
            if let token = request.http.query["token"] { return self.exchange(token, request) }
            if request.http.query[Self.refused] != nil { return Self.wrongLink.reply() }
            return self.show(request)
        case .post: return self.report(request)
        default: return nil
        }
    }

    /// Moves a token from the address to a cookie; a wrong one leaves the address as well.
    private func exchange(_ token: String, _ request: PageResponder.Request) -> HTTPReply {
        let path = PageAddress.session(self.relay).path
        var location = "\(path)?venue=\(Self.written(self.venue))"
        var cookie: (String, String)?
        switch self.source.venue(of: token, in: self.relay, from: request.peer) {
        case .venue(let found) where found.rawValue == self.venue:
            cookie = (try? Secret(token)).map {
                ("Set-Cookie", PageToken.cookie($0, of: self.relay, isSecure: request.isSecure))
            }
        case .venue, .wrong: location += "&\(Self.refused)"
        case .later(let seconds): return Self.tooMany(seconds)
        }
        var reply = HTTPReply.sentence(.seeOther, "The screen is at \(path)")
        reply.extra = PageHeaders.document + [("Location", location)] + [cookie].compactMap(\.self)
        reply.isForEverySite = false
        return reply
    }

    private func show(_ request: PageResponder.Request) -> HTTPReply {
        guard let token = request.http.cookieToken else {
            return NoticePage(
                .unauthorized,
                "This screen belongs to an invited room. Open it by the link you were given.",
                "この画面は招待された会場専用です。受け取ったリンクから開いてください。"
            ).reply()
        }
        switch self.source.venue(of: token, in: self.relay, from: request.peer) {
        case .venue(let found):
            guard found.rawValue == self.venue, let facts = self.source.screen(of: found, in: self.relay) else {
                return self.otherRoom(found).reply()
            }
            return PageResponder.page(
                Self.template.filled(["relay": "\(self.relay)", "venue": "\(found)", "facts": facts.json])
            )
        case .wrong: return Self.wrongLink.reply()
        case .later(let seconds): return Self.tooMany(seconds)
        }
    }

    private func report(_ request: PageResponder.Request) -> HTTPReply {
        // A page of another site can make a browser send it, but not with this header.
        guard request.http.values(of: "sec-fetch-site").allSatisfy({ $0 == "same-origin" }) else {
            return Self.sentence(.forbidden, "A page of another site sent this; nothing was noted.")
        }
        guard let token = request.http.cookieToken else {
            return Self.sentence(.unauthorized, "A report comes with the token of its venue, by the cookie 'token'.")
        }
        switch self.source.venue(of: token, in: self.relay, from: request.peer) {
        case .wrong: return Self.sentence(.forbidden, "This token is of no venue of this session.")
        case .later(let seconds): return Self.tooMany(seconds)
        case .venue(let found):
            guard found.rawValue == self.venue else {
                let asked = (try? VenueName(self.venue)).map { "'\($0)'" } ?? "of that name"
                return Self.sentence(.notFound, "The token is not that of a venue \(asked).")
            }
            switch self.source.note(Array(request.body.readableBytesView), of: found, in: self.relay) {
            case .taken: return self.facts(of: found)
            case .tooMany: return Self.later("Reports are wanted every 2 s.", 2)
            case .unreadable:
                return Self.sentence(
                    .badRequest,
                    "A report has a line of CMCD for each stream, and at most 4096 bytes."
                )
            }
        }
    }

    private func facts(of venue: VenueName) -> HTTPReply {
        guard let facts = self.source.screen(of: venue, in: self.relay) else {
            return Self.sentence(.notFound, "There is no such session any more.")
        }
        var reply = HTTPReply(.ok, contentType: "application/json", body: ByteBuffer(string: facts.json))
        reply.isForEverySite = false
        return reply
    }

    // MARK: - Refusals

    private func otherRoom(_ found: VenueName) -> NoticePage {
        NoticePage(
            .notFound,
            "The link that this browser was given is that of the room '\(found)'. Open the link of this room.",
            "このブラウザーが受け取ったリンクは会場「\(found)」のものです。この会場のリンクを開いてください。"
        )
    }

    private static let wrongLink = NoticePage(
        .forbidden,
        "This link is not valid, or not any more. Ask the organiser for a new one.",
        "このリンクは無効か、期限が切れています。主催者に新しいリンクを依頼してください。"
    )

    private static func tooMany(_ seconds: Int64) -> HTTPReply {
        var reply = NoticePage(
            .tooManyRequests,
            "Too many links from this network were wrong. Try again in \(seconds) s.",
            "このネットワークから無効なリンクが何度も開かれました。\(seconds)秒後にもう一度お試しください。"
        ).reply()
        reply.extra.append(("Retry-After", "\(seconds)"))
        return reply
    }

    private static func later(_ text: String, _ seconds: Int) -> HTTPReply {
        var reply = Self.sentence(.tooManyRequests, text)
        reply.extra.append(("Retry-After", "\(seconds)"))
        return reply
    }

    private static func sentence(_ status: HTTPResponseStatus, _ text: String) -> HTTPReply {
        var reply = HTTPReply.sentence(status, text)
        reply.isForEverySite = false
        return reply
    }

    private static let template = PageTemplate(PageFiles.venue)

    /// A name fit for an address; what is none is left out.
    private static func written(_ venue: String) -> String { (try? VenueName(venue)).map { "\($0)" } ?? "" }
}
