package import Contract
package import Streams

/// Who may play: everybody, or who shows the token of a venue.
package struct PlayGuard: Sendable {
    private let policy: PlayPolicy
    private let venues: [VenueSpec]

    package init(_ spec: RelaySpec) {
        self.policy = spec.play
        self.venues = spec.venues
    }

    /// Whether somebody who was let in would be let in now.
    func admits(_ identity: ViewerIdentity) -> Bool {
        guard self.policy == .venues, !identity.isConfigured else { return true }
        guard let token = identity.token else { return false }
        return self.venues.contains { $0.token == token }
    }

    /// The venue a token belongs to; nil where no token is needed.
    @discardableResult
    package func admit(token: String?) throws(PlayDenial) -> VenueName? {
        guard self.policy == .venues else { return nil }
        guard let token else {
            throw PlayDenial(.noToken, "This relay plays to its venues only: add ?token= and the venue's token.")
        }
        // Every token is compared, so that the time taken does not tell which one was close.
        var found: VenueName?
        for venue in self.venues where venue.token.matches(token) { found = venue.name }
        guard let found else { throw PlayDenial(.wrongToken, "No venue of this relay has that token.") }
        return found
    }

    /// The venue whose token somebody proves to know, without saying it; nil where no token is needed.
    package func admit(knowing proves: (Secret) -> Bool) throws(PlayDenial) -> VenueSpec? {
        guard self.policy == .venues else { return nil }
        var found: VenueSpec?
        for venue in self.venues where proves(venue.token) { found = venue }
        guard let found else { throw PlayDenial(.wrongToken, "No venue of this relay has that token.") }
        return found
    }
}
