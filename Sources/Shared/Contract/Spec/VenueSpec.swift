/// A satellite venue that may play while a relay's ``PlayPolicy`` is `venues`.
package struct VenueSpec: Equatable, Sendable, Codable {
    package let name: VenueName
    package let token: Secret

    package init(name: VenueName, token: Secret) {
        self.name = name
        self.token = token
    }
}
