import Contract
import Dispatch
import Linux
import Synchronization

/// The orders of other threads to the front door's thread.
final class DoorInbox: Sendable {
    enum Order: Sendable {
        case listen(DoorProtocol, ListenAddress, Transfer<OwnedDescriptor>)
        /// All listeners of the protocol but those at these addresses.
        case stopListening(DoorProtocol, keeping: Set<ListenAddress>, Receipt)
        case retry(RelayName)
        /// A connection that is to be looked at as if it had just been accepted.
        case admit(Transfer<Arrival>)
        /// A connection whose relay died before it answered; it waits for the next.
        case resume(Transfer<Arrival>, RelayName)
        /// The place of a connection is another's.
        case evict(UInt64)
        /// A connection was closed before it came here; the sentence is for the log.
        case refused(DoorRefusal, String)
        case drain(Receipt)
        case stop
    }

    /// Tells that an order was carried out, or that nobody is left to do it.
    final class Receipt: Sendable {
        private let semaphore = DispatchSemaphore(value: 0)

        func sign() { self.semaphore.signal() }

        func await() { self.semaphore.wait() }
    }

    private struct State {
        var orders: [Order] = []
        var isClosed = false
    }

    let event: EventDescriptor
    private let state = Mutex(State())

    init() throws(LinuxError) {
        self.event = try EventDescriptor.make()
    }

    func post(_ order: Order) {
        let isTaken = self.state.withLock { state in
            if !state.isClosed { state.orders.append(order) }
            return !state.isClosed
        }
        if isTaken { self.event.signal() } else { Self.sign(order) }
    }

    /// Posts an order that has a receipt and waits for it. Not for the front door's own thread.
    func request(_ order: (Receipt) -> Order) {
        let receipt = Receipt()
        self.post(order(receipt))
        receipt.await()
    }

    func take() -> [Order] {
        self.event.drain()
        return self.state.withLock { state in
            defer { state.orders = [] }
            return state.orders
        }
    }

    /// Nobody reads any more; sockets in unread orders are closed.
    func close() {
        let left = self.state.withLock { state in
            defer { state.orders = [] }
            state.isClosed = true
            return state.orders
        }
        for order in left { Self.sign(order) }
    }

    private static func sign(_ order: Order) {
        switch order {
        case .stopListening(_, _, let receipt), .drain(let receipt): receipt.sign()
        case .listen, .retry, .admit, .resume, .evict, .refused, .stop: break
        }
    }
}
