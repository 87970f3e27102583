package import NIOCore

/// What a client session wants done or tells, in this order.
package enum RTMPClientEvent: Hashable, Sendable {
    case send(ByteBuffer)
    /// The server accepted: tags may be sent, or will come.
    case ready
    /// Audio, video or data of the stream being played.
    case message(FLVTag)
    /// What the server says of the stream; `NetStream.Play.Stop` and the like are for the caller to judge.
    case status(RTMPStatus)
    /// The server refused or gave up. Nothing comes after it.
    case failed(RTMPStatus)
}
