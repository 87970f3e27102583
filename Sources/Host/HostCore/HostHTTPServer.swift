internal import Console
internal import Contract
internal import FrontDoor
internal import Health
internal import Linux
internal import Logging
internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import Pages
internal import Sockets
internal import Supervisor
internal import Synchronization
internal import Web

/// Serves the host's own HTTP addresses: health, metrics and a page at the front door, and the console and the API at listeners
/// of their own, from which nothing comes to a relay.
final class HostHTTPServer: Sendable {
    /// What is usual for a stream is known only to who looks regularly.
    private static let observeInterval = TimeAmount.seconds(1)

    private let responder: ConsoleResponder
    private let pages: PageResponder
    private let group: MultiThreadedEventLoopGroup
    private let log: Logger
    private let observing: RepeatedTask
    /// Connections that are open at once at the admin listeners; those that say nothing make room.
    private let adminLimiter = ConnectionLimiter(limits: .init(total: 256, undecided: 128))
    private let localLimiter = ConnectionLimiter(limits: .init(total: 64, undecided: 32))
    private let admin = Mutex<[AdminListener]>([])
    private let local = Mutex<Acceptor?>(nil)

    /// When the streams were last looked at.
    private let looked: Beat

    var lastLook: Instant { Instant(self.looked.last) }

    init(host: HostProcess, token: Secret, group: MultiThreadedEventLoopGroup, log: Logger) {
        let keeper = host.healthMemory
        let responder = ConsoleResponder(host: host, token: token, memory: keeper.load())
        let looked = Beat()
        self.looked = looked
        self.responder = responder
        self.pages = PageResponder(source: host)
        self.group = group
        self.log = log
        self.observing = group.next().scheduleRepeatedTask(
            initialDelay: Self.observeInterval,
            delay: Self.observeInterval
        ) { [weak host, looked] _ in
            responder.observe()
            looked.note()
            guard let host else { return }
            if let memory = responder.memory { keeper.note(memory, now: .monotonic()) }
            host.noteVenues()
            host.openElsewhere.store(host.supervisor.openConnections, ordering: .relaxed)
        }
    }

    /// What of the streams outlives the host; nil before the first look.
    var memory: HealthMemory? { self.responder.memory }

    /// Looks at the relays for the first time: what comes after that is news.
    func look() { self.responder.observe() }

    /// For a thread that may wait: listeners are closed when it returns.
    func stop() {
        self.observing.cancel()
        let (admin, local) = (self.admin.withLock { $0.map(\.acceptor) }, self.local.withLock { $0.take() })
        self.admin.withLock { $0 = [] }
        for acceptor in admin + [local].compactMap(\.self) { acceptor.join() }
    }

    /// A link that logs a browser in to the console; nil where it is off.
    func consoleLink(machine: String?) -> ConsoleLink? { self.responder.makeLink(machine: machine) }

    /// Takes a connection of the front door's for one request.
    func serve(_ arrival: consuming Arrival) {
        let (handover, payload, ticket) = (arrival.handover, arrival.payload, arrival.ticket)
        // What a proxy passes on from loopback comes from nobody on this machine.
        let address = handover.isForeign ? "" : handover.peer
        let caller = Caller(.everybody, address: address, isSecure: handover.isSecure)
        let socket = AdoptedSocket(arrival.release(), peer: handover.address, ticket: ticket)
        self.serve(socket, caller, payload, pages: self.pages)
    }

    /// Answers one request; `payload` was read of it already.
    private func serve(
        _ socket: AdoptedSocket,
        _ caller: Caller,
        _ payload: [UInt8] = [],
        pages: PageResponder? = nil
    ) {
        let (responder, log) = (self.responder, self.log)
        do throws(LinuxError) {
            try socket.open(on: self.group) { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    try pipeline.addHandler(BytesReadAhead(payload))
                    try pipeline.addHTTPServer()
                    try pipeline.addHandler(
                        HostConnection(
                            socket: socket,
                            caller: caller,
                            pages: pages,
                            responder: responder,
                            log: log
                        )
                    )
                }
            }.whenFailure { _ in socket.close() }
        } catch {
            log.error("cannot serve a connection", metadata: ["error": "\(error)"])
            socket.close()
        }
    }
}

// MARK: - Listeners of its own

extension HostHTTPServer {
    /// Takes connections for the console and the API, in place of where it did before; where it is wanted still nobody is
    /// disturbed, and connections that are open go on. Waits for listeners to close.
    ///
    /// - Returns: Where it really listens: port 0 lets the kernel choose.
    /// - Throws: Where one cannot be opened; what was there before is there again.
    func listen(on addresses: [ListenAddress]) throws(ListenFailure) -> [ListenAddress] {
        let before = self.admin.withLock { $0 }
        let kept = before.filter { addresses.contains($0.wanted) }
        let closed = before.filter { place in !addresses.contains(place.wanted) }
        for place in closed { place.acceptor.join() }
        do throws(ListenFailure) {
            var now = kept
            for address in addresses where !kept.contains(where: { $0.wanted == address }) {
                now.append(try self.open(address, at: address))
            }
            self.admin.withLock { $0 = now }
            return now.map(\.bound)
        } catch {
            let again = closed.compactMap { try? self.open($0.wanted, at: $0.bound) }
            self.admin.withLock { $0 = kept + again }
            throw error
        }
    }

    /// Where it listens now.
    var listening: [ListenAddress] { self.admin.withLock { $0.map(\.bound) } }

    private func open(_ wanted: ListenAddress, at address: ListenAddress) throws(ListenFailure) -> AdminListener {
        do {
            let limiter = self.adminLimiter
            let acceptor = try Acceptor(
                name: ListenSpec.adminName,
                on: InternetAddress(parsing: address.description),
                makeRoom: { limiter.makeRoom() },
                log: self.log
            ) { [weak self] socket in
                let peer = socket.peer ?? InternetAddress(.anyV4, port: 0)
                self?.admit(socket.release(), limiter, peer, Caller(.admin, address: "\(peer)"))
            }
            return AdminListener(wanted: wanted, bound: try ListenAddress("\(acceptor.address)"), acceptor: acceptor)
        } catch {
            let code = (error as? LinuxError)?.code ?? 0
            throw ListenFailure(name: ListenSpec.adminName, address: address, code: code)
        }
    }

    /// Takes connections of this machine's users at a unix socket; the kernel says which user each is.
    ///
    /// - Parameters:
    ///   - path: Of the socket, which must not be there.
    ///   - owner: Who may use the API there, besides root.
    /// - Throws: Where the socket cannot be made.
    func listen(at path: String, owner: UInt32) throws(LinuxError) {
        let limiter = self.localLimiter
        let listener = try UnixSocket.listen(at: path)
        let acceptor = try Acceptor(name: "local", local: listener, log: self.log) { [weak self] socket in
            let descriptor = socket.release()
            guard let peer = try? UnixSocket.peer(of: descriptor) else { return }
            let caller = Caller(.local(isOwner: peer.user == owner || peer.user == 0))
            self?.admit(descriptor, limiter, InternetAddress(.loopbackV4, port: 0), caller)
        }
        self.local.withLock { $0 = acceptor }
    }

    private func admit(
        _ descriptor: consuming OwnedDescriptor,
        _ limiter: ConnectionLimiter,
        _ peer: InternetAddress,
        _ caller: Caller
    ) {
        // Over the limit it is closed without a word.
        guard let ticket = try? limiter.admit(from: peer.host, .http, elsewhere: 0) else { return }
        self.serve(AdoptedSocket(descriptor, peer: peer, ticket: ticket), caller)
    }
}

/// A listener of the console's: what was asked for, and what it got.
struct AdminListener: Sendable {
    let wanted: ListenAddress
    let bound: ListenAddress
    let acceptor: Acceptor
}

/// Lets bytes that were read before the channel was there go first.
final class BytesReadAhead: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let bytes: [UInt8]

    init(_ bytes: [UInt8]) {
        self.bytes = bytes
    }

    func channelActive(context: ChannelHandlerContext) {
        context.fireChannelActive()
        guard !self.bytes.isEmpty else { return }
        context.fireChannelRead(self.wrapInboundOut(ByteBuffer(bytes: self.bytes)))
        context.fireChannelReadComplete()
    }
}
