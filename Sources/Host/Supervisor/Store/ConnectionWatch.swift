import Linux
import Synchronization

/// Tells which of a relay's connections are over, and closes what is let go of, on a thread of its own: closing can take as
/// long as a relay that is not to be trusted has set, and keeps nobody waiting here but what else is closed for that relay.
final class ConnectionWatch: Sendable {
    private enum Job: Sendable {
        case watch(HeldDescriptor, token: UInt64)
        case close(HeldDescriptor)
    }

    /// What the thread holds on to; it ends when the watch is let go of.
    private final class Inbox: Sendable {
        private struct State {
            var jobs: [Job] = []
            var isStopped = false
        }

        private let state = Mutex(State())
        let wake: EventDescriptor

        init() throws(LinuxError) {
            self.wake = try .make()
        }

        func put(_ jobs: [Job]) {
            guard !jobs.isEmpty else { return }
            self.state.withLock { $0.jobs += jobs }
            self.wake.signal()
        }

        func stop() {
            self.state.withLock { $0.isStopped = true }
            self.wake.signal()
        }

        func take() -> (jobs: [Job], isStopped: Bool) {
            self.state.withLock { state in
                defer { state.jobs = [] }
                return (state.jobs, state.isStopped)
            }
        }
    }

    private static let wake = UInt64.max

    private let inbox: Inbox

    /// - Parameters:
    ///   - name: The thread's.
    ///   - onOver: Called on the thread with a connection's token when nothing can be sent or received on it any more;
    ///     answers with what is to be closed.
    /// - Throws: Where the process has no descriptor or thread left.
    init(name: String, onOver: @escaping @Sendable (UInt64) -> HeldDescriptor?) throws(LinuxError) {
        let inbox = try Inbox()
        let poller = try Poller.make(capacity: 64)
        try poller.add(inbox.wake.descriptor, token: Self.wake, for: .readable)
        self.inbox = inbox
        let held = HeldPoller(poller)
        _ = try WorkerThread(name: name) {
            guard var poller = held.poller.withLock({ $0.take() }) else { return }
            while Self.turn(&poller, inbox, onOver) {}
        }
    }

    deinit {
        self.inbox.stop()
    }

    /// The token is never that of another.
    func watch(_ socket: HeldDescriptor, token: UInt64) { self.inbox.put([.watch(socket, token: token)]) }

    /// Closes it here, unless somebody else holds on to it. No more is said of it.
    func close(_ held: [HeldDescriptor]) { self.inbox.put(held.map { .close($0) }) }

    // MARK: On the thread

    private static func turn(
        _ poller: inout Poller,
        _ inbox: Inbox,
        _ onOver: (UInt64) -> HeldDescriptor?
    ) -> Bool {
        guard let count = try? poller.wait(for: nil) else { return false }
        var over: [UInt64] = []
        for index in 0..<count {
            let event = poller[index]
            if event.token == Self.wake {
                inbox.wake.drain()
            } else if event.readiness.contains(.hungUp) {
                over.append(event.token)
            }
        }
        for token in over {
            if let held = onOver(token) { Self.end(held, poller) }
        }
        let (jobs, isStopped) = inbox.take()
        for job in jobs {
            switch job {
            // What the kernel has no room to watch is found to be over when it is handed on.
            case .watch(let socket, let token):
                try? poller.add(number: socket.withNumber { $0 }, token: token, for: .edgeTriggered)
            case .close(let held): Self.end(held, poller)
            }
        }
        return !isStopped
    }

    private static func end(_ held: HeldDescriptor, _ poller: borrowing Poller) {
        // A descriptor that is closed while another process has the same socket would be told of for ever.
        try? poller.remove(number: held.withNumber { $0 })
        _ = held.lend { TCPSocket.clearLinger(of: $0) }
    }

    private final class HeldPoller: Sendable {
        let poller: Mutex<Poller?>

        init(_ poller: consuming Poller) {
            self.poller = Mutex(poller)
        }
    }
}
