import Contract
import NIOHTTP1
import Web

extension HTTPRoute {
    /// The stream that a browser finds here and cannot show as a page: it would save it for ever, or stand still at the
    /// first gap.
    var playedOnAPage: StreamName? {
        switch self {
        case .live(let stream, _), .multivariant(let stream, _): stream
        default: nil
        }
    }
}

extension HTTPReply {
    /// Leads a browser to the page of a stream, with the token that it has shown.
    static func page(of stream: StreamPath, for request: HTTPRequest) -> HTTPReply {
        let query = HandedOnQuery { _ in false }.part(of: request.target.query)
        let address = PageAddress.viewer(stream).path + (query.isEmpty ? "" : "?\(query)")
        var reply = HTTPReply.sentence(.seeOther, "The stream plays at \(PageAddress.viewer(stream).path)")
        reply.extra += [
            ("Location", address), ("Vary", HTTPRequest.navigationHeaders), ("Referrer-Policy", "no-referrer"),
        ]
        return reply
    }
}
