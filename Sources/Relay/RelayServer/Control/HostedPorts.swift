import Contract
import Linux
import Sessions
import Synchronization

/// UDP sockets that the host opens and sends over the control channel.
final class HostedPorts: DatagramPorts {
    typealias Body = @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void

    private struct Pending {
        let body: Body
        var sockets: [HeldDescriptor] = []
        var port: UInt16 = 0
        var destination: InternetAddress?
    }

    private struct State {
        var last: UInt64 = 0
        var pending: [UInt64: Pending] = [:]
        var isClosed = false
    }

    private static let gone = DatagramRefusal(sentence: "The host gives no UDP sockets any more.")

    private let state = Mutex(State())
    /// Asks the host; false where it cannot be reached.
    private let ask: @Sendable (UInt64, DatagramRequest) -> Bool

    init(ask: @escaping @Sendable (UInt64, DatagramRequest) -> Bool) {
        self.ask = ask
    }

    func lend(_ request: DatagramRequest, _ body: @escaping Body) {
        // Numbers go out in their order, so they are sent under the lock.
        let isAsked = self.state.withLock { state in
            guard !state.isClosed else { return false }
            state.last += 1
            guard self.ask(state.last, request) else { return false }
            state.pending[state.last] = Pending(body: body)
            return true
        }
        if !isAsked { body(.failure(Self.gone)) }
    }

    /// One of the sockets that were asked for.
    func take(_ number: UInt64, count: Int, _ grant: SocketGrant, _ descriptor: consuming OwnedDescriptor) {
        let held = HeldDescriptor(descriptor)
        let whole = self.state.withLock { state -> Pending? in
            guard var pending = state.pending[number] else { return nil }
            if pending.sockets.isEmpty { pending.port = grant.port }
            pending.sockets.append(held)
            pending.destination = grant.destination.flatMap { InternetAddress($0) }
            let isWhole = pending.sockets.count >= count
            state.pending[number] = isWhole ? nil : pending
            return isWhole ? pending : nil
        }
        guard let whole else { return }
        let loan = DatagramLoan(sockets: whole.sockets, port: whole.port, destination: whole.destination)
        whole.body(.success(loan))
    }

    func refuse(_ number: UInt64, _ sentence: String) {
        let pending = self.state.withLock { $0.pending.removeValue(forKey: number) }
        pending?.body(.failure(DatagramRefusal(sentence: sentence)))
    }

    /// Refuses every request that waits: the host's connection is gone, and no answer will come.
    func close() {
        let left = self.state.withLock { state in
            defer { state.pending = [:] }
            state.isClosed = true
            return state.pending.values
        }
        for pending in left { pending.body(.failure(Self.gone)) }
    }
}
