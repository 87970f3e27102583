import Contract
import Health
import NIOCore
import NIOHTTP1
import Web

/// How a browser comes to the console: a link with a code, which is exchanged for a cookie.
extension ConsoleResponder {
    /// Where the code of a link is exchanged. Not the name of a relay at the admin listeners, which serve none.
    static let loginPath = "/login"

    /// A link that logs a browser in, once, and when it is too old; nil where `listen.admin` is off. `machine` is the machine's
    /// own address, for a listener at all of them; without it the link is for somebody on the machine.
    package func makeLink(machine: String? = nil) -> ConsoleLink? {
        let host = self.host.snapshot()
        guard let address = host.admin.compactMap(\.address).reachedFromHere else { return nil }
        let loopback = address.isIPv6 ? "[::1]" : "127.0.0.1"
        let own = address.isIPv6 ? "[\(address.host)]" : address.host
        let name = address.isWildcard ? machine ?? loopback : own
        let code = self.access.makeCode(now: host.clock.now)
        return ConsoleLink(
            url: "http://\(name):\(address.port)\(Self.loginPath)?code=\(code.revealed)",
            expiresAt: AnswerForm.date(host.clock.now + BrowserSessions.codeLife, by: host.clock)
        )
    }

    /// Answers the opening of a link. The redirect takes the code out of the address bar and out of the history.
    func logIn(_ request: HTTPRequest, _ caller: Caller) throws(ApiProblem) -> HTTPReply {
        guard caller.entrance == .admin else {
            throw ApiProblem(.unknownAddress, "A browser is logged in at the address that listen.admin names.")
        }
        // Asking for the head alone uses up nothing.
        guard request.method == .get else { return Self.notAllowed(.get, isApi: false) }
        let now = self.host.snapshot().clock.now
        var reply = HTTPReply(.seeOther, body: ByteBuffer())
        reply.isForEverySite = false
        reply.extra = [("Location", "/"), ("Referrer-Policy", "no-referrer")]
        // Who goes back to it in his history is logged in still.
        guard !self.access.isLoggedIn(request, caller, now: now) else { return reply }
        let cookie = try self.access.logIn(with: request.query["code"] ?? "", from: caller, now: now)
        reply.extra.append(("Set-Cookie", cookie))
        return reply
    }
}

/// The answer of `/api/v1/console/links`.
package struct ConsoleLink: Codable, Hashable, Sendable {
    package var url: String
    package var expiresAt: String
}
