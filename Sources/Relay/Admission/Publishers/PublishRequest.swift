package import Contract
package import Streams

/// What somebody who wants to publish has said, by whatever protocol.
package struct PublishRequest: Sendable {
    /// The stream it means, or why there is none of that name.
    package let stream: Result<StreamName, PublishDenial>

    /// What it showed as the relay's key.
    package let key: String?

    /// Whether its protocol has proved by itself that it knows the key.
    package let isAuthenticated: Bool

    /// What it calls itself.
    package let encoder: String?

    /// Whether it is what the configuration has the stream come from.
    package let isDeclared: Bool

    package init(
        stream: Result<StreamName, PublishDenial>,
        key: String?,
        isAuthenticated: Bool = false,
        encoder: String? = nil,
        isDeclared: Bool = false
    ) {
        self.stream = stream
        self.key = key
        self.isAuthenticated = isAuthenticated
        self.encoder = encoder
        self.isDeclared = isDeclared
    }
}
