package import NIOHTTP1

/// A request's head, as far as it is looked at.
package struct HTTPRequest: Sendable {
    package enum Method: Hashable, Sendable { case get, head, options, post, delete, other }

    package let method: Method
    package let path: String
    package let query: HTTPQuery
    /// The query as it was sent, to be handed on to the addresses in a playlist.
    package let rawQuery: String
    package let range: String?
    package let cookie: String?
    package let version: HTTPVersion
    private let headers: HTTPHeaders

    package init(_ head: HTTPRequestHead) {
        self.method =
            switch head.method {
            case .GET: .get
            case .HEAD: .head
            case .OPTIONS: .options
            case .POST: .post
            case .DELETE: .delete
            default: .other
            }
        let halves = head.uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.path = String(halves.first ?? "/")
        self.rawQuery = halves.count > 1 ? String(halves[1]) : ""
        self.query = HTTPQuery(self.rawQuery)
        self.range = head.headers.first(name: "range")
        self.cookie = head.headers.first(name: "cookie")
        self.version = head.version
        self.headers = head.headers
    }

    /// All values of a header, each as it was sent.
    package func values(of header: String) -> [String] { self.headers[header] }

    /// The token of a venue, from the query or from the cookie `token` (RFC 6265 section 4.2.1).
    package var token: String? {
        if let token = self.query["token"] { return token }
        for pair in (self.cookie ?? "").split(separator: ";").prefix(HTTPQuery.limit) {
            let pair = pair.drop { $0 == " " }
            if pair.hasPrefix("token=") { return String(pair.dropFirst(6)) }
        }
        return nil
    }
}
