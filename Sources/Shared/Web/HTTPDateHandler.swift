package import NIOCore
package import NIOHTTP1

/// Writes the date into every final response that has none, whoever made it (RFC 9110 section 6.6.1).
package final class HTTPDateHandler: ChannelOutboundHandler {
    package typealias OutboundIn = HTTPServerResponsePart
    package typealias OutboundOut = HTTPServerResponsePart

    package init() {}

    package func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard case .head(var head) = self.unwrapOutboundIn(data), head.status.code >= 200,
            !head.headers.contains(name: "Date")
        else { return context.write(data, promise: promise) }
        head.headers.add(name: "Date", value: HTTPDate.now)
        context.write(self.wrapOutboundOut(.head(head)), promise: promise)
    }
}

extension ChannelPipeline.SynchronousOperations {
    /// What decodes requests one at a time and encodes their responses, each with its date.
    package func addHTTPServer() throws {
        try self.configureHTTPServerPipeline(withPipeliningAssistance: true, withErrorHandling: true)
        let encoder = try self.handler(type: HTTPResponseEncoder.self)
        try self.addHandler(HTTPDateHandler(), position: .after(encoder))
    }
}
