package import Contract
import NIOCore
import NIOHTTP1
package import Web

/// Answers requests for the pages that people watch on, and for what those are made of.
package struct PageResponder: Sendable {
    private let facts: @Sendable (RelayName) -> SessionFacts?
    private let viewer = PageTemplate(PageFiles.viewer, script: "viewer.mjs")
    private let session = PageTemplate(PageFiles.session, script: "session.mjs")

    /// - Parameter facts: what there is to say of a relay; nil where there is none of that name.
    package init(facts: @escaping @Sendable (RelayName) -> SessionFacts?) {
        self.facts = facts
    }

    /// The answer to a request that came by TLS or not; nil where it is for something else, or for a relay that there is
    /// not. A reply to HEAD carries the body that GET would have got, for its length; it is not to be sent.
    package func answer(_ request: HTTPRequest, isSecure: Bool) -> HTTPReply? {
        guard request.method == .get || request.method == .head, let components = request.target.components else {
            return nil
        }
        if components.first == PageFiles.folder { return Self.asset(components) }
        guard let address = PageAddress(components), let facts = self.facts(address.relay) else { return nil }
        if request.query["token"] != nil { return PageToken.reply(to: request, at: address, isSecure: isSecure) }
        switch address {
        case .viewer(let stream):
            return Self.page(self.viewer.filled(["relay": "\(stream.relay)", "stream": "\(stream.stream)"]))
        case .session(let relay):
            return Self.page(self.session.filled(["relay": "\(relay)", "facts": facts.json]))
        }
    }

    private static func page(_ text: String) -> HTTPReply {
        var reply = HTTPReply(.ok, contentType: "text/html; charset=utf-8", body: ByteBuffer(string: text))
        reply.extra = PageHeaders.document
        reply.isForEverySite = false
        return reply
    }

    private static func asset(_ components: [String]) -> HTTPReply? {
        guard components.count == 3, components[1] == PageFiles.version, let file = PageFiles.asset(components[2])
        else {
            return nil
        }
        var reply = HTTPReply(.ok, contentType: file.contentType, cache: .forever, body: file.body)
        reply.extra = PageHeaders.every
        reply.isForEverySite = false
        return reply
    }
}
