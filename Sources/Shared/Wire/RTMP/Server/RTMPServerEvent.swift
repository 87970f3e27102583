package import NIOCore

/// What a server session wants done, in this order.
///
/// `connect`, `publish` and `play` are questions: each comes last, and nothing more is read until it is answered.
package enum RTMPServerEvent: Hashable, Sendable {
    case send(ByteBuffer)
    indirect case connect(RTMPConnectRequest)
    indirect case publish(RTMPPublishRequest)
    indirect case play(RTMPPlayRequest)
    /// Audio, video or data of the stream being published. Metadata comes without its `@setDataFrame`.
    case message(FLVTag)
    /// The viewer paused or went on.
    case pause(Bool)
    /// The client ended its publishing or playing; the connection goes on.
    case stopped
    /// Everything so far shall be sent and then the connection closed. Nothing comes after it.
    case close
}
