package import Contract

/// What the front door asks of the host. Called on the front door's thread: it must not wait.
package protocol Reception: AnyObject, Sendable {
    /// Whether the configuration names the relay.
    func knows(_ relay: RelayName) -> Bool

    /// Gives the relay a connection.
    ///
    /// - Returns: Nil when it was taken, or the arrival when the relay has no instance that is ready now; it then waits
    ///   for ``FrontDoor/retry(_:)``.
    func deliver(_ arrival: consuming Arrival, to relay: RelayName) -> Arrival?

    /// Takes an HTTP connection for the host itself: `/`, `/api`, health, metrics, and addresses of no relay.
    func receive(_ arrival: consuming Arrival)
}
