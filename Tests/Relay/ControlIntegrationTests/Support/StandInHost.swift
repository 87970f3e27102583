import Contract
import Control
import Foundation
import Linux
import Logging
import NIOCore
import Sockets
import Synchronization
import Toolkit
import Wire

/// Plays the host for a real relay: it starts it with one end of a channel, accepts its connections and hands them over.
final class StandInHost: Sendable {
    struct Received: Sendable {
        let message: RelayMessage
        let payload: [UInt8]
        let descriptor: HeldDescriptor?
    }

    struct Silent: Error {
        let ending: ControlError?
    }

    let program: Program
    let channel: HostSideChannel
    let store = RelayStore()
    private let inbox: Inbox
    private let acceptors = Mutex<[Acceptor]>([])
    private let number = Atomic<UInt64>(0)

    static var log: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    static func spec(
        key: String? = "secret",
        play: PlayPolicy = .open,
        tick: Duration = .milliseconds(20),
        limits: LimitsSpec = .standard,
        venues: [String: String] = [:],
        streams: [StreamSpec]? = nil
    ) throws -> RelaySpec {
        try RelaySpec(
            name: RelayName("live"),
            publishKey: key.map { try Secret($0) },
            play: play,
            tick: tick,
            limits: limits,
            hls: HLSSpec(segment: .seconds(1)),
            venues: venues.map { VenueSpec(name: try VenueName($0.key), token: try Secret($0.value)) },
            streams: streams
        )
    }

    /// A relay that has said hello.
    static func start(arguments: [String] = []) async throws -> StandInHost {
        let pair = try TCPSocket.pair()
        let program = try Program.start(
            Checkout.product("transponder-relay"),
            ["--control", "3"] + arguments,
            inheriting: pair.second.number
        )
        let host = try StandInHost(program: program, pair.first)
        guard case .hello(version: RelayMessage.languageVersion, build: _) = try await host.next().message else {
            throw Silent(ending: nil)
        }
        return host
    }

    /// A relay that serves by the spec.
    static func start(_ spec: RelaySpec, arguments: [String] = []) async throws -> StandInHost {
        let host = try await Self.start(arguments: arguments)
        _ = try await host.configure(spec)
        return host
    }

    private init(program: Program, _ socket: consuming OwnedDescriptor) throws {
        self.program = program
        let (inbox, store) = (Inbox(), self.store)
        self.inbox = inbox
        self.channel = try HostSideChannel(socket, name: "host", limits: .ofHost) { received in
            let held: HeldDescriptor? =
                switch received.takeDescriptor() {
                case .some(let descriptor): HeldDescriptor(descriptor)
                case .none: nil
                }
            switch received.message {
            case .store(let stored): store.keep(stored, held)
            case .discard(let number): store.discard(number)
            default: inbox.put(Received(message: received.message, payload: received.payload, descriptor: held))
            }
        } onEnd: {
            inbox.end($0)
        }
    }

    /// What the relay says next; sockets that it asks for it is given meanwhile.
    func next() async throws -> Received {
        while true {
            guard let received = await self.inbox.next() else { throw Silent(ending: self.inbox.ending) }
            guard case .request(let number, let request) = received.message else { return received }
            if try self.lend(number, request) { continue }
            guard case .push(_, let name) = request, let destination = self.store.destination(name) else {
                return received
            }
            // As many as any kind of destination may have.
            let first = try InternetAddress(parsing: destination)
            let count = 2 * PushPorts.tracks
            var port: UInt16 = 0
            for index in 0..<count {
                let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: port), sharesPort: true)
                port = try UDPSocket.localAddress(of: socket).port
                let other = PushPorts.port(of: index, from: first.port) ?? first.port
                try UDPSocket.connect(socket, to: InternetAddress(first.host, port: other))
                let purpose = SocketPurpose.request(number, index: index, count: count)
                let grant = SocketGrant(purpose: purpose, port: port, destination: destination)
                try self.channel.send(.socket(grant), descriptor: socket)
            }
        }
    }

    /// Gives it sockets for a session by RTSP.
    ///
    /// - Returns: false where it asks for something else, or no ports are set apart.
    private func lend(_ number: UInt64, _ request: DatagramRequest) throws -> Bool {
        guard let ports = self.store.ports else { return false }
        let sockets: [HeldDescriptor]
        let port: UInt16
        switch request {
        case .viewer(let peer): (sockets, port) = try ports.viewers.sockets(to: .loopbackV4, peer)
        case .publisher(let peer): (sockets, port) = try ports.pool.publisher(.loopbackV4, peer)
        case .push, .call, .multicast: return false
        }
        for (index, socket) in sockets.enumerated() {
            let purpose = SocketPurpose.request(number, index: index, count: sockets.count)
            guard let descriptor = socket.take() else { continue }
            try self.channel.send(.socket(SocketGrant(purpose: purpose, port: port)), descriptor: descriptor)
        }
        return true
    }

    /// - Returns: what is deferred.
    func configure(_ spec: RelaySpec) async throws -> [String] {
        try self.channel.send(.configure(spec))
        while true {
            if case .configured(let deferred) = try await self.next().message { return deferred }
        }
    }

    func beat() async throws -> RelaySnapshot {
        let number = self.number.add(1, ordering: .relaxed).newValue
        try self.channel.send(.beat(number))
        while true {
            if case .beat(number, let snapshot) = try await self.next().message { return snapshot }
        }
    }

    /// Gives the relay what it asks for meanwhile.
    func whileServed(_ body: @escaping @Sendable () async throws -> Void) async throws {
        let served = Served()
        let task = Task {
            defer { served.isOver.store(true, ordering: .releasing) }
            try await body()
        }
        while !served.isOver.load(ordering: .acquiring) { _ = try await self.beat() }
        try await task.value
    }

    func perform(_ order: RelayOrder) async throws -> OrderOutcome {
        let number = self.number.add(1, ordering: .relaxed).newValue
        try self.channel.send(.perform(number, order))
        while true {
            if case .done(number, let outcome) = try await self.next().message { return outcome }
        }
    }

    func viewers() async throws -> [ViewerSnapshot] {
        guard case .viewers(let viewers) = try await self.perform(.listViewers) else { return [] }
        return viewers
    }

    /// Asks for beats until one shows what is waited for.
    func beats(until isSo: (RelaySnapshot) -> Bool) async throws -> RelaySnapshot {
        while true {
            let snapshot = try await self.beat()
            if isSo(snapshot) { return snapshot }
            try await Task.sleep(for: .milliseconds(50))
        }
    }

    // MARK: Doors

    /// Accepts HTTP connections and hands them over unread; `127.0.0.1:PORT`. The kernel keeps so many bytes for each.
    func openHTTP(sendBuffer: Int? = nil) throws -> String {
        try self.openUnread(.http, sendBuffer: sendBuffer)
    }

    /// Accepts RTSP connections and hands them over unread; `127.0.0.1:PORT`.
    func openRTSP() throws -> String {
        try self.openUnread(.rtsp)
    }

    private func openUnread(_ stage: Handover.Stage, sendBuffer: Int? = nil) throws -> String {
        let (channel, store) = (self.channel, self.store)
        return try self.open { socket in
            let handover = Handover(stage: stage, peer: socket.peer.map { "\($0)" } ?? "", isSecure: false)
            let descriptor = socket.release()
            if let sendBuffer { try? TCPSocket.setSendBuffer(descriptor, bytes: sendBuffer) }
            store.note(handover, of: descriptor)
            try? channel.send(.connection(handover), descriptor: descriptor)
        }
    }

    /// Kills the relay, and starts another that goes on with what it left; `meanwhile` happens while there is none.
    func succeed(
        _ spec: RelaySpec,
        meanwhile: () async throws -> Void = {}
    ) async throws -> StandInHost {
        self.program.signal(SIGKILL)
        _ = try await self.program.result(within: .seconds(10))
        try await meanwhile()
        let next = try await Self.start(spec)
        try next.restore(self.store)
        return next
    }

    private func restore(_ store: RelayStore) throws {
        let all = store.all
        self.store.takeDestinations(of: store)
        for (stored, held) in all {
            guard let copy = try held.duplicate() else { continue }
            self.store.keep(stored, HeldDescriptor(try held.duplicate() ?? copy.duplicate()))
            let handover = stored.kind == .connection ? store.handover(of: copy) : nil
            if let handover { self.store.note(handover, of: copy) }
            try self.channel.send(.restore(stored, handover), descriptor: copy)
        }
        try self.channel.send(.resume(count: all.count))
    }

    /// Accepts RTMP connections and does their handshake.
    func openRTMP() throws -> String {
        let (channel, store) = (self.channel, self.store)
        return try self.open { socket in
            let peer = socket.peer.map { "\($0)" } ?? ""
            let held = HeldDescriptor(socket.release())
            _ = try? WorkerThread(name: "handshake") {
                guard let descriptor = held.take(), let opening = try? Handshake.perform(on: descriptor) else { return }
                let handover = Handover(stage: .rtmp, peer: peer, isSecure: false)
                store.note(handover, of: descriptor)
                try? channel.send(.connection(handover), payload: opening, descriptor: descriptor)
            }
        }
    }

    private func open(_ onConnection: @escaping @Sendable (consuming AcceptedSocket) -> Void) throws -> String {
        let acceptor = try Acceptor(
            name: "door",
            on: InternetAddress(.loopbackV4, port: 0),
            log: Self.log,
            onConnection: onConnection
        )
        self.acceptors.withLock { $0.append(acceptor) }
        return "\(acceptor.address)"
    }
}

/// Whether what a relay was served for is over.
private final class Served: Sendable {
    let isOver = Atomic(false)
}

/// What a relay has its host keep.
final class RelayStore: Sendable {
    private let entries = Mutex<[UInt64: (StoredDescriptor, HeldDescriptor)]>([:])
    private let handovers = Mutex<[SocketCookie: Handover]>([:])
    private let destinations = Mutex<[DestinationName: String]>([:])

    /// Where sessions by RTSP have their UDP ports from.
    struct Ports {
        let pool: PortPool
        let viewers: ViewerPorts
    }

    private let pool = Mutex<Ports?>(nil)

    var ports: Ports? { self.pool.withLock { $0 } }

    /// Sets ports apart for sessions by RTSP.
    func setApart(_ range: PortRange) {
        let pool = PortPool(range)
        self.pool.withLock { $0 = Ports(pool: pool, viewers: ViewerPorts(pool)) }
    }

    /// Where a destination of the configuration is.
    func destine(_ name: DestinationName, to address: String) { self.destinations.withLock { $0[name] = address } }

    func takeDestinations(of other: RelayStore) {
        let known = other.destinations.withLock { $0 }
        self.destinations.withLock { $0 = known }
        let ports = other.ports
        self.pool.withLock { $0 = ports }
    }

    func destination(_ name: DestinationName) -> String? { self.destinations.withLock { $0[name] } }

    /// What was said of a connection when it was handed over.
    func note(_ handover: Handover, of connection: borrowing OwnedDescriptor) {
        guard let cookie = SocketCookie(of: connection) else { return }
        self.handovers.withLock { $0[cookie] = handover }
    }

    func handover(of connection: borrowing OwnedDescriptor) -> Handover? {
        SocketCookie(of: connection).flatMap { cookie in self.handovers.withLock { $0[cookie] } }
    }

    func keep(_ stored: StoredDescriptor, _ descriptor: HeldDescriptor?) {
        self.entries.withLock { entries in
            guard let descriptor = descriptor ?? entries[stored.number]?.1 else { return }
            entries[stored.number] = (stored, descriptor)
        }
    }

    func discard(_ number: UInt64) { self.entries.withLock { $0[number] = nil } }

    var all: [(StoredDescriptor, HeldDescriptor)] {
        self.entries.withLock { $0.sorted { $0.key < $1.key }.map(\.value) }
    }
}

/// The server's part of an RTMP handshake, as a host does it.
enum Handshake {
    /// - Returns: what came behind it.
    static func perform(on socket: borrowing OwnedDescriptor) throws -> [UInt8] {
        var poller = try Poller.make(capacity: 1)
        try poller.add(socket, token: 0, for: .readable)
        var handshake = RTMPServerHandshake(nonce: 7)
        var bytes = ByteBuffer()
        var isDone = false
        while !isDone || bytes.readableBytes == 0 {
            if !isDone {
                switch try handshake.next(from: &bytes, at: 0) {
                case .more: break
                case .send(let answer):
                    _ = try TCPSocket.send(Array(answer.readableBytesView), to: socket)
                    continue
                case .done:
                    isDone = true
                    continue
                }
            }
            var chunk = [UInt8](repeating: 0, count: 4096)
            switch try TCPSocket.receive(into: &chunk, from: socket) {
            case .transferred(let count): bytes.writeBytes(chunk[..<count])
            case .wouldBlock: _ = try poller.wait(for: nil)
            case .endOfStream: throw ControlError.closedByPeer
            }
        }
        return Array(bytes.readableBytesView)
    }
}

/// What came, for whoever waits for it.
private final class Inbox: Sendable {
    private struct State {
        var received: [StandInHost.Received] = []
        var ending: ControlError?
        var waiter: CheckedContinuation<StandInHost.Received?, Never>?
    }

    private let state = Mutex(State())

    var ending: ControlError? { self.state.withLock { $0.ending } }

    func put(_ received: StandInHost.Received) {
        self.state.withLock { state in
            if let waiter = state.waiter.take() {
                waiter.resume(returning: received)
            } else {
                state.received.append(received)
            }
        }
    }

    func end(_ error: ControlError) {
        self.state.withLock { state in
            state.ending = error
            state.waiter.take()?.resume(returning: nil)
        }
    }

    func next() async -> StandInHost.Received? {
        await withCheckedContinuation { continuation in
            self.state.withLock { state in
                if !state.received.isEmpty {
                    continuation.resume(returning: state.received.removeFirst())
                } else if state.ending != nil {
                    continuation.resume(returning: nil)
                } else {
                    state.waiter = continuation
                }
            }
        }
    }
}
