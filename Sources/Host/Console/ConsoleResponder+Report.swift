import Contract
import Events
import NIOCore
import NIOHTTP1
import Web

/// The account of a relay's session as a page of the console: `/report/RELAY`, at the admin listeners alone.
extension ConsoleResponder {
    static func reportedRelay(_ request: HTTPRequest) -> String? {
        guard let parts = request.target.components, parts.count == 2, parts[0] == "report" else { return nil }
        return parts[1]
    }

    func report(of name: String, _ request: HTTPRequest, _ caller: Caller) throws(ApiProblem) -> ConsoleAnswer {
        let relay = try ConsoleRoute.relay(name)
        if request.method == .options { return .reply(Self.options(.get)) }
        guard request.method == .get || request.method == .head else {
            return .reply(Self.notAllowed(.get, isApi: false))
        }
        let now = self.host.snapshot().clock
        try self.access.admit(request, from: caller, now: now.now)
        let query = try EventQuery(request.query, now: now)
        return .pending { [host] in
            do throws(ApiProblem) {
                let report = try await host.report(of: relay, since: query.since, until: query.until)
                return Self.page(ReportPage(report).html())
            } catch {
                return Self.plain(error)
            }
        }
    }

    /// Says of itself what browsers may do with it.
    private static func page(_ text: String) -> HTTPReply {
        var reply = HTTPReply(.ok, contentType: "text/html; charset=utf-8", body: ByteBuffer(string: text))
        reply.isForEverySite = false
        reply.extra = [
            ("Content-Security-Policy", ReportPage.policy + "; frame-ancestors 'none'"),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
        ]
        return reply
    }
}
