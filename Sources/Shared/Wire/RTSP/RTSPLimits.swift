/// What one RTSP peer may cost. Memory follows the bytes that came, never the lengths they declare.
package struct RTSPLimits: Hashable, Sendable {
    /// Bytes of a request line or a header. Cookies aside, the longest there are is a Digest answer: some 400 bytes.
    package var lineBytes = 8 * 1024

    /// Headers of one message.
    package var headers = 64

    /// Bytes of all headers of one message together.
    package var headBytes = 32 * 1024

    /// Bytes of a body: a session description of many tracks has 10 KiB.
    package var bodyBytes = 128 * 1024

    /// Tracks of one session.
    package var tracks = 16

    /// Transports one `Transport` header may offer; more are not looked at.
    package var transports = 16

    /// Bytes kept while the session waits for an answer to a question: what one read brought, for nothing more is read
    /// from the connection meanwhile.
    package var undecidedBytes = 192 * 1024

    /// Bytes in a row between interleaved frames that belong to no message, before it is plain that none comes any more:
    /// four of the longest frames.
    package var strayBytes = 256 * 1024

    /// Times a peer may be told that it may not, before the connection is closed.
    package var refusals = 10

    package init() {}
}
