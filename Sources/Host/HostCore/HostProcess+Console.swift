internal import Alerts
internal import Console
internal import Contract
internal import Control
internal import FoundationEssentials
internal import FrontDoor
internal import Glibc
internal import History
internal import Linux
internal import Logging
internal import Settings
internal import Supervisor
internal import Synchronization
internal import Venues

extension HostProcess: Host {
    func snapshot() -> HostSnapshot {
        let state = self.state.withLock { $0 }
        let now = Instant.monotonic()
        let relays = self.supervisor.statuses.map { relay in
            var relay = relay
            relay.venues = self.venueStatuses(of: relay.name, now: now)
            return relay
        }
        self.venues.keep(Set(relays.map(\.name)))
        var snapshot = HostSnapshot(
            processID: getpid(),
            clock: ClockReading(now: now, unix: Int64(Date().timeIntervalSince1970 * 1_000_000)),
            startedAt: self.startedAt,
            isolation: self.isolation,
            listeners: DoorProtocol.allCases.map(\.wire).flatMap { kind in
                Self.openness(
                    of: state.listening[all: kind],
                    wanted: state.wanted[all: kind],
                    isDraining: state.isDraining
                ).map { ListenerSnapshot(name: kind.rawValue, address: $0) }
            },
            admin: Self.openness(of: state.listening.admin, wanted: state.wanted.admin, isDraining: false)
                .map { ListenerSnapshot(name: ListenSpec.adminName, address: $0) },
            loops: self.loops,
            door: self.frontDoor?.snapshot ?? DoorSnapshot(),
            relays: relays,
            usage: UsageSnapshot(ProcessUsage.current()),
            configuration: state.configuration,
            isDraining: state.isDraining
        )
        snapshot.helpers = self.helpers(at: now)
        snapshot.history = self.history.snapshot
        snapshot.alerts = self.alerts.snapshot
        return snapshot
    }

    /// Where it is listened, and nil for each place where it is not though it should be.
    private static func openness(
        of listening: [ListenAddress],
        wanted: [ListenAddress],
        isDraining: Bool
    ) -> [ListenAddress?] {
        let open = isDraining ? [] : listening
        let missing = max(wanted.count - open.count, 0)
        return open.map(Optional.some) + Array(repeating: nil, count: missing)
    }

    /// The threads that a host cannot do without, each by what it last did.
    private var loops: [LoopSnapshot] {
        var loops = [LoopSnapshot(name: "supervisor", lastTick: self.supervisor.lastPass)]
        if let door = self.frontDoor {
            loops.append(LoopSnapshot(name: "front-door", lastTick: Instant(door.lastRound)))
            if let round = door.lastTLSRound { loops.append(LoopSnapshot(name: "tls", lastTick: Instant(round))) }
        }
        if let desk = self.hostDesk { loops.append(LoopSnapshot(name: "console", lastTick: desk.lastLook)) }
        return loops
    }

    /// The threads that wait for the disk, each by when it began what it is at.
    private func helpers(at now: Instant) -> [LoopSnapshot] {
        [
            LoopSnapshot(name: "history", lastTick: self.history.busySince.map { Instant($0) } ?? now),
            LoopSnapshot(name: "alerts", lastTick: self.alerts.busySince.map { Instant($0) } ?? now),
        ]
    }

    func still(of stream: StreamPath) async throws(ApiProblem) -> StillView? {
        guard case .still(let still) = try await self.perform(.still(stream.stream), on: stream.relay) else {
            throw Self.nonsense(stream.relay)
        }
        return still
    }

    func viewers(of relay: RelayName) async throws(ApiProblem) -> [ViewerSnapshot] {
        guard case .viewers(let viewers) = try await self.perform(.listViewers, on: relay) else {
            throw Self.nonsense(relay)
        }
        return viewers
    }

    func kick(viewer: UInt64, of relay: RelayName) async throws(ApiProblem) -> Bool {
        guard case .performed(let isDone) = try await self.perform(.kick(viewer: viewer), on: relay) else {
            throw Self.nonsense(relay)
        }
        return isDone
    }

    func dropPublisher(of stream: StreamPath) async throws(ApiProblem) -> Bool {
        let order = RelayOrder.dropPublisher(stream.stream, sentence: "The operator has ended this stream.")
        guard case .performed(let isDone) = try await self.perform(order, on: stream.relay) else {
            throw Self.nonsense(stream.relay)
        }
        return isDone
    }

    func replace(_ relay: RelayName) async throws(ApiProblem) {
        if self.state.withLock({ $0.isDraining }) { throw ApiProblem(.draining, "The host is shutting down.") }
        guard self.supervisor.replace(relay) else {
            throw ApiProblem(.unknownRelay, "There is no relay '\(relay)'.")
        }
        self.log.notice("a fresh instance was asked for", metadata: ["relay": "\(relay)"])
    }

    func reload() async throws(ApiProblem) -> ReloadSummary {
        do throws(ReloadRefusal) {
            return try await self.reloadConfiguration()
        } catch {
            switch error {
            case .draining: throw ApiProblem(.draining, "The host is shutting down.")
            case .refused(let problem):
                throw ApiProblem(
                    .configurationRefused,
                    "The configuration is refused; the one before is in force still.",
                    cause: problem
                )
            }
        }
    }

    private func perform(_ order: RelayOrder, on relay: RelayName) async throws(ApiProblem) -> OrderOutcome {
        do throws(OrderError) {
            return try await self.supervisor.perform(order, on: relay)
        } catch {
            switch error {
            case .notReady: throw ApiProblem(.relayNotReady, "The relay '\(relay)' has no instance that runs now.")
            case .ended: throw ApiProblem(.relayNotReady, "The relay '\(relay)' ended before it answered.")
            case .late(let limit):
                throw ApiProblem(.timedOut, "The relay '\(relay)' did not answer within \(limit).")
            }
        }
    }

    private static func nonsense(_ relay: RelayName) -> ApiProblem {
        ApiProblem(.failed, "The relay '\(relay)' answered something else than it was asked.")
    }
}
