package import Contract

/// What a viewer has shown of itself: the venue of its token.
package struct ViewerIdentity: Sendable {
    /// The venue whose token was shown; nil where none was needed.
    package let venue: VenueName?

    /// What it showed, needed or not: the configuration may come to ask for it.
    package let token: Secret?

    /// Whether the configuration itself names it: nobody is let in, but something is sent out.
    package let isConfigured: Bool

    package init(venue: VenueName? = nil, token: String? = nil) {
        self.venue = venue
        self.token = token.flatMap { try? Secret($0) }
        self.isConfigured = false
    }

    private init(isConfigured: Bool) {
        (self.venue, self.token, self.isConfigured) = (nil, nil, isConfigured)
    }

    /// A destination of the configuration.
    package static let configured = ViewerIdentity(isConfigured: true)
}

/// The connection of a viewer that has its place.
package struct ViewerConnection: Sendable {
    /// `host:port`.
    package let address: String
    package let since: Instant
    /// What it was sent so far; nil when it has ended.
    package let progress: @Sendable () -> Audience.Progress?
    package let end: @Sendable () -> Void
    /// How its line is, where its protocol knows.
    package let link: (@Sendable () -> LinkSnapshot?)?

    package init(
        address: String,
        since: Instant,
        progress: @escaping @Sendable () -> Audience.Progress?,
        end: @escaping @Sendable () -> Void,
        link: (@Sendable () -> LinkSnapshot?)? = nil
    ) {
        self.address = address
        self.since = since
        self.progress = progress
        self.end = end
        self.link = link
    }
}
