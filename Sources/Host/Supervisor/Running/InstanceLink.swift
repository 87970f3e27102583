import Containers
import Contract
import Control
import Linux
import Sockets
import Synchronization

/// One instance as the host holds it: its control socket, its container, and the orders it has not answered.
final class InstanceLink: Sendable {
    private enum Container {
        case making
        /// Whoever asked for its removal wants it as soon as there is something to remove.
        case unwanted
        case running(any ContainerInstance)
        case gone
    }

    let id: InstanceID
    let orders: OrderBook
    let datagrams: DatagramBroker
    /// UDP sockets that it may have kept for its successor.
    let sockets = GivenSockets()
    private let peers = SessionPeers()
    /// The sockets of the relay's configuration that it has been given.
    private let given = Mutex<Set<SocketNeed>>([])
    private let loans = Mutex(LoanBook<HeldDescriptor>())
    private let connectionsGiven = Atomic(0)
    private let isResumed = Atomic(false)
    private let lastWord = AsyncStream.makeStream(of: Never.self)
    private let channel = Mutex<HostSideChannel?>(nil)
    private let container = Mutex(Container.making)

    init(_ id: InstanceID, pool: PortPool, addresses: SendingAddresses, orderLimit: Duration) {
        self.id = id
        self.orders = OrderBook(limit: orderLimit)
        self.datagrams = DatagramBroker(pool: pool, addresses: addresses, peers: self.peers, given: self.sockets)
    }

    /// Gives it what it has not been given yet of the sockets that there are.
    ///
    /// - Returns: why that did not work, as ``send(_:payload:descriptor:)`` does.
    func supply(_ shelf: SocketShelf) -> ControlError? {
        let stocked = shelf.stocked
        let missing = self.given.withLock { given in
            // What is there no more is given anew should it come back.
            given.formIntersection(stocked)
            return stocked.filter { !given.contains($0) }
        }
        for need in missing {
            guard let socket = shelf.copy(of: need) else { continue }
            let grant = SocketGrant(purpose: need.purpose, port: need.address.port)
            if let error = self.send(.socket(grant), descriptor: socket) { return error }
            self.given.withLock { _ = $0.insert(need) }
        }
        return nil
    }

    func hold(_ channel: HostSideChannel) {
        self.channel.withLock { $0 = channel }
    }

    /// Nil: it is on its way. Otherwise why not; the descriptor is closed then.
    func send(
        _ message: HostMessage,
        payload: [UInt8] = [],
        descriptor: consuming OwnedDescriptor? = nil
    ) -> ControlError? {
        guard let channel = self.channel.withLock({ $0 }) else { return .closed }
        do throws(ControlError) {
            try channel.send(message, payload: payload, descriptor: descriptor)
            return nil
        } catch {
            return error
        }
    }

    // MARK: Connections

    /// Gives it a connection. The descriptor comes back where it is dead by now, and is closed where it cannot be told.
    func give(_ descriptor: consuming OwnedDescriptor, _ delivery: PendingConnection, now: Instant) -> (
        back: HeldDescriptor?, error: ControlError?
    ) {
        // Before it is given away: from then on somebody else may read and write on it.
        let progress = SocketProgress(of: descriptor)
        let copy = progress == nil ? nil : HeldDescriptor(copyOf: descriptor)
        let cookie = SocketCookie(of: descriptor)
        let (isOver, settled) = self.loans.withLock { loans in
            var settled: HeldDescriptor?
            if let progress, let copy { settled = loans.lend(delivery, copy, progress, cookie: cookie, now: now) }
            return (loans.isClosed, settled)
        }
        if let settled { Self.letGo([settled]) }
        if isOver { return (HeldDescriptor(descriptor), nil) }
        self.connectionsGiven.add(1, ordering: .relaxed)
        self.peers.note(delivery.handover)
        return (nil, self.send(.connection(delivery.handover), payload: delivery.payload, descriptor: descriptor))
    }

    /// It has given a connection back.
    func noteReturn() {
        self.connectionsGiven.subtract(1, ordering: .relaxed)
    }

    /// Connections that it may have, at most: those that it was given and has not given back.
    var mostConnections: Int { self.connectionsGiven.load(ordering: .relaxed) }

    /// It has begun to answer a connection. What the host has of it beside what is stored, which is for the caller to close.
    func settleLoan(of cookie: SocketCookie) -> HeldDescriptor? { self.loans.withLock { $0.settle(cookie) } }

    /// Whether there are connections that it may not have begun to answer.
    var hasLoans: Bool { self.loans.withLock { $0.count > 0 } }

    /// Lets go of connections that it has begun to answer.
    func settleLoans(now: Instant) {
        Self.letGo(self.loans.withLock { $0.settle(now: now) { SocketProgress(of: $0) } })
    }

    /// It is dead: the connections that it never answered.
    func callInLoans() -> [(delivery: PendingConnection, socket: HeldDescriptor)] {
        let (left, settled) = self.loans.withLock { $0.callIn { SocketProgress(of: $0) } }
        Self.letGo(settled)
        return left
    }

    /// Closes sockets that the instance had, too. Not under a lock: the host's descriptor may be the last.
    private static func letGo(_ sockets: [HeldDescriptor]) {
        for socket in sockets { _ = socket.lend { TCPSocket.clearLinger(of: $0) } }
    }

    // MARK: What its predecessor left

    /// Whether it may store anything.
    var wasResumed: Bool { self.isResumed.load(ordering: .acquiring) }

    func noteResumption() { self.isResumed.store(true, ordering: .releasing) }

    /// Gives it what its predecessor had. Where it cannot be told, its end says so.
    func restore(_ stored: StoredDescriptor, _ handover: Handover?, _ held: HeldDescriptor) {
        if stored.kind == .connection { self.connectionsGiven.add(1, ordering: .relaxed) }
        if let handover { self.peers.note(handover) }
        try? self.channel.withLock { $0 }?.send(.restore(stored, handover), sharing: held)
    }

    /// It is given a UDP socket that its predecessor had.
    func noteSocket(_ held: HeldDescriptor) {
        self.sockets.note(held)
        self.datagrams.noteRestored(held)
    }

    func resume(count: Int) { _ = self.send(.resume(count: count)) }

    // MARK: Its end

    /// Its control socket is read to the end.
    func noteLastWord() { self.lastWord.continuation.finish() }

    /// Returns when everything is heard that it said while it lived. The process is dead, so only a descriptor of its control
    /// socket that got away could keep that up.
    func awaitLastWord(within limit: Duration) async {
        let words = self.lastWord.stream
        await withTaskGroup(of: Void.self) { group in
            group.addTask { for await _ in words {} }
            group.addTask { try? await Task.sleep(for: limit) }
            await group.next()
            group.cancelAll()
        }
    }

    // MARK: The container

    /// The container runs. The container again if it is to be removed at once.
    func started(_ instance: any ContainerInstance) -> (any ContainerInstance)? {
        self.container.withLock { container in
            switch container {
            case .unwanted, .gone:
                container = .gone
                return instance
            case .making, .running:
                container = .running(instance)
                return nil
            }
        }
    }

    /// The runtime could not start it. Whether its removal was asked for meanwhile.
    func failedToStart() -> Bool {
        self.close()
        return self.container.withLock { container in
            defer { container = .gone }
            if case .unwanted = container { return true }
            return false
        }
    }

    /// Ends the control socket, and gives out the container for removal, once; nil where it is still being made.
    func abandon() -> (any ContainerInstance)? {
        self.close()
        return self.container.withLock { container in
            switch container {
            case .making, .unwanted:
                container = .unwanted
                return nil
            case .running(let instance):
                container = .gone
                return instance
            case .gone:
                return nil
            }
        }
    }

    func kill() {
        self.container.withLock { container in
            if case .running(let instance) = container { instance.signal(Self.killSignal) }
        }
    }

    /// As ``ContainerInstance/throttled``; nil while it is being made, too.
    var throttled: Duration? {
        guard case .running(let instance) = self.container.withLock({ $0 }) else { return nil }
        return instance.throttled
    }

    /// SIGKILL, signal(7).
    private static let killSignal: Int32 = 9

    private func close() {
        self.channel.withLock { $0.take() }?.close()
        self.orders.close()
    }
}
