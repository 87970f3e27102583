internal import Alerts
internal import Contract
internal import FrontDoor
internal import Greeting
internal import History
internal import Linux
internal import Logging
internal import Settings
internal import Sockets
internal import Supervisor
internal import Synchronization

/// Why a configuration was not taken.
enum ReloadRefusal: Error {
    case draining
    /// All that is wrong with it.
    case refused(String)
}

/// Runs reloads one after the other: two that changed listeners at once would undo each other.
actor ReloadQueue {
    private var last: Task<Void, Never>?

    /// Runs the work on a thread of its own, because it reads files and waits for the front door.
    func run(
        _ work: @escaping @Sendable () throws(ReloadRefusal) -> ReloadSummary
    ) async throws(ReloadRefusal) -> ReloadSummary {
        let task = Task { [last] in
            await last?.value
            return await WorkerThread.value(named: "reload") {
                Result<ReloadSummary, ReloadRefusal> { () throws(ReloadRefusal) in try work() }
            }
        }
        self.last = Task { _ = await task.value }
        return try await task.value.get()
    }
}

extension HostProcess {
    /// Reads the configuration again and applies what has changed; nobody else notices. One that is wrong changes nothing.
    @discardableResult
    func reloadConfiguration() async throws(ReloadRefusal) -> ReloadSummary {
        try await self.reloading.run { () throws(ReloadRefusal) in try self.applyConfiguration() }
    }

    /// After so long a configuration is read again that was refused for what is wrong with the state directory.
    private static let retryPause = Duration.seconds(3)

    /// A full disk is no fault of the file, and nobody will write to that again once it is free.
    private func retryLater() {
        let isFirst = self.state.withLock { state in
            defer { state.isRetrying = true }
            return !state.isRetrying
        }
        guard isFirst else { return }
        Task { [weak self] in
            try? await Task.sleep(for: Self.retryPause)
            guard let self else { return }
            let isRefused = self.state.withLock { state in
                state.isRetrying = false
                return state.configuration.problem != nil
            }
            // Where it is still refused it says so itself, and is tried again.
            guard isRefused else { return }
            _ = try? await self.reloading.run { () throws(ReloadRefusal) in try self.applyConfiguration(isRetry: true) }
        }
    }

    private func refuse(_ error: any Error, isRetry: Bool) -> ReloadRefusal {
        let problem = "\(error)"
        let isNews = self.state.withLock { state in
            guard !isRetry || state.configuration.problem != problem else { return false }
            state.configuration.refusedReloads += 1
            state.configuration.problem = problem
            return true
        }
        if isNews {
            self.log.error(
                "the configuration is refused; the one before is in force still",
                metadata: ["problem": "\(problem)"]
            )
        }
        if error is StateError { self.retryLater() }
        return .refused(problem)
    }

    private func applyConfiguration(isRetry: Bool = false) throws(ReloadRefusal) -> ReloadSummary {
        if self.state.withLock({ $0.isDraining }) { throw .draining }
        let configuration: HostConfiguration
        let keyed: [KeyedRelay]
        do {
            configuration = try self.settings.load()
            keyed = try configuration.relays.map { try KeyedRelay($0, state: self.stateDirectory) }
            // Throws where the new certificate cannot be used; the one before is then shown on.
            try self.frontDoor?.use(configuration.tls)
            try self.frontDoor?.trust(configuration.trustedProxies)
        } catch {
            throw self.refuse(error, isRetry: isRetry)
        }
        self.frontDoor?.use(FrontDoorLimits(configuration.door))
        self.history.use(configuration.history)
        do throws(LinuxError) {
            try self.alerts.use(configuration.alerts)
        } catch {
            self.log.error("receivers of alerts cannot be changed", metadata: ["error": "\(error)"])
        }
        for warning in configuration.warnings { self.log.warning("\(warning.description)") }
        let before = self.state.withLock { state in
            defer { state.relays = Set(keyed.map(\.spec.name)) }
            return state.relays
        }
        self.supervisor.use(configuration.listen.udp)
        var summary = self.supervisor.apply(keyed.map(\.spec))
        // Whoever waits for a relay that is gone is told so.
        for name in before.subtracting(keyed.map(\.spec.name)) { self.frontDoor?.retry(name) }
        summary.deferred = self.relisten(configuration.listen) + self.restartNeeded(configuration)
        self.state.withLock { state in
            state.configuration.appliedAt = .monotonic()
            state.configuration.reloads += 1
            state.configuration.problem = nil
            state.configuration.deferred = summary.deferred
            if !summary.changesNoRelay {
                state.configuration.lastChange = ConfigurationChange(at: .monotonic(), summary: summary)
            }
        }
        self.tell(summary, keyed)
        return summary
    }

    /// Moves listeners whose addresses have changed. Connections that were accepted at the old ones go on.
    private func relisten(_ wanted: ListenSpec) -> [String] {
        var deferred: [String] = []
        for kind in DoorProtocol.allCases.map(\.wire) {
            let old = self.state.withLock { $0.wanted[all: kind] }
            let addresses = wanted[all: kind]
            guard addresses != old, let door = self.frontDoor else { continue }
            do throws(ListenFailure) {
                self.note(kind, wanted: addresses, listening: try door.listen(kind, on: addresses))
                self.keptListeners.keep(addresses, for: kind)
            } catch {
                deferred.append("listen.\(kind.rawValue): \(error)")
                self.note(kind, wanted: old, listening: door.listening(kind))
            }
        }
        return deferred + self.relistenForAdmin(wanted.admin)
    }

    private func relistenForAdmin(_ wanted: [ListenAddress]) -> [String] {
        let old = self.state.withLock { $0.wanted.admin }
        guard wanted != old else { return [] }
        do throws(ListenFailure) {
            try self.listenForAdmin(on: wanted)
            self.noteListening(ListenSpec.adminName, self.listening.admin)
            return []
        } catch {
            self.state.withLock { $0.wanted.admin = old }
            return ["listen.\(ListenSpec.adminName): \(error)"]
        }
    }

    private func note(_ kind: WireProtocol, wanted: [ListenAddress], listening: [ListenAddress]) {
        self.state.withLock { state in
            state.wanted[all: kind] = wanted
            state.listening[all: kind] = listening
        }
        self.noteListening(kind.rawValue, listening)
    }

    private func noteListening(_ name: String, _ listening: [ListenAddress]) {
        let places = listening.map(\.description).joined(separator: ", ")
        self.log.notice(
            "listening",
            metadata: ["protocol": "\(name)", "address": "\(places.isEmpty ? "nowhere" : places)"]
        )
    }

    private func restartNeeded(_ configuration: HostConfiguration) -> [String] {
        var deferred: [String] = []
        if configuration.isolation != self.isolation {
            deferred.append(
                "isolation: the relays run with \(self.isolation.rawValue); start the host again for \(configuration.isolation.rawValue)."
            )
        }
        if configuration.state != self.stateDirectory.path {
            deferred.append(
                "state: \(self.stateDirectory.path) is in use; start the host again for \(configuration.state)."
            )
        }
        return deferred
    }

    private func tell(_ summary: ReloadSummary, _ keyed: [KeyedRelay]) {
        func names(_ relays: [RelayName]) -> String { relays.map(\.rawValue).joined(separator: ",") }
        self.log.notice(
            "configuration applied",
            metadata: [
                "added": "\(names(summary.added))", "changed": "\(names(summary.changed))",
                "removed": "\(names(summary.removed))",
            ]
        )
        for sentence in summary.deferred { self.log.warning("not in effect yet", metadata: ["what": "\(sentence)"]) }
        let listening = self.listening
        for relay in keyed where summary.added.contains(relay.spec.name) {
            let banner = Banner(
                relay.spec,
                listen: listening,
                key: relay.origin,
                machine: LocalAddresses.reachable(),
                hasPages: true
            )
            self.print(banner.addition)
        }
    }
}
