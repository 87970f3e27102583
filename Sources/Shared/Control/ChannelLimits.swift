import Contract

/// What one end of a control channel takes from the other and keeps for it.
package struct ChannelLimits: Hashable, Sendable {
    /// Bytes of a message that is received.
    package var message = ControlLimits.message

    /// Bytes of a payload that is received.
    package var payload = ControlLimits.payload

    /// Messages received in a second; nil where the other end is the one that gives orders.
    package var messagesPerSecond: Int?

    /// Bytes sent that may wait for the other end.
    package var backlog = ControlLimits.backlog

    /// Sockets sent that may wait for the other end, each of which is a descriptor of this process.
    package var waitingDescriptors = 1024

    package init(messagesPerSecond: Int?) {
        self.messagesPerSecond = messagesPerSecond
    }

    /// Of a host towards a relay, which it does not trust.
    package static let ofHost = ChannelLimits(messagesPerSecond: ControlLimits.messagesPerSecond)

    /// Of a relay towards the host that started it: connections come as fast as people open them.
    package static let ofRelay = ChannelLimits(messagesPerSecond: nil)
}
