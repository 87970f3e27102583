package import NIOCore

/// A tag whose body is in two pieces, so that the payload is copied once only, to its place on the wire.
package struct FLVTagParts: Hashable, Sendable {
    package var kind: FLVTag.Kind

    /// Decoding time in milliseconds, modulo 2³².
    package var timestamp: UInt32

    /// The body's beginning: what says how the payload is coded.
    package var header: ByteBuffer

    /// The rest of the body: an access unit or a configuration record.
    package var payload: ByteBuffer

    package init(kind: FLVTag.Kind, timestamp: UInt32, header: ByteBuffer, payload: ByteBuffer) {
        self.kind = kind
        self.timestamp = timestamp
        self.header = header
        self.payload = payload
    }

    package var bodyLength: Int { self.header.readableBytes + self.payload.readableBytes }

    /// The tag with its body in one piece, which copies it.
    package var joined: FLVTag {
        var body = self.header
        body.writeImmutableBuffer(self.payload)
        return FLVTag(kind: self.kind, timestamp: self.timestamp, body: body)
    }
}
