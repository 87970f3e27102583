/// What strangers may cost the host's front door.
package struct DoorSpec: Hashable, Sendable {
    /// Connections of every kind, those that relays have included.
    package let connections: Int

    /// Connections of each protocol that have not said yet whom they are for.
    package let undecided: Int

    /// Of ``undecided``, places that are kept for the machine itself.
    package let reserved: Int

    /// Connections that wait for a relay to be ready.
    package let waiting: Int

    package static let connectionsBounds = 16...1_000_000
    package static let undecidedBounds = 1...100_000
    package static let reservedBounds = 0...10_000
    package static let waitingBounds = 1...100_000

    package static let standard = DoorSpec()

    private init() {
        self.connections = 20_000
        self.undecided = 1024
        self.reserved = 64
        self.waiting = 1024
    }

    package init(
        connections: Int = Self.standard.connections,
        undecided: Int = Self.standard.undecided,
        reserved: Int = Self.standard.reserved,
        waiting: Int = Self.standard.waiting
    ) throws(SpecError) {
        try SpecError.check(connections, in: Self.connectionsBounds, "connections")
        try SpecError.check(undecided, in: Self.undecidedBounds, "undecided")
        try SpecError.check(reserved, in: Self.reservedBounds, "reserved")
        try SpecError.check(waiting, in: Self.waitingBounds, "waiting")
        self.connections = connections
        self.undecided = undecided
        self.reserved = reserved
        self.waiting = waiting
    }
}
