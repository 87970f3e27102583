package import Linux

/// Has somebody else hold a duplicate of viewers' connections, who gives it to whoever follows when this process dies.
/// Called on the engine's threads; it must not block.
package protocol ViewerKeeper: Sendable {
    /// A viewer has come: its connection is to outlive this process. One that is kept already has another place.
    ///
    /// - Returns: a number for ``forget(_:)``; nil if it cannot be.
    func keep(_ connection: borrowing OwnedDescriptor, as number: UInt64?, at place: ViewerPlace) -> UInt64?

    /// The connection is over, or somebody else's.
    func forget(_ number: UInt64)
}
