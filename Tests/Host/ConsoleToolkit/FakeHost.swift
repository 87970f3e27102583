package import Console
package import Contract
package import Events
internal import Synchronization

/// A host that says what it is told to, and notes what it is asked to do.
package final class FakeHost: Host {
    private struct State {
        var snapshot: HostSnapshot
        var viewers: [ViewerSnapshot] = []
        var problem: ApiProblem?
        var orders: [String] = []
        var reloads = true
        var still: StillView?
    }

    package let events = EventLog()
    private let state: Mutex<State>

    package init(_ snapshot: HostSnapshot) {
        self.state = Mutex(State(snapshot: snapshot))
    }

    package func change(_ change: (inout HostSnapshot) -> Void) { self.state.withLock { change(&$0.snapshot) } }

    package var viewers: [ViewerSnapshot] {
        get { self.state.withLock(\.viewers) }
        set { self.state.withLock { $0.viewers = newValue } }
    }

    /// What every order fails with, if anything.
    package var problem: ApiProblem? {
        get { self.state.withLock(\.problem) }
        set { self.state.withLock { $0.problem = newValue } }
    }

    package var orders: [String] { self.state.withLock(\.orders) }

    /// Whether a reload finds anything new.
    package var reloads: Bool {
        get { self.state.withLock(\.reloads) }
        set { self.state.withLock { $0.reloads = newValue } }
    }

    private func note(_ order: String) throws(ApiProblem) {
        let problem = self.state.withLock { state in
            state.orders.append(order)
            return state.problem
        }
        if let problem { throw problem }
    }

    package func snapshot() -> HostSnapshot { self.state.withLock(\.snapshot) }

    package func recorded(_ query: EventQuery) async throws(ApiProblem) -> RecordedEvents {
        try self.note("events \(query.relay ?? "")")
        let events = self.events.events(after: 0).map { RecordedEvent(id: Int($0.number), unix: $0.unix, $0.event) }
        return RecordedEvents(events: events, last: events.last?.id ?? 0)
    }

    package func report(of relay: RelayName, since: Int64?, until: Int64?) async throws(ApiProblem) -> RelayReport {
        try self.note("report \(relay)")
        guard self.snapshot().relays.contains(where: { $0.name == relay }) else {
            throw ApiProblem(.unknownRelay, "There is no relay '\(relay)'.")
        }
        let events = try await self.recorded(EventQuery()).events
        var maker = ReportMaker(relay: relay.rawValue, since: since ?? 0, until: until ?? 1_900_000_000_000_000)
        return maker.report(prior: [], events: events, minutes: [], shortened: false)
    }

    package func testAlerts(_ receiver: String?) async throws(ApiProblem) -> AlertTrialList {
        try self.note("test \(receiver ?? "all")")
        guard receiver == nil || receiver == "hook" else { throw ApiProblem(.unknownReceiver, "There is none.") }
        return AlertTrialList(trials: [AlertTrialView(receiver: "hook", delivered: true, sentence: "HTTP status 200")])
    }

    package func links(of relay: RelayName) -> LinksView? {
        LinksView(
            relay: relay.rawValue,
            encoder: .init(server: "rtmp://10.0.0.2/\(relay)", streamKeys: ["main?key=hush"]),
            venues: [.init(venue: "kyoto", url: "http://10.0.0.2:8080/\(relay)/?venue=kyoto&token=hush")]
        )
    }

    package func still(of stream: StreamPath) async throws(ApiProblem) -> StillView? {
        try self.note("still \(stream)")
        return self.state.withLock(\.still)
    }

    package var still: StillView? {
        get { self.state.withLock(\.still) }
        set { self.state.withLock { $0.still = newValue } }
    }

    package func viewers(of relay: RelayName) async throws(ApiProblem) -> [ViewerSnapshot] {
        try self.note("list \(relay)")
        return self.viewers
    }

    package func kick(viewer: UInt64, of relay: RelayName) async throws(ApiProblem) -> Bool {
        try self.note("kick \(relay) \(viewer)")
        return self.viewers.contains { $0.number == viewer }
    }

    package func dropPublisher(of stream: StreamPath) async throws(ApiProblem) -> Bool {
        try self.note("drop \(stream)")
        let snapshot = self.snapshot().relays.first { $0.name == stream.relay }?.snapshot
        return snapshot?.streams.first { $0.path == stream }?.source != nil
    }

    package func replace(_ relay: RelayName) async throws(ApiProblem) { try self.note("replace \(relay)") }

    package func renewKey(of relay: RelayName) async throws(ApiProblem) -> NewKeyView {
        try self.note("renew \(relay)")
        let encoder = LinksView.Encoder(server: "rtmp://10.0.0.2/\(relay)", streamKeys: ["main?key=quiet"])
        return NewKeyView(
            relay: relay.rawValue,
            sentence: "The relay '\(relay)' has a new publish key.",
            publishKey: "quiet",
            encoder: encoder
        )
    }

    package func reload() async throws(ApiProblem) -> ReloadSummary {
        try self.note("reload")
        guard self.reloads else { return ReloadSummary() }
        do {
            return ReloadSummary(added: [try RelayName("extra")], deferred: ["listen.rtmp waits for the next start."])
        } catch {
            throw ApiProblem(.failed, "\(error)")
        }
    }
}
