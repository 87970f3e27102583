import Contract
import Control
package import Linux
import Synchronization

/// Holds a host's descriptors in a process of its own, over the host's death, for the host that follows.
///
/// It reads nothing but what its host says: no byte of a peer's, no file. Whoever may connect to its socket gets all that it
/// holds, so the socket's file lies in the state directory and only its owner may open it.
package final class HolderService: Sendable {
    package enum Ending: Hashable, Sendable {
        /// The host has ended on purpose.
        case dismissed
        /// The host died, and none followed in time.
        case abandoned
        /// The system refused what is needed.
        case failed(LinuxError)
    }

    private typealias Channel = ControlChannel<HolderAnswer, HolderOrder>

    private let listener: HeldDescriptor
    private let absence: Duration
    private let book = Mutex(HolderBook<HeldDescriptor>())

    /// - Parameters:
    ///   - listener: the unix socket at which the next host finds it.
    ///   - absence: how long no host may be there.
    package init(listener: consuming OwnedDescriptor, absence: Duration) {
        self.listener = HeldDescriptor(listener)
        self.absence = absence
    }

    /// How many descriptors it holds.
    package var count: Int { self.book.withLock { $0.count } }

    /// Serves one host after the other, the first at the connection given; nobody can connect any more when it returns.
    package func run(_ first: consuming OwnedDescriptor) async -> Ending {
        defer { _ = self.listener.take() }
        do throws(LinuxError) {
            var connection = HeldDescriptor(first)
            var isFirst = true
            while true {
                if try await self.serve(connection, tellsAll: !isFirst) { return .dismissed }
                guard let next = try await self.next() else { return .abandoned }
                connection = next
                isFirst = false
            }
        } catch {
            return .failed(error)
        }
    }

    /// - Returns: whether the host said that it ends on purpose.
    private func serve(_ connection: HeldDescriptor, tellsAll: Bool) async throws(LinuxError) -> Bool {
        guard let connection = connection.take() else { return false }
        let (endings, ended) = AsyncStream.makeStream(of: Bool.self)
        let channel = try Channel(connection, name: "holder", limits: .ofRelay) { [weak self] received in
            if self?.take(received) == false { ended.yield(true) }
        } onEnd: { _ in
            ended.yield(false)
        }
        if tellsAll { self.tellAll(channel) }
        defer { channel.close() }
        for await isDismissed in endings { return isDismissed }
        return false
    }

    /// - Returns: false where that was the last that a host says.
    private func take(_ received: consuming Channel.Received) -> Bool {
        switch received.message {
        case .hold(let number, let thing):
            let held = received.takeHeld()
            _ = self.book.withLock { $0.hold(number, thing, held) }
        case .drop(let number):
            // Closing never waits for a peer.
            _ = self.book.withLock { $0.drop(number) }?.lend { TCPSocket.clearLinger(of: $0) }
        case .end: return false
        }
        return true
    }

    private func tellAll(_ channel: Channel) {
        let all = self.book.withLock { $0.all }
        // Where the new host is gone by now, the channel's end says so.
        for (number, entry) in all { try? channel.send(.held(number, entry.thing), sharing: entry.item) }
        try? channel.send(.whole(count: all.count))
    }

    /// The next host's connection; nil if none comes in time.
    private func next() async throws(LinuxError) -> HeldDescriptor? {
        let (listener, absence) = (self.listener, self.absence)
        return try await WorkerThread.value(named: "holder-wait") { () throws(LinuxError) -> HeldDescriptor? in
            var poller = try Poller.make(capacity: 1)
            let number = listener.withNumber { $0 }
            try poller.add(number: number, token: 0, for: .readable)
            let end = MonotonicClock.now.advanced(by: absence)
            while true {
                let left = MonotonicClock.now.duration(to: end)
                guard left > .zero else { return nil }
                guard try poller.wait(for: left) > 0 else { continue }
                if let socket = try UnixSocket.accept(on: listener) { return HeldDescriptor(socket) }
            }
        }
    }
}
