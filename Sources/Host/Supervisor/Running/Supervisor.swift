package import Containers
package import Contract
import Control
package import Holder
package import Linux
package import Logging
import Sockets
import Synchronization

/// How many relays the configuration has, for closures made before any is known.
private final class RelayCount: Sendable {
    let value = Atomic(0)
}

/// Keeps the relays that run in line with those that are wanted.
package final class Supervisor: Sendable {
    /// Time is told to the machines when they want to know, and so often at the least: that is how the host is seen to live.
    private static let rest = Duration.milliseconds(500)
    /// The same while something is awaited that nobody tells of: that connections are answered, that a port becomes free.
    static let tick = Duration.milliseconds(100)
    /// No sooner than this after the last time.
    private static let least = Duration.milliseconds(5)

    /// How often children that nobody awaits are collected.
    private static let sweep = Duration.seconds(5)

    private struct State {
        var runners: [RelayName: RelayRunner] = [:]
        /// What a host that died had kept of relays, until the configuration is known.
        var left: [RelayName: [Holder.Left]] = [:]
    }

    private struct Reaping {
        var reaper = OrphanReaper()
        var next = MonotonicClock.now
    }

    package let ledger: ConnectionLedger
    private let pool: PortPool
    private let relayCount: RelayCount
    private let state = Mutex(State())
    private let reaping = Mutex(Reaping())
    private let ticker: Ticker
    private let beat = Beat()
    private let deadlines: RelayDeadlines
    private let services: RunnerServices

    /// - Parameters:
    ///   - runtime: Makes the containers.
    ///   - plan: What runs in them.
    ///   - deadlines: How long to wait for what.
    ///   - log: Takes what the relays say, too.
    ///   - clock: The machine's monotonic clock.
    ///   - openFileLimit: How many files the host may have open.
    ///   - holder: Holds what relays store, so that it outlives the host; relays go on with what a host that died had held.
    ///   - keepsStandby: Whether a relay that somebody would miss has a blank instance that waits to be needed.
    ///   - onReady: Called whenever an instance of a relay begins to take connections; must not wait.
    ///   - onReturned: Takes a connection that a relay gives back; must not wait.
    ///   - onStranded: Takes a connection that an instance of the relay was given and had not answered when it died; must
    ///     not wait.
    /// - Throws: Where the process has no descriptor or thread left.
    package init(
        runtime: any ContainerRuntime,
        plan: InstancePlan,
        deadlines: RelayDeadlines = RelayDeadlines(),
        log: Logger,
        clock: @escaping @Sendable () -> Instant = Instant.monotonic,
        openFileLimit: @escaping @Sendable () -> Int = { OpenFileLimit.current },
        holder: Holder? = nil,
        keepsStandby: Bool = false,
        onReady: @escaping @Sendable (RelayName) -> Void,
        onReturned: @escaping @Sendable (consuming OwnedDescriptor, Handover, [UInt8]) -> Void,
        onStranded: @escaping @Sendable (consuming OwnedDescriptor, PendingConnection, RelayName) -> Void
    ) throws(LinuxError) {
        let ledger = ConnectionLedger()
        let pool = PortPool(nil)
        let relayCount = RelayCount()
        self.ledger = ledger
        self.pool = pool
        self.relayCount = relayCount
        let ticker = try Ticker()
        self.ticker = ticker
        self.deadlines = deadlines
        self.services = RunnerServices(
            runtime: runtime,
            plan: plan,
            ledger: ledger,
            pool: pool,
            share: {
                let pairs = pool.range.map { Array($0.pairs).count } ?? 0
                // One of several leaves something to the others, however hard it tries.
                return relayCount.value.load(ordering: .relaxed) > 1 ? max(pairs / 2, 1) : pairs
            },
            openFileLimit: openFileLimit,
            watchers: Watchers(),
            clock: clock,
            log: log,
            holder: holder,
            keepsStandby: keepsStandby,
            hasten: { ticker.hasten($0) },
            onReady: onReady,
            onReturned: onReturned,
            onStranded: onStranded
        )
        self.state.withLock { state in
            for left in holder?.takeLeft(where: \.isStored) ?? [] {
                if case .stored(let relay, _, _) = left.thing { state.left[relay, default: []].append(left) }
            }
        }
        try ticker.begin { [weak self] in self?.pass() ?? Self.rest }
    }

    deinit {
        self.ticker.stop()
    }

    private var runners: [RelayRunner] { self.state.withLock { Array($0.runners.values) } }

    private func runner(_ relay: RelayName) -> RelayRunner? { self.state.withLock { $0.runners[relay] } }

    /// When time was last told to the machines: long ago where the thread that tells it has stopped.
    package var lastPass: Instant { Instant(self.beat.last) }

    /// Has every relay's machine act on the time that has passed, and forgets relays that are gone.
    ///
    /// - Returns: How long it may pass until it is to be told again.
    private func pass() -> Duration {
        self.beat.note()
        for runner in self.runners { runner.tick() }
        self.state.withLock { state in
            state.runners = state.runners.filter { !$0.value.isOver }
        }
        self.services.watchers.poke()
        // Children of whoever else is in this process are theirs to collect.
        guard self.services.runtime.leavesOrphans else { return self.pause }
        self.reaping.withLock { reaping in
            guard MonotonicClock.now >= reaping.next else { return }
            reaping.next = MonotonicClock.now.advanced(by: Self.sweep)
            reaping.reaper.sweep()
        }
        return self.pause
    }

    /// How long nothing is to be done if nothing happens.
    private var pause: Duration {
        let pauses = self.runners.compactMap(\.pause) + [self.services.watchers.isEmpty ? Self.rest : Self.tick]
        return max(pauses.min() ?? Self.rest, Self.least)
    }

    // MARK: What is wanted

    /// Where pairs of UDP ports come from from here on.
    package func use(_ range: PortRange?) { self.pool.use(range) }

    /// The relays of the configuration, with their keys. Those that stay as they are notice nothing.
    @discardableResult
    package func apply(_ specs: [RelaySpec]) -> ReloadSummary {
        self.relayCount.value.store(specs.count, ordering: .relaxed)
        var summary = ReloadSummary()
        var steps: [(RelayRunner, RelaySpec?)] = []
        var unwanted: [Holder.Left] = []
        self.state.withLock { state in
            for spec in specs {
                let runner =
                    state.runners[spec.name]
                    ?? RelayRunner(
                        spec.name,
                        nonce: .random(in: 0...UInt32.max),
                        deadlines: self.deadlines,
                        services: self.services
                    )
                state.runners[spec.name] = runner
                if let left = state.left.removeValue(forKey: spec.name) { runner.adopt(left, spec) }
                guard let before = runner.wanted else {
                    runner.awaitWish()
                    summary.added.append(spec.name)
                    steps.append((runner, spec))
                    continue
                }
                guard before != spec else { continue }
                runner.awaitWish()
                summary.changed.append(spec.name)
                steps.append((runner, spec))
            }
            // Of relays that the configuration does not name any more, nobody goes on with anything.
            unwanted = state.left.values.flatMap { $0 }
            state.left = [:]
            let names = Set(specs.map(\.name))
            for runner in state.runners.values where !names.contains(runner.name) && runner.wanted != nil {
                summary.removed.append(runner.name)
                steps.append((runner, nil))
            }
        }
        for one in unwanted { _ = one.descriptor.lend { TCPSocket.clearLinger(of: $0) } }
        for (runner, spec) in steps {
            if let spec { runner.want(spec) } else { runner.dismiss("The relay was taken out of the configuration.") }
        }
        summary.removed.sort()
        return summary
    }

    /// Ends all relays; returns once nothing of them is left.
    package func drain(_ sentence: String) async {
        for runner in self.runners { runner.dismiss(sentence) }
        await self.services.watchers.wait { [weak self] in self?.runners.allSatisfy(\.isGone) ?? true }
        self.ticker.stop()
    }

    /// Kills every instance and leaves what is left of it to the next host; for a process that ends in this moment.
    package func killEverything() {
        for runner in self.runners { runner.kill() }
    }

    // MARK: What is asked of it

    /// Gives a relay a connection. The descriptor comes back where no instance takes any now.
    package func deliver(
        _ descriptor: consuming OwnedDescriptor,
        _ delivery: PendingConnection,
        to relay: RelayName
    ) -> OwnedDescriptor? {
        guard let link = self.runner(relay)?.serving else { return descriptor }
        self.spare(descriptor.number)
        // It can come back, and be stored.
        if let cookie = SocketCookie(of: descriptor) {
            self.ledger.note(cookie, delivery.handover, to: link.id)
        }
        let (back, error) = link.give(descriptor, delivery, now: self.services.clock())
        // Its loan is called off as soon as it is answered, which the kernel tells to who asks.
        self.ticker.hasten(Self.tick)
        // The connection goes on where its instance's ending has been seen: the host has its own descriptor of it.
        if let error {
            self.services.log.debug("a connection did not reach its relay", metadata: ["error": "\(error)"])
        }
        return back?.take()
    }

    /// What relays store is the first to be done without where the host may open few more files. The kernel gives out the
    /// lowest number that is free: so many are in use.
    private func spare(_ number: CInt) {
        let limit = self.services.openFileLimit()
        guard number >= limit - limit / StoreLimits().scarceShare else { return }
        self.runners.max { $0.keptConnections < $1.keptConnections }?.shed()
    }

    /// Begins to make a fresh instance, which takes the place of the one that runs as soon as it can.
    ///
    /// - Returns: false where no such relay is wanted.
    package func replace(_ relay: RelayName) -> Bool {
        guard let runner = self.runner(relay), runner.wanted != nil else { return false }
        runner.replace()
        return true
    }

    /// Has the instance that serves carry out an order.
    package func perform(_ order: RelayOrder, on relay: RelayName) async throws(OrderError) -> OrderOutcome {
        guard let link = self.runner(relay)?.serving else { throw .notReady }
        return try await link.orders.place(now: self.services.clock()) { number in
            if link.send(.perform(number, order)) != nil { link.orders.close() }
            self.ticker.hasten(self.deadlines.order)
        }
    }

    /// Connections that relays have, as they say, and of each at most as many as the host has given it.
    package var openConnections: Int { self.runners.reduce(0) { $0 + $1.openConnections } }

    /// In the order of their names; those on their way out included.
    package var statuses: [RelayStatus] {
        self.runners.filter { !$0.isGone }.map(\.status).sorted { $0.name < $1.name }
    }

    /// What the configuration wants of a relay; nil where it wants none of that name.
    package func spec(of relay: RelayName) -> RelaySpec? { self.runner(relay)?.wanted }

    /// The same, once they are what is waited for.
    package func statuses(until isMet: @escaping @Sendable ([RelayStatus]) -> Bool) async -> [RelayStatus] {
        await self.services.watchers.wait { [weak self] in self.map { isMet($0.statuses) } ?? true }
        return self.statuses
    }

    /// Returns once every relay has been ready; throws where the machine cannot run containers at all.
    package func everyRelayReady() async throws(RuntimeError) {
        await self.services.watchers.wait { [weak self] in
            guard let runners = self?.runners else { return true }
            return runners.allSatisfy(\.everReady) || runners.contains { Self.hopelessness($0) != nil }
        }
        for runner in self.runners {
            if let error = Self.hopelessness(runner) { throw error }
        }
    }

    /// What no further try will change.
    private static func hopelessness(_ runner: RelayRunner) -> RuntimeError? {
        guard !runner.everReady, let failure = runner.startFailure else { return nil }
        switch failure.kind {
        case .missing, .forbidden: return failure
        case .timedOut, .failed, .storage: return nil
        }
    }
}
