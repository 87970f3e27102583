import Contract
package import NIOCore
import NIOHTTP1
package import Web

/// Answers requests for the pages that people watch on, for what those are made of, and for what venues report.
package struct PageResponder: Sendable {
    /// A request for a page, and what is known of who sent it.
    package struct Request: Sendable {
        package let http: HTTPRequest
        package let body: ByteBuffer
        /// Without its port; empty where nobody knows.
        package let peer: String
        package let isSecure: Bool

        package init(_ http: HTTPRequest, body: ByteBuffer = ByteBuffer(), peer: String = "", isSecure: Bool = false) {
            self.http = http
            self.body = body
            self.peer = peer
            self.isSecure = isSecure
        }
    }

    /// Bytes of a request's body that are read; only reports have one.
    package static let bodyLimit = 4096

    /// Kept by whoever asks.
    private weak let source: (any PageSource)?
    private let viewer = PageTemplate(PageFiles.viewer)
    private let session = PageTemplate(PageFiles.session)

    package init(source: any PageSource) {
        self.source = source
    }

    /// The answer to a request; nil where it is for something else, or for a relay that there is not. A reply to HEAD carries
    /// the body that GET would have got, for its length; it is not to be sent.
    package func answer(_ request: Request) -> HTTPReply? {
        guard let source, let components = request.http.target.components else { return nil }
        let method = request.http.method
        let isReading = method == .get || method == .head
        if isReading, components.isEmpty { return EntranceList(source.sessions()).reply() }
        if isReading, components.first == PageFiles.folder { return Self.asset(components) }
        guard let address = PageAddress(components), let facts = source.facts(of: address.relay) else { return nil }
        if case .session(let relay) = address, let venue = request.http.query["venue"] {
            return VenueDoor(source: source, relay: relay, venue: venue).answer(request)
        }
        guard isReading else { return nil }
        if request.http.query["token"] != nil {
            return PageToken.reply(to: request.http, at: address, isSecure: request.isSecure)
        }
        switch address {
        case .viewer(let stream):
            return Self.page(self.viewer.filled(["relay": "\(stream.relay)", "stream": "\(stream.stream)"]))
        case .session(let relay):
            return Self.page(self.session.filled(["relay": "\(relay)", "facts": facts.json]))
        }
    }

    static func page(_ text: String, status: HTTPResponseStatus = .ok) -> HTTPReply {
        var reply = HTTPReply(status, contentType: "text/html; charset=utf-8", body: ByteBuffer(string: text))
        reply.extra = PageHeaders.document
        reply.isForEverySite = false
        return reply
    }

    private static func asset(_ components: [String]) -> HTTPReply? {
        guard components.count == 3 else { return nil }
        return PageFiles.reply(components[1], components[2])
    }
}
