package import Contract

/// What the pages ask of the host. Never waits.
package protocol PageSource: AnyObject, Sendable {
    /// What there is to say of a relay; nil where there is none of that name.
    func facts(of relay: RelayName) -> SessionFacts?

    /// All sessions there are, and whether anybody may watch each, in the order of their names.
    func sessions() -> [(relay: RelayName, isOpen: Bool)]

    /// Finds the venue that a token belongs to.
    ///
    /// - Parameters:
    ///   - token: what somebody showed.
    ///   - relay: the session.
    ///   - peer: where the request comes from, for who tries one after the other.
    /// - Returns: the venue, or why there is none.
    func venue(of token: String, in relay: RelayName, from peer: String) -> VenueAdmission

    /// What the screen of a venue is told; nil where there is no such relay.
    func screen(of venue: VenueName, in relay: RelayName) -> ScreenFacts?

    /// Takes what the screen of a venue says of itself.
    func note(_ report: [UInt8], of venue: VenueName, in relay: RelayName) -> ReportOutcome
}

package enum VenueAdmission: Hashable, Sendable {
    case venue(VenueName)
    case wrong
    /// Too many were wrong; it was not looked at. Seconds to wait.
    case later(Int64)
}

package enum ReportOutcome: Hashable, Sendable {
    case taken
    case unreadable
    case tooMany
}

/// What a venue's screen is told, with its page and in answer to each report.
package struct ScreenFacts: Sendable, Hashable, Encodable {
    package let relay: RelayName
    package let venue: VenueName

    /// Streams that are declared or were published.
    package let streams: [StreamName]

    /// When the session is meant to begin, seconds since 1970; nil where nobody said.
    package let starts: Int64?

    /// The host's time, milliseconds since 1970: a laptop's own may be wrong.
    package let now: Int64

    package init(relay: RelayName, venue: VenueName, streams: [StreamName], starts: Int64?, now: Int64) {
        self.relay = relay
        self.venue = venue
        self.streams = streams
        self.starts = starts
        self.now = now
    }
}
