package import Contract
package import Events

/// What the console asks of the host process. What cannot be done is a problem with a sentence.
package protocol Host: AnyObject, Sendable {
    /// What happens, for all who are told of it.
    var events: EventLog { get }

    /// As of now; never waits.
    func snapshot() -> HostSnapshot

    /// What people are sent to publish and to watch with; nil where there is no such relay.
    func links(of relay: RelayName) -> LinksView?

    /// Events that have been written down, or that are remembered where nothing is written.
    func recorded(_ query: EventQuery) async throws(ApiProblem) -> RecordedEvents

    /// The account of a relay's session, between two times in µs since 1970-01-01 UTC.
    func report(of relay: RelayName, since: Int64?, until: Int64?) async throws(ApiProblem) -> RelayReport

    /// What is to be seen in a stream's newest keyframe; nil where there is none yet. As the relay says it.
    func still(of stream: StreamPath) async throws(ApiProblem) -> StillView?

    /// Sends a test to a receiver of alerts, or to all of them, and says what each answered.
    func testAlerts(_ receiver: String?) async throws(ApiProblem) -> AlertTrialList

    func viewers(of relay: RelayName) async throws(ApiProblem) -> [ViewerSnapshot]

    /// - Returns: false where the relay has no such viewer.
    func kick(viewer: UInt64, of relay: RelayName) async throws(ApiProblem) -> Bool

    /// - Returns: false where nobody was publishing.
    func dropPublisher(of stream: StreamPath) async throws(ApiProblem) -> Bool

    /// Begins to make a fresh instance; returns once that is accepted, not once it is done.
    func replace(_ relay: RelayName) async throws(ApiProblem)

    /// Makes another publish key of a relay, and sends away who publishes by the old one.
    func renewKey(of relay: RelayName) async throws(ApiProblem) -> NewKeyView

    func reload() async throws(ApiProblem) -> ReloadSummary
}
