import Contract
import Linux
import Synchronization
import Wire

/// The thread on which connections wait for their headers.
final class ProxyWaitingRoom: Sendable {
    private enum Order: Sendable {
        case admit(HeldDescriptor, ProxyEntrance.Guest)
        case evict(UInt64)
        case stop
    }

    private let orders = Mutex<(list: [Order], isClosed: Bool)>(([], false))
    private let event: EventDescriptor
    private let thread = Mutex<WorkerThread?>(nil)

    init(timeout: Duration) throws(LinuxError) {
        self.event = try EventDescriptor.make()
        let poller = try Poller.make()
        try poller.add(self.event.descriptor, token: Loop.wake, for: .readable)
        let box = PollerBox(poller)
        let thread = try WorkerThread(name: "proxies") { [self] in
            guard let poller = box.open() else { return }
            Loop(self, poller, timeout).run()
        }
        self.thread.withLock { $0 = thread }
    }

    func admit(_ descriptor: consuming OwnedDescriptor, _ guest: ProxyEntrance.Guest) {
        self.post(.admit(HeldDescriptor(descriptor), guest))
    }

    /// Ends the thread without waiting for it.
    func end() {
        self.post(.stop)
    }

    func stop() {
        self.post(.stop)
        self.thread.withLock { $0.take() }?.join()
    }

    private func post(_ order: Order) {
        let isTaken = self.orders.withLock { orders in
            if !orders.isClosed { orders.list.append(order) }
            return !orders.isClosed
        }
        if isTaken { self.event.signal() }
    }

    private func take() -> [Order] {
        self.event.drain()
        return self.orders.withLock { orders in
            defer { orders.list = [] }
            return orders.list
        }
    }

    private func close() {
        self.orders.withLock { $0 = ([], true) }
    }

    private final class PollerBox: Sendable {
        private let poller: Mutex<Poller?>

        init(_ poller: consuming sending Poller) {
            self.poller = Mutex(poller)
        }

        func open() -> Poller? { self.poller.withLock { $0.take() } }
    }

    // MARK: The thread

    private final class Waiting {
        let guest: ProxyEntrance.Guest
        let deadline: MonotonicInstant
        var descriptor: OwnedDescriptor?

        init(_ guest: ProxyEntrance.Guest, _ descriptor: consuming OwnedDescriptor, _ deadline: MonotonicInstant) {
            self.guest = guest
            self.deadline = deadline
            self.descriptor = consume descriptor
        }
    }

    private final class Loop {
        static let wake: UInt64 = 0

        private let room: ProxyWaitingRoom
        private let timeout: Duration
        private var poller: Poller
        private var waiting: [UInt64: Waiting] = [:]
        /// All wait for the same time, so that the first to come is the first whose time is over.
        private var deadlines: [(instant: MonotonicInstant, id: UInt64)] = []
        private var next: UInt64 = 1
        private var isStopping = false
        private var scratch = [UInt8](repeating: 0, count: ProxyHeader.lengthLimit)

        init(_ room: ProxyWaitingRoom, _ poller: consuming Poller, _ timeout: Duration) {
            self.room = room
            self.poller = poller
            self.timeout = timeout
        }

        func run() {
            while !self.isStopping {
                let left = self.deadlines.first.map { MonotonicClock.now.duration(to: $0.instant) }
                guard let count = try? self.poller.wait(for: left.map { max($0, .zero) }) else { break }
                for index in 0..<count {
                    let event = self.poller[index]
                    if event.token != Self.wake { self.look(event.token, event.readiness) }
                }
                for order in self.room.take() { self.obey(order) }
                self.expire(MonotonicClock.now)
            }
            self.room.close()
        }

        private func obey(_ order: Order) {
            switch order {
            case .admit(let held, let guest):
                guard let descriptor = held.take() else { return }
                self.admit(descriptor, guest)
            case .evict(let id): self.drop(id)
            case .stop: self.isStopping = true
            }
        }

        private func admit(_ descriptor: consuming OwnedDescriptor, _ guest: ProxyEntrance.Guest) {
            let (id, number) = (self.next, descriptor.number)
            self.next += 1
            let deadline = MonotonicClock.now.advanced(by: self.timeout)
            self.waiting[id] = Waiting(guest, descriptor, deadline)
            self.deadlines.append((deadline, id))
            guest.ticket.whenEvicted { [weak room] in room?.post(.evict(id)) }
            do {
                // Reported once for what is there and again for what comes: bytes that are looked at stay where they are.
                try self.poller.add(number: number, token: id, for: [.readable, .peerClosed, .edgeTriggered])
            } catch {
                self.drop(id)
            }
        }

        private func drop(_ id: UInt64) {
            self.waiting[id] = nil
        }

        private func expire(_ now: MonotonicInstant) {
            let due = self.deadlines.prefix { $0.instant <= now }
            for (_, id) in due {
                guard let waiting = self.waiting.removeValue(forKey: id) else { continue }
                waiting.guest.refuse(.late)
            }
            self.deadlines.removeFirst(due.count)
        }

        private func look(_ id: UInt64, _ readiness: Poller.Readiness) {
            guard let waiting = self.waiting[id], let descriptor = waiting.descriptor.take() else { return }
            let outcome = Result { () throws(LinuxError) in
                try TCPSocket.peek(into: &self.scratch, at: descriptor)
            }
            waiting.descriptor = consume descriptor
            switch outcome {
            case .success(.transferred(let count)):
                let isLast = !readiness.isDisjoint(with: [.peerClosed, .hungUp, .failed])
                self.judge(id, waiting, self.scratch[..<count], isLast: isLast)
            case .success(.wouldBlock): break
            // Whoever only looks whether somebody listens, as balancers do all day.
            case .success(.endOfStream), .failure: self.drop(id)
            }
        }

        private func judge(_ id: UInt64, _ waiting: Waiting, _ bytes: ArraySlice<UInt8>, isLast: Bool) {
            do throws(ProxyError) {
                guard !(waiting.guest.mayBeSilent && !ProxyHeader.mayBegin(bytes)) else {
                    return self.release(id, waiting, .proxyItself)
                }
                guard let header = try ProxyHeader.read(bytes) else {
                    guard isLast else { return }
                    self.drop(id)
                    return waiting.guest.refuse(.header("half a PROXY header, and the end"))
                }
                guard self.skip(header.length, waiting) else { return self.drop(id) }
                self.release(id, waiting, ProxyEntrance.Outcome(header.source))
            } catch {
                self.drop(id)
                waiting.guest.refuse(.header(error.description))
            }
        }

        /// Takes the header from the connection.
        private func skip(_ count: Int, _ waiting: Waiting) -> Bool {
            guard let descriptor = waiting.descriptor.take() else { return false }
            var header = [UInt8](repeating: 0, count: count)
            let taken = try? TCPSocket.receive(into: &header, from: descriptor)
            waiting.descriptor = consume descriptor
            return taken == .transferred(count)
        }

        private func release(_ id: UInt64, _ waiting: Waiting, _ outcome: ProxyEntrance.Outcome) {
            self.waiting[id] = nil
            guard let descriptor = waiting.descriptor.take() else { return }
            // Whoever gets the socket shares the open file: closing ours would not take it out of the set.
            try? self.poller.remove(descriptor)
            waiting.guest.then(descriptor, outcome)
        }
    }
}

extension ProxyEntrance.Outcome {
    fileprivate init(_ source: ProxySource) {
        switch source {
        case .proxy: self = .proxyItself
        case .v4(let bits, let port): self = .passedOn(InternetAddress(.v4(bits), port: port))
        case .v6(let high, let low, let port):
            self = .passedOn(InternetAddress(InternetAddress.Host.v6(high, low, scope: 0).unmapped, port: port))
        }
    }
}
