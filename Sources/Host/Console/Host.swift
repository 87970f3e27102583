package import Contract

/// What the console asks of the host process. What cannot be done is a problem with a sentence.
package protocol Host: AnyObject, Sendable {
    /// As of now; never waits.
    func snapshot() -> HostSnapshot

    /// What people are sent to publish and to watch with; nil where there is no such relay.
    func links(of relay: RelayName) -> LinksView?

    func viewers(of relay: RelayName) async throws(ApiProblem) -> [ViewerSnapshot]

    /// - Returns: false where the relay has no such viewer.
    func kick(viewer: UInt64, of relay: RelayName) async throws(ApiProblem) -> Bool

    /// - Returns: false where nobody was publishing.
    func dropPublisher(of stream: StreamPath) async throws(ApiProblem) -> Bool

    /// Begins to make a fresh instance; returns once that is accepted, not once it is done.
    func replace(_ relay: RelayName) async throws(ApiProblem)

    func reload() async throws(ApiProblem) -> ReloadSummary
}
