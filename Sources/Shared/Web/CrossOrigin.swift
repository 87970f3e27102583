import Encodings
import NIOCore
package import NIOHTTP1

/// What lets pages of other sites play our streams (Fetch standard, CORS protocol).
///
/// Every site may read what it can ask for by itself, a token in the address included. What a browser adds by itself, a
/// cookie above all, helps only pages of the sites that are named.
package struct CrossOrigin: Sendable {
    /// Whether pages of an origin (`https://player.example`) may read with the browser's cookies.
    private let trusts: @Sendable (_ origin: String) -> Bool

    /// Whether there is any such origin, so that answers depend on who asks.
    private let isSelective: Bool

    /// Names of headers in a preflight that are looked at, and characters of one.
    private static let headerLimit = 32
    private static let nameLimit = 64

    private static let exposed =
        "Content-Length, Content-Range, Accept-Ranges, Date, Age, Retry-After, Location, Server-Timing"
    private static let methods = "GET, HEAD, OPTIONS"
    private static let usual = ["range", "content-type", "authorization"]

    /// No site is trusted with cookies.
    package init() {
        self.trusts = { _ in false }
        self.isSelective = false
    }

    package init(trusting trusts: @escaping @Sendable (_ origin: String) -> Bool) {
        self.trusts = trusts
        self.isSelective = true
    }

    /// What stands in every answer to a request.
    package func headers(for request: HTTPRequest) -> HTTPHeaders {
        var headers = HTTPHeaders()
        if let origin = request.origin, self.trusts(origin) {
            headers.add(name: "Access-Control-Allow-Origin", value: origin)
            headers.add(name: "Access-Control-Allow-Credentials", value: "true")
        } else {
            headers.add(name: "Access-Control-Allow-Origin", value: "*")
        }
        headers.add(name: "Access-Control-Expose-Headers", value: Self.exposed)
        if self.isSelective { headers.add(name: "Vary", value: "Origin") }
        return headers
    }

    /// What stands in an answer that is the same for everybody.
    package static let open = HTTPHeaders([
        ("Access-Control-Allow-Origin", "*"), ("Access-Control-Expose-Headers", Self.exposed),
    ])

    /// Whether what the browser has added by itself may be used: not for a page of a site that is not named.
    package func allowsCookies(of request: HTTPRequest) -> Bool {
        guard let origin = request.origin else { return true }
        if let host = request.values(of: "host").first,
            let authority = origin.halves(at: ":").behind?.without(prefix: "//"),
            authority.lowercased() == host.lowercased()
        {
            return true
        }
        return self.trusts(origin)
    }

    /// The answer to `OPTIONS`, of a browser that asks whether it may send a request with headers of the page's own.
    package func preflight(_ request: HTTPRequest) -> HTTPReply {
        var reply = HTTPReply(.noContent, body: ByteBuffer())
        reply.extra = [
            ("Allow", Self.methods),
            ("Access-Control-Allow-Methods", Self.methods),
            ("Access-Control-Allow-Headers", Self.allowed(request).joined(separator: ", ")),
            ("Access-Control-Max-Age", "86400"),
            ("Vary", "Access-Control-Request-Headers"),
        ]
        return reply
    }

    /// Every header may be sent, for none of them does anything here that an address does not; echoed are those that have
    /// the form of a name.
    private static func allowed(_ request: HTTPRequest) -> [String] {
        let asked = request.values(of: "access-control-request-headers")
            .flatMap { $0.parts(at: ",").prefix(Self.headerLimit) }
            .map { $0.trimmingBlanks().lowercased() }
            .filter { !$0.isEmpty && $0.utf8.count <= Self.nameLimit && $0.utf8.allSatisfy(HTTPToken.isPart) }
        return Self.usual + asked.prefix(Self.headerLimit).filter { !Self.usual.contains($0) }
    }
}

/// Names in HTTP: RFC 9110 section 5.6.2.
package enum HTTPToken {
    package static func isPart(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
        }
    }
}
