package import NIOCore

/// How long a connection may keep the relay waiting.
package struct ConnectionDeadlines: Hashable, Sendable {
    /// For an RTMP peer to say whether it publishes or plays.
    package var decision = TimeAmount.seconds(10)

    /// For an encoder to come whose stream an RTSP player asks to be described; players wait some ten seconds.
    package var description = TimeAmount.seconds(4)

    /// For an HTTP request's head, and for the silence between two requests.
    package var head = TimeAmount.seconds(15)

    /// For an HTTP answer to be taken.
    package var write = TimeAmount.seconds(60)

    /// For a publisher to send anything; its stream counts as lost long before.
    package var silence = TimeAmount.seconds(60)

    /// For what a trusted proxy says before a connection that it passes on.
    package var proxyHeader: Duration { .nanoseconds(self.decision.nanoseconds) }

    package init() {}

    /// As usual, but for what a connection takes until it has said what it wants.
    package init(negotiation: Duration) {
        self.decision = TimeAmount(negotiation)
        self.head = TimeAmount(negotiation)
    }
}
