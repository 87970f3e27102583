import Contract
import NIOHTTP1
import Web

/// Moves the token of a venue from a page's address, where it would stay in the history and on the projector, into a cookie,
/// which the browser shows with all that the page asks of this relay and no script can read.
enum PageToken {
    /// Seconds that a browser keeps it: a week of sessions.
    private static let age = 7 * 24 * 3600

    static func reply(to request: HTTPRequest, at address: PageAddress, isSecure: Bool) -> HTTPReply {
        var reply = HTTPReply.sentence(.seeOther, "The page is at \(address.path)")
        let query = HandedOnQuery(token: false) { _ in true }.part(of: request.target.query)
        reply.extra = PageHeaders.document + [("Location", address.path + (query.isEmpty ? "" : "?\(query)"))]
        // What cannot be a token is none; the page finds out that it has none, and says so.
        if let token = request.query["token"].flatMap({ try? Secret($0) }) {
            reply.extra.append(("Set-Cookie", Self.cookie(token, of: address.relay, isSecure: isSecure)))
        }
        reply.isForEverySite = false
        return reply
    }

    static func cookie(_ token: Secret, of relay: RelayName, isSecure: Bool) -> String {
        "token=\(token.revealed); Path=/\(relay); Max-Age=\(Self.age); HttpOnly; SameSite=Strict"
            + (isSecure ? "; Secure" : "")
    }
}
