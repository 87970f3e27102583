import Contract
import Control
import Linux
import Synchronization

/// One end of a channel, and what it has been told.
struct End<Outgoing: Encodable & Sendable, Incoming: Decodable & Sendable> {
    struct Received: Sendable {
        let message: Incoming
        let payload: [UInt8]
        let descriptor: HeldDescriptor?
    }

    private enum Event: Sendable {
        case received(Received)
        case ended(ControlError)
    }

    let channel: ControlChannel<Outgoing, Incoming>
    private var events: AsyncStream<Event>.AsyncIterator
    private var end: ControlError?

    init(_ socket: consuming OwnedDescriptor, limits: ChannelLimits) throws {
        let (stream, continuation) = AsyncStream.makeStream(of: Event.self)
        self.events = stream.makeAsyncIterator()
        self.channel = try ControlChannel(socket, name: "test", limits: limits) { received in
            let held: HeldDescriptor? =
                switch received.takeDescriptor() {
                case .some(let descriptor): HeldDescriptor(descriptor)
                case .none: nil
                }
            continuation.yield(
                .received(Received(message: received.message, payload: received.payload, descriptor: held))
            )
        } onEnd: {
            continuation.yield(.ended($0))
            continuation.finish()
        }
    }

    /// The next message; nil when the channel has ended.
    mutating func next() async -> Received? {
        guard self.end == nil else { return nil }
        switch await self.events.next() {
        case .received(let received): return received
        case .ended(let error):
            self.end = error
            return nil
        case nil: return nil
        }
    }

    /// Why the channel ended, after the messages that came before.
    mutating func ending() async -> ControlError? {
        while await self.next() != nil {}
        return self.end
    }
}

enum Ends {
    static func make(
        host: ChannelLimits = .ofHost
    ) throws -> (host: End<HostMessage, RelayMessage>, relay: End<RelayMessage, HostMessage>) {
        let pair = try TCPSocket.pair()
        return (try End(pair.first, limits: host), try End(pair.second, limits: .ofRelay))
    }
}

/// A channel that its own handler reaches.
final class Holder: Sendable {
    private let held = Mutex<HostSideChannel?>(nil)

    var channel: HostSideChannel? { self.held.withLock { $0 } }

    func hold(_ channel: HostSideChannel) {
        self.held.withLock { $0 = channel }
    }
}
