/// A client wants to publish a stream (RTMP 1.0 section 7.2.2.6).
package struct RTMPPublishRequest: Hashable, Sendable {
    package let address: RTMPStreamAddress

    /// `live`, `record` or `append`; a relay treats all as live.
    package let type: String

    package var app: String { self.address.app }
    package var stream: String { self.address.stream }
    package var query: QueryString { self.address.query }

    /// Who the client proved to be by ``AdobeAuthentication``; nil where it did not try.
    package let user: String?

    package init(address: RTMPStreamAddress, type: String = "live", user: String? = nil) {
        self.address = address
        self.type = type
        self.user = user
    }
}

/// A client wants to play a stream (RTMP 1.0 section 7.2.2.1). Where to start and for how long is left out: a live
/// stream has one place to be.
package struct RTMPPlayRequest: Hashable, Sendable {
    package let address: RTMPStreamAddress

    package var app: String { self.address.app }
    package var stream: String { self.address.stream }
    package var query: QueryString { self.address.query }

    package init(address: RTMPStreamAddress) {
        self.address = address
    }
}
