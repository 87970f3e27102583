internal import Alerts
internal import Containers
internal import Contract
internal import Events
internal import FoundationEssentials
internal import FrontDoor
internal import History
internal import Holder
internal import Linux
internal import Logging
internal import NIOCore
internal import NIOPosix
internal import Settings
internal import Sockets
internal import Supervisor
internal import Synchronization
internal import Venues

/// The host: its listeners, its relays, and what people ask of it.
final class HostProcess: Sendable {
    struct State {
        /// Names the front door sends on; those that are on their way out are not among them.
        var relays: Set<RelayName> = []
        /// What the listeners were asked for, and what they got.
        var wanted = ListenSpec()
        var listening = ListenSpec()
        var configuration = ConfigurationStatus()
        /// Whether it is read again in a while, because what refused it may be over then.
        var isRetrying = false
        var isDraining = false
    }

    let log: Logger
    let print: @Sendable (String) -> Void
    let settings: HostSettings
    let isolation: Isolation
    let stateDirectory: StateDirectory
    let startedAt = Instant.monotonic()
    let events: EventLog
    let history: History
    let alerts: Alerts
    let healthMemory: HealthMemoryKeeper
    let supervisor: Supervisor
    let keptListeners: KeptListeners
    private let holder: Holder?
    let state = Mutex(State())
    let reloading = ReloadQueue()
    let venues = VenueBook()
    let tokens = Mutex(TokenGuard())
    let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
    /// Connections that relays have, as of the last second.
    let openElsewhere = Atomic(0)
    /// Made once the host is there to be its reception.
    private let door = Mutex<FrontDoor?>(nil)
    private let desk = Mutex<HostHTTPServer?>(nil)

    /// - Parameters:
    ///   - settings: where the configuration comes from.
    ///   - isolation: in force from here to the end, whatever the file says later.
    ///   - runtime: of that isolation.
    ///   - plan: what runs in the containers.
    ///   - stateDirectory: held by this process.
    ///   - history: what is written down.
    ///   - alerts: who is told when something is wrong.
    ///   - holder: holds listeners and what relays store; nil where these end with the host.
    ///   - keepsStandby: whether a relay that somebody would miss has a blank instance that waits to be needed.
    ///   - print: takes what a person reads.
    ///   - log: of everything.
    /// - Throws: where the process has no descriptor or thread left.
    init(
        settings: HostSettings,
        isolation: Isolation,
        runtime: any ContainerRuntime,
        plan: InstancePlan,
        stateDirectory: StateDirectory,
        history: HistorySpec,
        alerts: AlertsSpec,
        holder: Holder?,
        keepsStandby: Bool,
        print: @escaping @Sendable (String) -> Void,
        log: Logger
    ) throws(LinuxError) {
        self.settings = settings
        self.isolation = isolation
        self.stateDirectory = stateDirectory
        self.print = print
        self.log = log
        let events = EventLog()
        self.events = events
        self.history = History(in: stateDirectory.path, history, events: events, log: log)
        self.alerts = Alerts(in: "\(stateDirectory.path)/alerts", alerts, events: events, log: log)
        self.healthMemory = HealthMemoryKeeper(in: stateDirectory.path, events: events, log: log)
        self.holder = holder
        let keptListeners = KeptListeners(holder)
        self.keptListeners = keptListeners
        let link = HostLink()
        self.supervisor = try Supervisor(
            runtime: runtime,
            plan: plan,
            log: log,
            holder: holder,
            keepsStandby: keepsStandby,
            onReady: { link.host?.frontDoor?.retry($0) },
            onReturned: { link.host?.frontDoor?.readmit($0, $1, payload: $2) },
            onStranded: { link.host?.frontDoor?.resume($0, $1, for: $2) }
        )
        link.host = self
        let door = try FrontDoor(
            reception: self,
            openConnections: { [weak self] in self?.openElsewhere.load(ordering: .relaxed) ?? 0 },
            open: { (wanted, address, kind) throws(LinuxError) in
                try keptListeners.open(wanted, at: address, for: kind)
            },
            log: log
        )
        self.door.withLock { $0 = door }
    }

    var frontDoor: FrontDoor? { self.door.withLock { $0 } }
    var hostDesk: HostHTTPServer? { self.desk.withLock { $0 } }
    var listening: ListenSpec { self.state.withLock { $0.listening } }

    /// Opens the listeners and starts the relays.
    func open(_ configuration: HostConfiguration, _ relays: [RelaySpec], token: Secret) async throws {
        try await WorkerThread.value(named: "host-open") { try self.openNow(configuration, relays, token: token) }
    }

    private func openNow(_ configuration: HostConfiguration, _ relays: [RelaySpec], token: Secret) throws {
        try self.history.start()
        try self.alerts.start()
        self.note("The host has started, version \(BuildInfo.version).", HostEvent.Code.started)
        self.desk.withLock { $0 = HostHTTPServer(host: self, token: token, group: self.group, log: self.log) }
        guard DoorProtocol.allCases.contains(where: { !configuration.listen[all: $0.wire].isEmpty }) else {
            throw HostError("nothing is listened for, so nobody could connect; set listen.rtmp or listen.http")
        }
        self.frontDoor?.use(FrontDoorLimits(configuration.door))
        try self.frontDoor?.trust(configuration.trustedProxies)
        try self.frontDoor?.use(configuration.tls)
        self.state.withLock { $0.relays = Set(relays.map(\.name)) }
        for kind in DoorProtocol.allCases.map(\.wire) {
            let addresses = configuration.listen[all: kind]
            let bound = try self.frontDoor?.listen(kind, on: addresses) ?? []
            self.state.withLock { state in
                state.wanted[all: kind] = addresses
                state.listening[all: kind] = bound
            }
            self.keptListeners.keep(addresses, for: kind)
        }
        try self.openAdmin(configuration.listen.admin)
        self.supervisor.use(configuration.listen.udp)
        self.supervisor.apply(relays)
        self.hostDesk?.look()
        let missing = self.supervisor.statuses.flatMap { relay in relay.problems.map { "\(relay.name): \($0)" } }
        guard missing.isEmpty else { throw HostError(missing.joined(separator: "\n")) }
        self.state.withLock { $0.configuration.appliedAt = .monotonic() }
    }

    /// Ends everything in good order; nothing is left when it returns.
    func drain() async {
        self.state.withLock { $0.isDraining = true }
        self.note("The host ends.", HostEvent.Code.ended)
        // Before the relays end: whoever is on air now is expected by the next host.
        await self.healthMemory.finish(self.hostDesk?.memory)
        let door = self.frontDoor
        // Nobody else shall connect to them.
        self.keptListeners.letGo()
        await WorkerThread.value(named: "host-drain") { () -> Void in door?.drain() }
        await self.supervisor.drain("The server is shutting down.")
        let desk = self.hostDesk
        await WorkerThread.value(named: "host-stop") { () -> Void in
            door?.stop()
            desk?.stop()
        }
        self.door.withLock { $0 = nil }
        self.desk.withLock { $0 = nil }
        await self.alerts.stop()
        await self.history.stop()
        await self.holder?.end()
        try? await self.group.shutdownGracefully()
    }
}

/// A reference to the host for callbacks that are made before the host is.
private final class HostLink: Sendable {
    private struct Weak {
        weak var host: HostProcess?
    }

    private let weak = Mutex(Weak())

    var host: HostProcess? {
        get { self.weak.withLock { $0.host } }
        set { self.weak.withLock { $0.host = newValue } }
    }
}
