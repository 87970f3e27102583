import Admission
package import Contract
import Control
import DatagramService
import Fanout
package import HTTPService
import Health
import Inspection
import Linux
package import Logging
import NIOCore
import NIOPosix
import RTMPService
import RTSPService
import SRTService
package import Sessions
import Sockets
package import Streams
import Synchronization

/// One relay instance: event loops, fan-out threads, streams, and listeners unless a host gives it its connections.
package final class RelayServer: Sendable {
    package struct Launch: Sendable {
        package var spec: RelaySpec
        package var listen: ListenSpec
        /// Event loops and fan-out threads, each.
        package var threads: Int
        package var deadlines: ConnectionDeadlines
        /// Gives an HTTP connection back whose next request is for somebody else, with the bytes read of it. Nil: the
        /// relay answers everything itself.
        package var onReturn: HTTPService.ReturnHandler?
        /// Where UDP sockets come from; nil: the relay opens its own.
        package var ports: (any DatagramPorts)?
        /// Has streams and viewers outlive this instance; nil: they do not.
        package var keeper: DescriptorKeeper?
        /// By which it is told how long nothing was heard of an RTSP peer.
        package var clock: @Sendable () -> Now = { SystemClock.now }
        package var log: Logger

        package init(
            spec: RelaySpec,
            listen: ListenSpec,
            threads: Int,
            deadlines: ConnectionDeadlines = ConnectionDeadlines(),
            onReturn: HTTPService.ReturnHandler? = nil,
            ports: (any DatagramPorts)? = nil,
            keeper: DescriptorKeeper? = nil,
            log: Logger
        ) {
            self.spec = spec
            self.listen = listen
            self.threads = threads
            self.deadlines = deadlines
            self.onReturn = onReturn
            self.ports = ports
            self.keeper = keeper
            self.log = log
        }
    }

    /// How long viewers may take to read what is on tape when the relay ends.
    private static let drainTime = Duration.seconds(2)
    /// How often each event loop shows that it comes round.
    /// HTTP connections that may outlive this instance.
    private static let exchangePlaces = 8192
    private static let beatInterval = TimeAmount.milliseconds(500)

    let services: RelayServices
    let engine: FanoutEngine
    let group: MultiThreadedEventLoopGroup
    let limiter: ConnectionLimiter
    let monitor: HealthMonitor
    /// Of a relay that runs by itself: of others the host knows it.
    let throttling: ThrottleWatch?
    let sources: DatagramSources
    let pushes: PushController
    let inspector: Inspector
    private let opening = OpeningConnections()
    private let beats: LoopBeats
    /// The protocols whose peers connect by TCP.
    let connections = Mutex<[Handover.Stage: any ConnectionService]>([:])
    private let startedAt: Now
    private let acceptors = Mutex<[WireProtocol: [Acceptor]]>([:])
    let srt = Mutex<SRTService?>(nil)
    let threads: Int
    let proxies: ProxyEntrance
    let keeper: DescriptorKeeper?
    /// Where it is written down how HTTP connections stand that outlive this instance.
    let exchanges: ExchangeTable?

    /// How it stands with the configuration that the relay reads itself; nil where a host does.
    let configurationStatus = Mutex<ConfigurationStatus?>(nil)
    private let refusedTold = Atomic<UInt64>(0)

    /// Starts everything; listeners are bound when it returns.
    package init(_ launch: Launch) throws {
        let spec = launch.spec
        let now = SystemClock.now
        self.startedAt = now
        self.threads = launch.threads
        self.engine = try FanoutEngine(
            threads: launch.threads,
            limits: Self.fanoutLimits(spec),
            logger: launch.log,
            keeper: launch.keeper
        )
        self.keeper = launch.keeper
        // Without it HTTP connections end with this instance.
        self.exchanges = launch.keeper.flatMap { _ in try? ExchangeTable(places: Self.exchangePlaces) }
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: launch.threads)
        self.limiter = ConnectionLimiter(limits: Self.connectionLimits(spec))
        let current = CurrentSpec(spec)
        let ports = launch.ports ?? OwnPorts(range: launch.listen.udp, spec: current)
        let admission = RelayAdmission(current, keeper: launch.keeper, log: launch.log)
        let services = RelayServices(
            admission: admission,
            delivery: ViewerDelivery(
                engine: self.engine,
                spec: current,
                intakeMemory: launch.keeper.map { Self.intakeMemory(for: $0, from: admission.hub) },
                log: launch.log
            ),
            ports: ports,
            sockets: launch.keeper,
            recordingMemory: launch.keeper.map { Self.recordingMemory(for: $0, from: admission.hub) },
            deadlines: launch.deadlines,
            clock: launch.clock,
            log: launch.log
        )
        self.services = services
        self.sources = DatagramSources(
            services,
            group: self.group,
            makeMemory: launch.keeper.map { Self.sourceMemory(for: $0, from: admission.hub) }
        )
        self.pushes = PushController(services, waits: launch.keeper != nil)
        self.inspector = try Inspector(admission.hub, spec: current, clock: launch.clock)
        self.beats = LoopBeats()
        self.proxies = ProxyEntrance(timeout: launch.deadlines.proxyHeader)
        try self.proxies.use(spec.trustedProxies)
        self.monitor = HealthMonitor(
            setting: HealthSetting(launch.listen.rtmp?.port, spec)
        )
        self.throttling = launch.ports == nil ? ThrottleWatch() : nil
        let connections = self.connectionServices(onReturn: launch.onReturn)
        self.connections.withLock { $0 = connections }
        self.beginUpkeep(connections)
        try self.inspector.begin()
        do {
            if launch.ports == nil { try self.openOwnSockets() }
            for kind in WireProtocol.allCases where !kind.isSecure {
                guard let stage = kind.stage else { continue }
                for address in launch.listen[all: kind] { try self.listen(kind, stage, address) }
            }
            try self.setSRTCalls(spec)
        } catch {
            self.stopNow()
            throw error
        }
    }

    private func beginUpkeep(_ connections: [Handover.Stage: any ConnectionService]) {
        let (beats, pushes) = (self.beats, self.pushes)
        let (hub, audience) = (self.services.admission.hub, self.services.admission.audience)
        for (index, loop) in self.group.makeIterator().enumerated() {
            let name = "event-loop-\(index)"
            guard index == 0 else {
                beats.follow(loop, name: name, every: Self.beatInterval)
                continue
            }
            let upkeep = Upkeep(on: loop) {
                beats.note(name)
                let now = SystemClock.now
                hub.sweep(now: now)
                pushes.sweep(now: now)
                for service in connections.values { service.sweep(now: now) }
                let silence = hub.silenceDeadline
                return Upkeep.Outlook(
                    isOnAir: silence != nil,
                    due: silence.map { .microseconds(max($0 - now.monotonic, 0)) }
                )
            } judge: { [weak self] in
                guard let self else { return }
                self.engine.wake()
                let now = SystemClock.now
                audience.sweep(keeping: Set(hub.all.map(\.path.stream)), now: now.monotonic)
                let snapshot = self.snapshot(usage: nil, now: now)
                if self.throttling?.look(at: Instant(now)) ?? false { self.monitor.change(to: self.healthSetting) }
                _ = self.monitor.judge(snapshot)
                self.tellRefused(snapshot.refusedConnections)
            }
            upkeep.begin()
        }
    }

    /// A protocol whose peers connect by TCP is a row here.
    private func connectionServices(
        onReturn: HTTPService.ReturnHandler?
    ) -> [Handover.Stage: any ConnectionService] {
        let services = self.services
        let pages = StatusPages(spec: services.admission.current, monitor: self.monitor) { [weak self] in
            self?.configurationStatus.withLock { $0 }
        }
        return [
            .rtmp: RTMPService(services),
            .rtsp: RTSPService(services),
            .http: HTTPService(services, pages: pages, onReturn: onReturn, keeping: self.keeping) { [weak self] now in
                self?.snapshot(now: now)
                    ?? RelaySnapshot(relay: services.spec.name, clock: ClockReading(now), startedAt: Instant(now))
            },
        ]
    }

    private var keeping: HTTPKeeping? {
        guard let exchanges = self.exchanges, let keeper = self.keeper else { return nil }
        return HTTPKeeping(exchanges, keeper: keeper)
    }

    private static func fanoutLimits(_ spec: RelaySpec) -> FanoutLimits {
        var limits = FanoutLimits()
        // The audience holds the limit, which may be raised; a place here costs memory only once it is used.
        limits.viewers = LimitsSpec.viewersBounds.upperBound
        limits.stall = spec.stall
        limits.sendBuffer = spec.limits.sendBuffer
        return limits
    }

    /// A connection that SwiftNIO has takes two descriptors, as one that is being handed over does. Where the process may have
    /// few, most of them are for viewers and publishers.
    static func connectionLimits(_ spec: RelaySpec, openFiles: Int = OpenFileLimit.current) -> ConnectionLimiter.Limits
    {
        let limits = spec.limits
        let spare = max(openFiles - limits.viewers * 2 - 512, openFiles / 4)
        let undecided = max(min(limits.undecided, spare / (2 * Handover.Stage.allCases.count)), 1)
        return ConnectionLimiter.Limits(
            total: limits.viewers * 2 + undecided * Handover.Stage.allCases.count,
            undecided: undecided,
            reserved: min(limits.reserved, undecided / 2),
            idle: max(limits.viewers, undecided)
        )
    }

    /// Whether it takes no more connections.
    var isEnding: Bool { self.services.admission.ending.hasBegun }

    /// Where each protocol is really served, with the ports the kernel chose.
    package var listening: ListenSpec {
        let acceptors = self.acceptors.withLock { $0 }
        var addresses = acceptors.mapValues { $0.compactMap { try? ListenAddress("\($0.address)") } }
        addresses[.srt] = (self.srt.withLock { $0 }?.addresses ?? []).compactMap { try? ListenAddress("\($0)") }
        return ListenSpec(addresses)
    }

    /// Says, at most once a round, that connections went over the limits.
    private func tellRefused(_ count: UInt64) {
        let before = self.refusedTold.exchange(count, ordering: .relaxed)
        guard count > before else { return }
        self.services.log.warning(
            "connections closed for others: they had not said what they want, or viewers have every place",
            metadata: ["closed": "\(count - before)", "open": "\(self.limiter.open)"]
        )
    }

    /// Takes no more connections, puts what has come in on the tapes, gives every viewer what is on them, ends them and
    /// the publishers, who are told the sentence, and stops.
    package func drain(sentence: String = "The relay is shutting down.") async {
        self.services.admission.ending.begin()
        for acceptor in self.takeAcceptors() { await acceptor.stop() }
        self.proxies.end()
        self.pushes.stop()
        self.inspector.end()
        await self.engine.catchUp()
        self.sources.stop()
        let now = SystemClock.now
        for stream in self.services.admission.hub.all { stream.dropSource(sentence: sentence, now: now) }
        self.services.admission.hub.finish()
        let (engine, srt) = (self.engine, self.srt.withLock { $0.take() })
        await WorkerThread.value(named: "shutdown") { engine.shutdown(draining: Self.drainTime) }
        await srt?.stop(draining: Self.drainTime)
        try? await self.group.shutdownGracefully()
    }

    private func stopNow() {
        self.pushes.stop()
        self.inspector.end()
        for acceptor in self.takeAcceptors() { acceptor.end() }
        self.proxies.end()
        self.sources.stop()
        self.srt.withLock { $0.take() }?.end(draining: .zero)
        self.engine.shutdown()
        self.group.shutdownGracefully { _ in }
    }

    private func takeAcceptors() -> [Acceptor] {
        self.acceptors.withLock { acceptors in
            defer { acceptors = [:] }
            return Array(acceptors.values.joined())
        }
    }

    // MARK: Connections

    private func listen(
        _ kind: WireProtocol,
        _ stage: Handover.Stage,
        _ address: ListenAddress
    ) throws {
        let wanted = try InternetAddress(parsing: address.description)
        let (limiter, opening, name) = (self.limiter, self.opening, kind.rawValue)
        do {
            let acceptor = try Acceptor(
                name: name,
                on: wanted,
                makeRoom: { limiter.makeRoom() },
                isReady: { opening.isBelowLimit },
                log: self.services.log
            ) { socket in
                let peer = socket.peer ?? InternetAddress(.anyV4, port: 0)
                // Viewers and publishers have every place: closed without a word, and counted.
                guard let ticket = try? limiter.admit(from: peer.host, stage) else { return }
                self.welcome(socket.release(), from: peer, ticket, stage)
            }
            self.acceptors.withLock { $0[kind, default: []].append(acceptor) }
        } catch {
            throw ListenFailure(name: name, address: address, code: error.code)
        }
    }

    /// Has a connection be served by its protocol. One that ends while it is negotiated on is closed for good; one that was
    /// handed over has been taken by then.
    func serve(_ socket: AdoptedSocket, _ stage: Handover.Stage, _ origin: ConnectionOrigin) {
        guard let service = self.connections.withLock({ $0[stage] }) else { return socket.close() }
        do {
            let channel = try service.open(socket, origin, on: self.group)
            self.opening.follow(channel)
            channel.whenFailure { _ in socket.close() }
        } catch {
            self.services.log.error(
                "cannot serve a connection",
                metadata: ["address": "\(socket.peer)", "error": "\(error)"]
            )
            socket.close()
        }
    }

    // MARK: Figures

    private var fanoutBeats: [LoopSnapshot] {
        self.engine.lastRounds.enumerated().map { index, round in
            LoopSnapshot(name: "fanout-\(index)", lastTick: Instant(microseconds: round.nanoseconds / 1000))
        }
    }

    private var destinations: [DestinationSnapshot] {
        (self.pushes.destinations + (self.srt.withLock { $0 }?.destinations ?? []))
            .sorted { ($0.stream, $0.name) < ($1.stream, $1.name) }
    }

    package func snapshot(now: Now) -> RelaySnapshot {
        self.snapshot(usage: UsageSnapshot(ProcessUsage.current()), now: now)
    }

    private func snapshot(usage: UsageSnapshot?, now: Now) -> RelaySnapshot {
        let services = self.services
        let listening = self.listening
        let streams = services.admission.hub.snapshots(now: now).map { stream in
            var stream = stream
            let formats = services.admission.hub.existing(stream.path.stream)?.formats ?? []
            stream.outputs = services.admission.audience.outputs(
                of: stream.path.stream,
                muxing: Set(formats.flatMap(\.served))
            )
            stream.inspection = self.inspector.inspection(of: stream.path.stream)
            return stream
        }
        return RelaySnapshot(
            relay: services.spec.name,
            clock: ClockReading(now),
            startedAt: Instant(self.startedAt),
            listeners: WireProtocol.allCases.flatMap { kind in
                listening[all: kind].map { ListenerSnapshot(name: kind.rawValue, address: $0) }
            }
            .sorted { $0.name < $1.name },
            loops: self.beats.snapshots + self.fanoutBeats,
            streams: streams,
            destinations: self.destinations,
            connections: self.limiter.open,
            refusedConnections: self.limiter.refused,
            admission: self.limiter.snapshot,
            publishRefusals: services.admission.refusals.publishRefusals,
            playRefusals: services.admission.refusals.playRefusals,
            refusedSources: services.admission.hub.refusedSources,
            usage: usage,
            isDraining: self.isEnding
        )
    }
}

extension ClockReading {
    init(_ now: Now) {
        self.init(now: Instant(now), unix: now.wall)
    }
}
