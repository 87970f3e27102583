import Encodings
package import NIOHTTP1

/// A request's head, as far as it is looked at.
package struct HTTPRequest: Sendable {
    package enum Method: Hashable, Sendable { case get, head, options, post, delete, other }

    package let method: Method
    package let target: HTTPTarget
    package let query: HTTPQuery
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
        self.target = HTTPTarget(head.uri)
        self.query = HTTPQuery(self.target.query)
        self.range = head.headers.first(name: "range")
        self.cookie = head.headers.first(name: "cookie")
        self.version = head.version
        self.headers = head.headers
    }

    /// Still percent-encoded, without the query.
    package var path: String { self.target.path }

    /// The page's that asks, where a browser says it: `https://player.example` (RFC 6454 section 7).
    package var origin: String? { self.headers.first(name: "origin") }

    /// All values of a header, each as it was sent.
    package func values(of header: String) -> [String] { self.headers[header] }

    /// The token of a venue, from the query or from `Authorization: Bearer` (RFC 6750 section 2.1): somebody has written it
    /// there.
    package var writtenToken: String? {
        if let token = self.query["token"] { return token }
        guard let words = self.headers.first(name: "authorization")?.parts(at: " "), words.count == 2,
            words[0].lowercased() == "bearer"
        else { return nil }
        return String(words[1])
    }

    /// The token of a venue from the cookie `token` (RFC 6265 section 4.2.1): browsers add it to requests of any page.
    package var cookieToken: String? {
        for pair in (self.cookie ?? "").parts(at: ";").prefix(HTTPQuery.limit) {
            if let token = pair.trimmingBlanks().without(prefix: "token=") { return String(token) }
        }
        return nil
    }
}
