import Contract
import Linux
import Logging
import Sockets

/// The front door's thread: accepts, finds out whom connections are for, and hands them on.
///
/// Everything here belongs to that one thread; others reach it through the inbox.
final class DoorLoop {
    /// What the thread is given when it starts.
    struct Services: Sendable {
        let reception: any Reception
        let limits: FrontDoorLimits
        let limiter: ConnectionLimiter
        let ledger: DoorLedger
        let inbox: DoorInbox
        /// Connections that relays have, to be counted against the total.
        let openElsewhere: @Sendable () -> Int
        /// Takes what was accepted at a TLS listener.
        let secure: @Sendable (consuming Arrival) -> Void
        /// Takes what a trusted proxy has opened, until it has said for whom.
        let proxies: ProxyEntrance
        let log: Logger
    }

    /// A listener, in a box because dictionaries hold no owners.
    final class Listener {
        let kind: DoorProtocol
        /// Where it really listens.
        let address: ListenAddress
        let descriptor: OwnedDescriptor

        init(_ kind: DoorProtocol, at address: ListenAddress, _ descriptor: consuming OwnedDescriptor) {
            self.kind = kind
            self.address = address
            self.descriptor = descriptor
        }
    }

    enum Token {
        static let wake: UInt64 = 0
        /// Listeners and connections are numbered from here on as they come.
        static let first: UInt64 = 1
    }

    let services: Services
    var poller: Poller
    var now = MonotonicClock.now
    var listeners: [UInt64: Listener] = [:]
    var connections: [UInt64: DoorConnection] = [:]
    var waiting: [RelayName: [UInt64]] = [:]
    var deadlines = DeadlineQueue()
    var report = RefusalReport()
    var scratch = [UInt8](repeating: 0, count: FrontDoorLimits.readBytes)
    var resting: MonotonicInstant?
    var isDraining = false
    private var isStopping = false
    private var nextID = Token.first

    init(_ services: Services, poller: consuming Poller) {
        self.services = services
        self.poller = poller
    }

    func run() {
        while !(self.isStopping && self.connections.isEmpty) {
            do {
                let count = try self.poller.wait(nanoseconds: self.waitTime)
                self.now = MonotonicClock.now
                self.services.ledger.beat.note(self.now)
                for index in 0..<count { self.handle(self.poller[index]) }
            } catch {
                self.services.log.error("the front door cannot wait for connections", metadata: ["error": "\(error)"])
                break
            }
            self.obey()
            while let entry = self.deadlines.take(now: self.now) { self.expire(entry) }
            if let resting = self.resting, resting <= self.now { self.goOnAccepting() }
            self.report.tell(self.services.log, now: self.now)
        }
        self.services.inbox.close()
    }

    /// Comes round so often even when nobody does, as a sign of life.
    static let longestWait = Duration.seconds(1)

    private var waitTime: Int64 {
        let next = [self.deadlines.next, self.report.due, self.resting].compactMap { $0 }.min()
        let longest = Self.longestWait.nanoseconds
        guard let next else { return longest }
        return min(max(next.nanoseconds - self.now.nanoseconds, 0), longest)
    }

    private func handle(_ event: Poller.Event) {
        if let connection = self.connections[event.token] { return self.advance(connection, event.readiness) }
        if let listener = self.listeners[event.token] { self.accept(listener) }
    }

    private func obey() {
        for order in self.services.inbox.take() {
            switch order {
            case .listen(let kind, let address, let transfer):
                if let descriptor = transfer.open() { self.listen(Listener(kind, at: address, descriptor)) }
            case .stopListening(let kind, let kept, let receipt):
                self.listeners = self.listeners.filter { $0.value.kind != kind || kept.contains($0.value.address) }
                receipt.sign()
            case .retry(let relay): self.retry(relay)
            case .admit(let transfer):
                if let arrival = transfer.open() { self.admit(arrival) }
            case .resume(let transfer, let relay):
                if let arrival = transfer.open() { self.resume(arrival, for: relay) }
            case .evict(let id): self.evict(id)
            case .refused(let reason, let sentence): self.note(reason, sentence)
            case .drain(let receipt):
                self.drain()
                receipt.sign()
            case .stop:
                self.drain()
                self.isStopping = true
            }
        }
    }

    private func drain() {
        self.listeners = [:]
        guard !self.isDraining else { return }
        self.isDraining = true
        for connection in self.connections.values {
            switch connection.phase {
            case .waiting: self.refuse(connection, .draining, DoorSentences.draining)
            case .arriving: self.close(connection)
            case .leaving: break
            }
        }
    }

    func makeID() -> UInt64 {
        defer { self.nextID += 1 }
        return self.nextID
    }

    // MARK: Connections

    func add(_ arrival: consuming Arrival, isKnown: Bool = false) -> DoorConnection {
        let connection = DoorConnection(id: self.makeID(), arrival, isKnown: isKnown)
        self.connections[connection.id] = connection
        let (inbox, id) = (self.services.inbox, connection.id)
        connection.ticket.whenEvicted { inbox.post(.evict(id)) }
        return connection
    }

    /// The place of a connection is wanted for another; one that was given away meanwhile goes on.
    private func evict(_ id: UInt64) {
        guard let connection = self.connections[id] else { return }
        switch connection.phase {
        case .waiting(let relay): self.refuse(connection, .waitingRoom, DoorSentences.waitingRoomFull(relay))
        case .arriving:
            self.note(.undecided, "it had not said whom it is for: \(connection.handover.peer)")
            self.close(connection)
        case .leaving: self.close(connection)
        }
    }

    /// Forgets a connection; the socket is closed unless it was handed on.
    func close(_ connection: DoorConnection) {
        if case .waiting(let relay) = connection.phase { self.leaveWaitingRoom(connection, of: relay) }
        self.connections[connection.id] = nil
        connection.descriptor = nil
    }

    func expect(_ connection: DoorConnection, _ kind: DoorDeadline) {
        connection.deadline = self.now.advanced(by: kind.length(self.services.limits))
        self.deadlines.append(.init(instant: connection.deadline, connection: connection.id), for: kind)
    }

    /// Awaits something of a connection that is in the set already, or joins it.
    func watch(_ connection: DoorConnection, for wanted: Poller.Readiness, isNew: Bool) {
        guard let number = connection.descriptor?.number else { return }
        do {
            if isNew {
                try self.poller.add(number: number, token: connection.id, for: wanted)
            } else {
                try self.poller.change(number: number, token: connection.id, for: wanted)
            }
        } catch {
            self.services.log.error("a connection cannot be watched", metadata: ["error": "\(error)"])
            self.close(connection)
        }
    }

    private func expire(_ entry: DeadlineQueue.Entry) {
        guard let connection = self.connections[entry.connection], connection.deadline == entry.instant else { return }
        switch connection.phase {
        case .leaving: self.close(connection)
        case .waiting(let relay): self.refuse(connection, .notReady, DoorSentences.notReady(relay))
        case .arriving: self.giveUp(connection)
        }
    }
}
