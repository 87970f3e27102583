import Contract
import Control
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
        var rate = MessageRate(limit: HostedPorts.requestsPerSecond)
    }

    /// The host replaces a relay that asks more often than it takes; what is above is refused here, so that a crowd of viewers
    /// at once is not the relay's end.
    private static let requestsPerSecond = ControlLimits.datagramRequestsPerSecond * 4 / 5
    private static let tooMany = DatagramRefusal(sentence: "Too many ask for UDP at once; try again, or use TCP.")

    private static let gone = DatagramRefusal(sentence: "The host gives no UDP sockets any more.")

    private let state = Mutex(State())
    /// Asks the host; false where it cannot be reached.
    private let ask: @Sendable (UInt64, DatagramRequest) -> Bool

    init(ask: @escaping @Sendable (UInt64, DatagramRequest) -> Bool) {
        self.ask = ask
    }

    /// Nothing can be sent to where no configuration and no connection says: who sends to a declared source is known to the
    /// relay alone.
    var answersSources: Bool { false }

    func lend(_ request: DatagramRequest, _ body: @escaping Body) {
        // Numbers go out in their order, so they are sent under the lock.
        let refusal = self.state.withLock { state -> DatagramRefusal? in
            guard !state.isClosed else { return Self.gone }
            do throws(ControlError) {
                try state.rate.note(now: MonotonicClock.now)
            } catch {
                return Self.tooMany
            }
            state.last += 1
            guard self.ask(state.last, request) else { return Self.gone }
            state.pending[state.last] = Pending(body: body)
            return nil
        }
        if let refusal { body(.failure(refusal)) }
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
