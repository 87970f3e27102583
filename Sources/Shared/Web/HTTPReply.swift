package import NIOCore
package import NIOHTTP1

/// A whole answer to an HTTP request.
package struct HTTPReply: Sendable {
    package var status: HTTPResponseStatus
    package var contentType: String
    package var cache: Cache
    package var body: ByteBuffer
    package var extra: [(String, String)] = []

    /// Where the body begins in the whole that it is a part of, bytes.
    package private(set) var partOffset = 0

    /// Something that has to stay until the reply was sent, or given up.
    package var holds: (any Sendable)?

    /// Whether pages of other sites may read it.
    package var isForEverySite = true

    /// What tells browsers so.
    package var crossOrigin = CrossOrigin.open

    /// What a proxy or a player may keep.
    package enum Cache: String, Sendable {
        /// Ask again every time: playlists, health, errors.
        case never = "no-cache, no-store, must-revalidate"
        /// The bytes at this address never change.
        case forever = "public, max-age=31536000, immutable"
        /// The same, but they are for whoever showed a token.
        case foreverPrivately = "private, max-age=31536000, immutable"

        package var isForever: Bool { self != .never }
    }

    package init(
        _ status: HTTPResponseStatus,
        contentType: String = "text/plain; charset=utf-8",
        cache: Cache = .never,
        body: ByteBuffer
    ) {
        self.status = status
        self.contentType = contentType
        self.cache = cache
        self.body = body
    }

    /// An answer that is whole already, with the number of its status.
    package init(code: Int, contentType: String, bytes: [UInt8]) {
        self.init(HTTPResponseStatus(statusCode: code), contentType: contentType, body: ByteBuffer(bytes: bytes))
    }

    /// A sentence for a person.
    package static func sentence(_ status: HTTPResponseStatus, _ text: String) -> HTTPReply {
        HTTPReply(status, body: ByteBuffer(string: text + "\n"))
    }

    /// A refusal that says when to try again.
    package static func later(_ text: String) -> HTTPReply {
        var reply = Self.sentence(.serviceUnavailable, text)
        reply.extra.append(("Retry-After", "2"))
        return reply
    }

    /// The part of the body that a `Range` header asks for (RFC 9110 section 14); the whole where the header means
    /// nothing to us, as the section allows.
    package func ranged(by header: String?) -> HTTPReply {
        guard self.status == .ok, let header, let range = ByteRange(header) else { return self }
        let size = self.body.readableBytes
        var reply = self
        guard let bounds = range.bounds(in: size),
            let part = self.body.getSlice(at: self.body.readerIndex + bounds.lowerBound, length: bounds.count)
        else {
            reply = .sentence(.rangeNotSatisfiable, "The range lies outside of the \(size) bytes there are.")
            reply.extra.append(("Content-Range", "bytes */\(size)"))
            return reply
        }
        reply.status = .partialContent
        reply.body = part
        reply.partOffset = self.partOffset + bounds.lowerBound
        reply.extra.append(("Content-Range", "bytes \(bounds.lowerBound)-\(bounds.upperBound - 1)/\(size)"))
        return reply
    }

    /// The head of the response, with the headers every player and proxy needs.
    package func head(version: HTTPVersion, keepAlive: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders()
        headers.add(name: "Content-Type", value: self.contentType)
        headers.add(name: "Content-Length", value: "\(self.body.readableBytes)")
        headers.add(name: "Cache-Control", value: self.cache.rawValue)
        if self.cache.isForever { headers.add(name: "Accept-Ranges", value: "bytes") }
        if self.isForEverySite { headers.add(contentsOf: self.crossOrigin) }
        for (name, value) in self.extra { headers.add(name: name, value: value) }
        headers.add(name: "Connection", value: keepAlive ? "keep-alive" : "close")
        return HTTPResponseHead(version: version, status: self.status, headers: headers)
    }
}
