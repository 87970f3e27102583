/// Who may play a relay's streams.
package enum PlayPolicy: String, Hashable, Sendable, Codable, CaseIterable {
    /// Whoever knows the address.
    case open
    /// Whoever shows the token of a venue.
    case venues
}
