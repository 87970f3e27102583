import Admission
import Contract
import Fanout
import Linux
import Logging
import Media
import NIOCore
import NIOPosix
import Sessions
import Sockets
import Streams
import Synchronization

/// A source that the configuration declares, and whose packets come to ports of its own: it goes on air by itself, falls
/// silent, and comes back.
package final class DeclaredSource: Sendable {
    /// What a socket is for.
    package struct Place: Hashable, Sendable {
        let media: Int
        let isReports: Bool

        package init(media: Int, isReports: Bool) {
            self.media = media
            self.isReports = isReports
        }
    }

    struct Datagram {
        let bytes: ByteBuffer
        let sender: InternetAddress
    }

    struct State {
        var spec: StreamSpec
        var session: DatagramSession?
        var ports: [Place: Port] = [:]
        var onAir: OnAir?
        /// Where what comes is kept for the process that goes on when this one dies, while it is on air.
        var memory: DatagramMemory?
        /// It is not put on air before then: it was refused, removed, or has just said goodbye.
        var holdOff: Int64?
        var lastReport: Int64 = 0
        var lastForeign: (count: UInt64, said: Int64) = (0, -DeclaredSource.foreignInterval)
        /// Packets of strangers that the kernel kept out.
        var refused: UInt64 = 0
        var timer: (at: Int64, task: Scheduled<Void>)?
        var isStopped = false
    }

    struct Port {
        let channel: any Channel
        var filter: SocketFilter?
    }

    /// How long after a goodbye stray packets begin nothing, µs.
    private static let goodbyeTime: Int64 = 500_000
    private static let reportInterval: Int64 = 1_000_000
    private static let foreignInterval: Int64 = 10_000_000

    let name: StreamName
    let services: RelayServices
    private let loop: any EventLoop
    /// Makes the memory of a source that outlives the process; nil: none does.
    let makeMemory: (@Sendable () -> DatagramMemory?)?
    let log: Logger
    let state: Mutex<State>

    init(
        _ spec: StreamSpec,
        services: RelayServices,
        loop: any EventLoop,
        makeMemory: (@Sendable () -> DatagramMemory?)? = nil
    ) {
        self.name = spec.name
        self.services = services
        self.makeMemory = makeMemory
        self.loop = loop
        var log = services.log
        log[metadataKey: "stream"] = "\(spec.name)"
        self.log = log
        self.state = Mutex(State(spec: spec, session: Self.session(spec, services, log)))
    }

    private static func session(_ spec: StreamSpec, _ services: RelayServices, _ log: Logger) -> DatagramSession? {
        do throws(DatagramRefusal) {
            return try DatagramSession(
                spec,
                timeout: services.spec.sourceTimeout,
                random: .random(in: .min ... .max),
                log: log
            )
        } catch {
            log.error("a declared source cannot be received", metadata: ["reason": "\(error.sentence)"])
            return nil
        }
    }

    // MARK: Sockets

    /// Reads from a socket, in place of the one there was.
    func open(_ descriptor: consuming OwnedDescriptor, at place: Place) {
        let room = DatagramRoom()
        let bootstrap = room.apply(to: DatagramBootstrap(group: self.loop))
            .channelInitializer { [weak self] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard let self else { throw ChannelError.alreadyClosed }
                    try channel.pipeline.syncOperations.addHandler(DatagramHandler(self, place, room))
                }
            }
        let filter = SocketFilter(descriptor)
        bootstrap.withBoundSocket(descriptor.release()).whenComplete { [weak self, log] result in
            switch result {
            case .success(let channel):
                guard let self else { return channel.close(promise: nil) }
                let port = Port(channel: channel, filter: filter)
                let before = self.state.withLock { state in
                    state.isStopped ? port : state.ports.updateValue(port, forKey: place)
                }
                before?.channel.close(promise: nil)
            case .failure(let error):
                log.error("a UDP port cannot be read", metadata: ["error": "\(error)"])
            }
        }
    }

    /// Goes on by another declaration of the stream; sockets that it does not mean are closed.
    func change(to spec: StreamSpec) {
        let (stale, left) = self.state.withLock { state -> ([any Channel], OnAir?) in
            guard spec.source != state.spec.source else {
                state.spec = spec
                return ([], nil)
            }
            let kept = Set(spec.socketNeeds).intersection(state.spec.socketNeeds)
            let places = Set(kept.compactMap(Place.init))
            let stale = state.ports.filter { !places.contains($0.key) }
            for place in stale.keys { state.ports[place] = nil }
            state.spec = spec
            state.session = Self.session(spec, self.services, self.log)
            (state.refused, state.lastForeign.count) = (0, 0)
            state.endMemory()
            self.updateFilters(&state, SystemClock.now)
            defer { state.onAir = nil }
            return (stale.values.map(\.channel), state.onAir)
        }
        for channel in stale { channel.close(promise: nil) }
        left?.leave(.removed, now: SystemClock.now)
    }

    func stop() {
        let (channels, onAir) = self.state.withLock { state in
            defer {
                state.ports = [:]
                state.onAir = nil
                state.timer = nil
            }
            state.isStopped = true
            state.session = nil
            state.endMemory()
            // The sockets are the host's, and may be another's next.
            self.updateFilters(&state, SystemClock.now)
            state.timer?.task.cancel()
            return (state.ports.values.map(\.channel), state.onAir)
        }
        for channel in channels { channel.close(promise: nil) }
        onAir?.leave(.removed, now: SystemClock.now)
    }

    // MARK: On the event loop

    /// Takes what the kernel gave at a time. All of it is kept before any of it is read, so that a death in the midst loses
    /// nothing of it; and it is written down where the reader stands when all of it is read.
    func receive(_ datagrams: [Datagram], at place: Place) {
        let now = SystemClock.now
        self.state.withLock { state in
            state.keep(datagrams, at: place, now)
            for datagram in datagrams { self.receive(datagram, at: place, now, &state) }
            state.writeCheckpoint(now)
            self.updateFilters(&state, now)
            self.tell(now, &state)
            self.arm(&state, now)
        }
    }

    private func receive(_ datagram: Datagram, at place: Place, _ now: Now, _ state: inout State) {
        guard
            let arrival = state.session?.receive(
                datagram.bytes,
                from: datagram.sender,
                media: place.media,
                isReports: place.isReports,
                now: now
            ), arrival.verdict != .foreign
        else { return }
        if arrival.verdict == .new, let onAir = state.onAir.take() {
            state.endMemory()
            onAir.leave(.disconnected, now: now)
        }
        if !place.isReports { self.hear(arrival, from: datagram.sender, now, &state) }
        if arrival.isGoodbye {
            state.holdOff = now.monotonic + Self.goodbyeTime
            state.endMemory()
            state.onAir.take()?.leave(.ended, now: now)
        }
    }

    /// Tells the kernel whose packets are wanted where that has changed.
    private func updateFilters(_ state: inout State, _ now: Now) {
        for (place, port) in state.ports {
            let wanted = state.session?.admission(media: place.media, isReports: place.isReports, now: now)
            guard port.filter?.admission != wanted else { continue }
            state.refused += state.ports[place]?.filter?.admit(wanted) ?? 0
        }
    }

    private func hear(
        _ arrival: DatagramSession.Arrival,
        from sender: InternetAddress,
        _ now: Now,
        _ state: inout State
    ) {
        if state.onAir == nil { self.claim(for: sender, now, &state) }
        guard let onAir = state.onAir, !onAir.publish(arrival.events, arrival.media, now: now) else { return }
        // Somebody had it removed: it is given time to be switched off before it is taken for a new one.
        state.onAir = nil
        state.endMemory()
        state.holdOff = now.monotonic + self.services.spec.sourceTimeout.microseconds
    }

    private func claim(for sender: InternetAddress, _ now: Now, _ state: inout State) {
        if let holdOff = state.holdOff, now.monotonic < holdOff { return }
        let admission = PublisherAdmission(
            self.services.admission,
            kind: .rtp,
            clock: .unbounded,
            peer: "\(sender)",
            log: self.log
        )
        do throws(PublishDenial) {
            let request = PublishRequest(stream: .success(self.name), key: nil, isDeclared: true)
            state.onAir = try admission.claim(request) { _ in }
            state.memory = self.makeMemory?()
        } catch {
            state.holdOff = now.monotonic + Self.reportInterval
        }
    }

    private func tell(_ now: Now, _ state: inout State) {
        if now.monotonic - Self.reportInterval >= state.lastReport, var link = state.session?.link {
            state.lastReport = now.monotonic
            for place in state.ports.keys { state.refused += state.ports[place]?.filter?.refused() ?? 0 }
            link.foreign += state.refused
            state.onAir?.report(link)
        }
        let foreign = (state.session?.foreign ?? 0) + state.refused
        guard foreign > state.lastForeign.count, now.monotonic - Self.foreignInterval >= state.lastForeign.said else {
            return
        }
        self.log.warning(
            "packets of a stranger left out",
            metadata: ["packets": "\(foreign - state.lastForeign.count)"]
        )
        state.lastForeign = (foreign, now.monotonic)
    }

    // MARK: Time

    /// Has ``turn()`` called when there is next something to do.
    private func arm(_ state: inout State, _ now: Now) {
        let deadlines = [state.session?.deadline, state.session?.admissionDeadline(now: now)].compactMap(\.self)
        guard let deadline = deadlines.min() else { return }
        if let timer = state.timer, timer.at <= deadline { return }
        state.timer?.task.cancel()
        let wait = TimeAmount.microseconds(max(deadline - now.monotonic, 1000))
        let task = self.loop.scheduleTask(in: wait) { [weak self] in
            guard let self else { return }
            self.turn()
        }
        state.timer = (deadline, task)
    }

    private func turn() {
        let now = SystemClock.now
        self.state.withLock { state in
            state.timer = nil
            let events = state.session?.tick(now: now) ?? []
            if !events.isEmpty, let onAir = state.onAir { _ = onAir.publish(events, now: now) }
            for report in state.session?.reports(now: now) ?? [] { self.send(report, state) }
            self.updateFilters(&state, now)
            self.tell(now, &state)
            self.arm(&state, now)
        }
    }

    private func send(_ report: DatagramSession.Report, _ state: State) {
        guard self.services.ports.answersSources else { return }
        let places = [true, false].map { Place(media: report.media, isReports: $0) }
        guard let place = places.first(where: { state.ports[$0] != nil }), let channel = state.ports[place]?.channel,
            // By one that can only be received from the kernel sends nothing, and the attempt would close it.
            !state.spec.socketNeeds.contains(where: { $0.isReceiveOnly && Place($0) == place }),
            let address = try? SocketAddress(
                ipAddress: "\(report.destination.host)",
                port: Int(report.destination.port)
            )
        else { return }
        channel.writeAndFlush(AddressedEnvelope(remoteAddress: address, data: report.bytes), promise: nil)
    }
}

extension DeclaredSource.Place {
    /// Nil where the socket is for something else.
    init?(_ need: SocketNeed) {
        guard case .source(_, let media, let isReports) = need.purpose else { return nil }
        self.init(media: media, isReports: isReports)
    }
}
