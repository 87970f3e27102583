package import Contract
import Control
import Fanout
import Health
package import Linux
package import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Sockets
package import Streams
import Synchronization
import Web
import Wire

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
        package var onReturn: ReturnHandler?
        /// Where UDP sockets come from; nil: the relay opens its own.
        package var ports: (any DatagramPorts)?
        /// By which it is told how long nothing was heard of an RTSP peer.
        package var clock: @Sendable () -> Now = { SystemClock.now }
        package var log: Logger

        package init(
            spec: RelaySpec,
            listen: ListenSpec,
            threads: Int,
            deadlines: ConnectionDeadlines = ConnectionDeadlines(),
            onReturn: ReturnHandler? = nil,
            ports: (any DatagramPorts)? = nil,
            log: Logger
        ) {
            self.spec = spec
            self.listen = listen
            self.threads = threads
            self.deadlines = deadlines
            self.onReturn = onReturn
            self.ports = ports
            self.log = log
        }
    }

    package typealias ReturnHandler = @Sendable (Handover, consuming OwnedDescriptor, [UInt8]) -> Void

    /// How often silence is looked for and unused formats are closed.
    private static let sweepInterval = TimeAmount.milliseconds(100)
    /// How often every stream is judged, whether anybody asks or not.
    private static let judgeInterval = TimeAmount.seconds(1)
    /// How long viewers may take to read what is on tape when the relay ends.
    private static let drainTime = Duration.seconds(2)
    /// How often each event loop shows that it comes round.
    private static let beatInterval = TimeAmount.milliseconds(500)

    let services: RelayServices
    let engine: FanoutEngine
    let group: MultiThreadedEventLoopGroup
    let gate: ConnectionGate
    let desk: HealthDesk
    let sources: DatagramSources
    let pushes: PushController
    private let opening = OpeningConnections()
    private let beats: LoopBeats
    private let pages: StatusPages
    private let onReturn: ReturnHandler?
    private let startedAt: Now
    private let acceptors = Mutex<[String: Acceptor]>([:])
    let srt = Mutex<SRTService?>(nil)
    let threads: Int
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
            logger: launch.log
        )
        self.group = MultiThreadedEventLoopGroup(numberOfThreads: launch.threads)
        self.gate = ConnectionGate(limits: Self.gateLimits(spec))
        self.onReturn = launch.onReturn
        let current = CurrentSpec(spec)
        let ports = launch.ports ?? OwnPorts(range: launch.listen.udp, spec: current)
        let (hub, refusals) = (StreamHub(spec: current, log: launch.log), RefusalLedger())
        let audience = Audience(
            limit: spec.limits.viewers,
            // Names that are declared cannot be made up.
            isAwaited: { current.value.streams == nil && hub.existing($0)?.wasPublished != true },
            onEviction: { refusals.note(PlayRefusal.tooMany) },
            naming: hub.shown
        )
        self.services = RelayServices(
            current: current,
            hub: hub,
            audience: audience,
            delivery: ViewerDelivery(engine: self.engine, spec: current, log: launch.log),
            refusals: refusals,
            ports: ports,
            viewerPorts: RTSPViewerPorts(ports, clock: launch.clock),
            playbacks: RTSPPlaybacks(
                timeout: RTSPSessionConfiguration().timeout,
                clock: launch.clock,
                log: launch.log
            ),
            casts: MulticastSenders(
                current: current,
                ports: ports,
                engine: self.engine,
                audience: audience,
                log: launch.log
            ),
            loginSecret: .random(in: .min ... .max),
            deadlines: launch.deadlines,
            ending: RelayEnding(),
            clock: launch.clock,
            log: launch.log
        )
        self.sources = DatagramSources(services: self.services, group: self.group)
        self.pushes = PushController(services: self.services, engine: self.engine)
        self.beats = LoopBeats()
        self.desk = HealthDesk(
            setting: HealthSetting(launch.listen.rtmp?.port, spec)
        )
        self.pages = StatusPages(spec: current, desk: self.desk)
        for (index, loop) in self.group.makeIterator().enumerated() {
            self.beats.follow(loop, name: "event-loop-\(index)", every: Self.beatInterval)
        }
        let (pushes, casts, playbacks) = (self.pushes, self.services.casts, self.services.playbacks)
        _ = self.group.next().scheduleRepeatedTask(initialDelay: Self.sweepInterval, delay: Self.sweepInterval) { _ in
            hub.sweep(now: SystemClock.now)
            pushes.sweep(now: SystemClock.now)
            casts.sweep()
            playbacks.sweep()
        }
        _ = self.group.next().scheduleRepeatedTask(initialDelay: .zero, delay: Self.judgeInterval) { [weak self] _ in
            guard let self else { return }
            self.engine.wake()
            let now = SystemClock.now
            audience.sweep(keeping: Set(hub.all.map(\.path.stream)), now: now.monotonic)
            let snapshot = self.snapshot(usage: nil, now: now)
            _ = self.desk.judge(snapshot)
            self.tellRefused(snapshot.refusedConnections)
        }
        do {
            if launch.ports == nil { try self.openOwnSockets() }
            if let address = launch.listen.rtmp { try self.listen(.rtmp, address) { try self.openRTMP($0) } }
            if let address = launch.listen.rtsp { try self.listen(.rtsp, address) { try self.openRTSP($0) } }
            if let address = launch.listen.http { try self.listen(.http, address) { try self.openHTTP($0) } }
            try self.makeSRTLines(spec)
        } catch {
            self.stopNow()
            throw error
        }
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
    static func gateLimits(_ spec: RelaySpec, openFiles: Int = OpenFileLimit.current) -> ConnectionGate.Limits {
        let limits = spec.limits
        let spare = max(openFiles - limits.viewers * 2 - 512, openFiles / 4)
        let undecided = max(min(limits.undecided, spare / (2 * Handover.Stage.allCases.count)), 1)
        return ConnectionGate.Limits(
            total: limits.viewers * 2 + undecided * Handover.Stage.allCases.count,
            undecided: undecided,
            reserved: min(limits.reserved, undecided / 2),
            idle: max(limits.viewers, undecided)
        )
    }

    /// Whether it takes no more connections.
    var isEnding: Bool { self.services.ending.hasBegun }

    /// Where each protocol is really served, with the ports the kernel chose.
    package var listening: ListenSpec {
        let acceptors = self.acceptors.withLock { $0 }
        let addresses = acceptors.compactMapValues { try? ListenAddress("\($0.address)") }
        let srt = self.srt.withLock { $0?.address }
        return ListenSpec(
            rtmp: addresses["rtmp"],
            http: addresses["http"],
            rtsp: addresses["rtsp"],
            srt: srt.flatMap { try? ListenAddress("\($0)") }
        )
    }

    /// Says, at most once a round, that connections went over the limits.
    private func tellRefused(_ count: UInt64) {
        let before = self.refusedTold.exchange(count, ordering: .relaxed)
        guard count > before else { return }
        self.services.log.warning(
            "connections closed for others: they had not said what they want, or viewers have every place",
            metadata: ["closed": "\(count - before)", "open": "\(self.gate.open)"]
        )
    }

    /// Takes no more connections, puts what has come in on the tapes, gives every viewer what is on them, ends them and
    /// the publishers, who are told the sentence, and stops.
    package func drain(sentence: String = "The relay is shutting down.") async {
        self.services.ending.begin()
        self.stopAccepting()
        self.pushes.stop()
        await self.engine.catchUp()
        self.sources.stop()
        let now = SystemClock.now
        for stream in self.services.hub.all { stream.dropSource(sentence: sentence, now: now) }
        self.services.hub.finish()
        let (engine, srt) = (self.engine, self.srt.withLock { $0.take() })
        await Self.blocking {
            engine.shutdown(draining: Self.drainTime)
            srt?.stop(draining: Self.drainTime)
        }
        try? await self.group.shutdownGracefully()
    }

    /// Runs what waits for threads on one of its own.
    private static func blocking(_ work: @escaping @Sendable () -> Void) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            do throws(LinuxError) {
                _ = try WorkerThread(name: "shutdown") {
                    work()
                    continuation.resume()
                }
            } catch {
                work()
                continuation.resume()
            }
        }
    }

    private func stopNow() {
        self.pushes.stop()
        self.stopAccepting()
        self.sources.stop()
        self.srt.withLock { $0.take() }?.stop(draining: .zero)
        self.engine.shutdown()
        self.group.shutdownGracefully { _ in }
    }

    private func stopAccepting() {
        let acceptors = self.acceptors.withLock { acceptors in
            defer { acceptors = [:] }
            return acceptors
        }
        for acceptor in acceptors.values { acceptor.stop() }
    }

    // MARK: Connections

    private func listen(
        _ stage: Handover.Stage,
        _ address: ListenAddress,
        open: @escaping @Sendable (AdoptedSocket) throws -> Void
    ) throws {
        let wanted = try InternetAddress(parsing: address.description)
        let (gate, opening, log, name) = (self.gate, self.opening, self.services.log, stage.rawValue)
        do {
            let acceptor = try Acceptor(
                name: name,
                on: wanted,
                makeRoom: { gate.makeRoom() },
                isReady: { opening.isBelowLimit },
                log: log
            ) { socket in
                let peer = socket.peer ?? InternetAddress(.anyV4, port: 0)
                // Viewers and publishers have every place: closed without a word, and counted.
                guard let ticket = try? gate.place(for: peer.host, stage) else { return }
                let adopted = AdoptedSocket(socket.release(), peer: peer, ticket: ticket)
                do {
                    try open(adopted)
                } catch {
                    log.error("cannot serve a connection", metadata: ["address": "\(peer)", "error": "\(error)"])
                    adopted.close()
                }
            }
            self.acceptors.withLock { $0[name] = acceptor }
        } catch {
            throw ListenFailure(name: name, address: address, code: error.code)
        }
    }

    func openRTMP(_ socket: AdoptedSocket, opening: ByteBuffer? = nil) throws {
        let services = self.services
        self.watch(
            try socket.open(on: self.group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RTMPConnection(socket: socket, services: services, opening: opening)
                    )
                }
            },
            socket
        )
    }

    func openRTSP(_ socket: AdoptedSocket, opening: ByteBuffer? = nil) throws {
        let services = self.services
        self.watch(
            try socket.open(on: self.group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        RTSPConnection(socket: socket, services: services, opening: opening)
                    )
                }
            },
            socket
        )
    }

    func openHTTP(_ socket: AdoptedSocket, _ handover: Handover? = nil, opening: ByteBuffer = ByteBuffer()) throws {
        let services = self.services
        let responder = HTTPResponder(
            hub: services.hub,
            audience: services.audience,
            host: socket.peer.host,
            refusals: services.refusals,
            pages: self.pages
        ) { [weak self] now in
            self?.snapshot(now: now)
                ?? RelaySnapshot(relay: services.spec.name, clock: ClockReading(now), startedAt: Instant(now))
        }
        let onReturn = self.onReturn
        self.watch(
            try socket.open(on: self.group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    var requestQueue: HTTPRequestQueue?
                    if let handover, let onReturn {
                        let made = HTTPRequestQueue(socket: socket, relay: services.spec.name, opening: opening) {
                            socket,
                            bytes in
                            guard let descriptor = socket.take() else { return }
                            onReturn(handover, descriptor, Array(bytes.readableBytesView))
                        }
                        try pipeline.addHandler(made)
                        requestQueue = made
                    }
                    try pipeline.addHTTPServer()
                    try pipeline.addHandler(
                        HTTPConnection(
                            socket: socket,
                            responder: responder,
                            delivery: services.delivery,
                            deadlines: services.deadlines,
                            requestQueue: requestQueue,
                            log: services.log
                        )
                    )
                }
            },
            socket
        )
    }

    /// A connection that ends in SwiftNIO's hands is closed for good; one that was handed over has been taken by then.
    private func watch(_ channel: EventLoopFuture<any Channel>, _ socket: AdoptedSocket) {
        self.opening.follow(channel)
        channel.whenFailure { _ in socket.close() }
    }

    // MARK: Figures

    private var fanoutBeats: [LoopSnapshot] {
        self.engine.lastRounds.enumerated().map { index, round in
            LoopSnapshot(name: "fanout-\(index)", lastTick: Instant(microseconds: round.nanoseconds / 1000))
        }
    }

    package func snapshot(now: Now) -> RelaySnapshot {
        self.snapshot(usage: UsageSnapshot(ProcessUsage.current()), now: now)
    }

    private func snapshot(usage: UsageSnapshot?, now: Now) -> RelaySnapshot {
        let services = self.services
        let acceptors = self.acceptors.withLock { $0 }
        let srt = self.srt.withLock { $0 }
        let streams = services.hub.snapshots(now: now).map { stream in
            var stream = stream
            let formats = services.hub.existing(stream.path.stream)?.formats ?? []
            stream.outputs = services.audience.outputs(of: stream.path.stream, muxing: Set(formats.flatMap(\.served)))
            return stream
        }
        return RelaySnapshot(
            relay: services.spec.name,
            clock: ClockReading(now),
            startedAt: Instant(self.startedAt),
            listeners: (acceptors.map { ($0, $1.address) } + (srt?.address.map { [("srt", $0)] } ?? []))
                .map { name, address in ListenerSnapshot(name: name, address: try? ListenAddress("\(address)")) }
                .sorted { $0.name < $1.name },
            loops: self.beats.snapshots + self.fanoutBeats,
            streams: streams,
            connections: self.gate.open,
            refusedConnections: self.gate.refused,
            admission: self.gate.snapshot,
            publishRefusals: services.refusals.publishRefusals,
            playRefusals: services.refusals.playRefusals,
            refusedSources: services.hub.refusedSources,
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
