import Linux
import Synchronization

/// The socket of a control channel: frames in, on one thread; frames out, from any.
final class ControlPump: Sendable {
    private struct Outgoing: Sendable {
        var bytes: [UInt8]
        var sent = 0
        /// Goes with the first byte, and then this end lets go of it.
        var descriptor: HeldDescriptor?
        /// Whether it counts against what may wait.
        let isLimited: Bool
    }

    private struct State: ~Copyable {
        /// Closed by the thread alone, when it ends: nobody can be in a call on it then.
        var socket: OwnedDescriptor?
        var queue: [Outgoing] = []
        /// Of the queue, those that are sent already.
        var done = 0
        var backlog = 0
        var waitingDescriptors = 0
        /// Why nothing more is sent or delivered.
        var ending: ControlError?

        var isIdle: Bool { self.queue.count == self.done }

        var first: Outgoing? { self.isIdle ? nil : self.queue[self.done] }

        /// What the kernel has taken of the first.
        mutating func advance(by count: Int) {
            if self.queue[self.done].isLimited {
                if self.queue[self.done].descriptor != nil { self.waitingDescriptors -= 1 }
                self.backlog -= count
            }
            self.queue[self.done].descriptor = nil
            self.queue[self.done].sent += count
            guard self.queue[self.done].sent == self.queue[self.done].bytes.count else { return }
            self.queue[self.done].bytes = []
            self.done += 1
            // Not at every message: moving the rest costs as much as there is of it.
            guard self.isIdle || self.done >= 1024 && self.done >= self.queue.count / 2 else { return }
            self.queue.removeFirst(self.done)
            self.done = 0
        }
    }

    private enum Token {
        static let socket: UInt64 = 0
        static let wake: UInt64 = 1
    }

    private let state: Mutex<State>
    private let number: CInt
    private let wake: EventDescriptor
    private let poller: Mutex<Poller?>
    private let limits: ChannelLimits

    init(_ socket: consuming OwnedDescriptor, limits: ChannelLimits) throws(LinuxError) {
        try TCPSocket.setNonBlocking(socket)
        let poller = try Poller.make(capacity: 4)
        self.wake = try EventDescriptor.make()
        try poller.add(socket, token: Token.socket, for: .readable)
        try poller.add(self.wake.descriptor, token: Token.wake, for: .readable)
        self.poller = Mutex(poller)
        self.number = socket.number
        self.state = Mutex(State(socket: socket))
        self.limits = limits
    }

    // MARK: From any thread

    func send(_ bytes: [UInt8], descriptor: HeldDescriptor?, isLimited: Bool = true) throws(ControlError) {
        let limits = self.limits
        let mustWait = try self.state.withLock { (state) throws(ControlError) in
            if let ending = state.ending { throw ending }
            if isLimited {
                guard state.backlog + bytes.count <= limits.backlog else { throw .backlogFull(limit: limits.backlog) }
                guard descriptor == nil || state.waitingDescriptors < limits.waitingDescriptors else {
                    throw .backlogFull(limit: limits.backlog)
                }
                state.backlog += bytes.count
                if descriptor != nil { state.waitingDescriptors += 1 }
            }
            state.queue.append(Outgoing(bytes: bytes, descriptor: descriptor, isLimited: isLimited))
            // While others wait the thread sends, in order.
            guard state.queue.count - state.done == 1 else { return false }
            try Self.flush(&state)
            return !state.isIdle
        }
        if mustWait { self.wake.signal() }
    }

    /// Nothing more is sent or delivered, and the thread ends.
    func close() {
        self.state.withLock { state in
            state.ending = state.ending ?? .closed
            Self.shutDown(&state)
        }
        self.wake.signal()
    }

    private static func shutDown(_ state: inout State) {
        guard let socket = state.socket.take() else { return }
        UnixSocket.shutDown(socket)
        state.socket = consume socket
    }

    /// Gives the kernel what it takes now.
    private static func flush(_ state: inout State) throws(ControlError) {
        guard let socket = state.socket.take() else { return }
        let result = Result { () throws(ControlError) in
            do throws(LinuxError) {
                while let first = state.first {
                    let outcome = try UnixSocket.send(
                        first.bytes,
                        from: first.sent,
                        with: first.descriptor,
                        to: socket
                    )
                    guard case .transferred(let count) = outcome else { return }
                    state.advance(by: count)
                }
            } catch {
                throw error.isConnectionLost ? .closedByPeer : .system(error)
            }
        }
        state.socket = consume socket
        if case .failure(let error) = result, error != .closedByPeer {
            state.ending = state.ending ?? error
            Self.shutDown(&state)
        }
        // What a peer that is gone said before it went is still read: the thread finds the end itself.
        try result.get()
    }

    // MARK: The thread

    /// Delivers frames until the channel ends, and says why it did. What `deliver` throws ends it as well.
    func run(_ deliver: (Frame<HeldDescriptor>) throws(ControlError) -> Void) -> ControlError {
        let cause: ControlError
        do throws(ControlError) {
            cause = try self.serve(deliver)
        } catch {
            cause = error
        }
        return self.state.withLock { state in
            let ending = state.ending ?? cause
            state.ending = ending
            state.queue = []
            state.done = 0
            state.backlog = 0
            state.socket = nil
            return ending
        }
    }

    private var ending: ControlError? { self.state.withLock { $0.ending } }

    private func serve(
        _ deliver: (Frame<HeldDescriptor>) throws(ControlError) -> Void
    ) throws(ControlError) -> ControlError {
        guard var poller = self.poller.withLock({ $0.take() }) else { return .closed }
        var decoder = FrameDecoder<HeldDescriptor>(limits: self.limits)
        var rate = MessageRate(limit: self.limits.messagesPerSecond)
        var buffer = [UInt8](repeating: 0, count: 1 << 14)
        var isWriting = false
        do throws(LinuxError) {
            while true {
                let count = try poller.wait(for: nil)
                var isReadable = false
                for index in 0..<count {
                    if poller[index].token == Token.wake { self.wake.drain() } else { isReadable = true }
                }
                if let ending = self.ending { return ending }
                let hasMore = self.sendWaiting()
                if hasMore != isWriting {
                    isWriting = hasMore
                    try poller.change(
                        number: self.number,
                        token: Token.socket,
                        for: hasMore ? [.readable, .writable] : .readable
                    )
                }
                guard isReadable else { continue }
                if let ending = self.receive(&buffer, &decoder, &rate, deliver) { return ending }
            }
        } catch {
            throw .system(error)
        }
    }

    /// Whether anything still waits for room.
    private func sendWaiting() -> Bool {
        self.state.withLock { state in
            try? Self.flush(&state)
            return !state.isIdle && state.ending == nil
        }
    }

    private func receive(
        _ buffer: inout [UInt8],
        _ decoder: inout FrameDecoder<HeldDescriptor>,
        _ rate: inout MessageRate,
        _ deliver: (Frame<HeldDescriptor>) throws(ControlError) -> Void
    ) -> ControlError? {
        do throws(ControlError) {
            switch try self.read(&buffer, &decoder) {
            case .wouldBlock: return nil
            case .endOfStream: return .closedByPeer
            case .transferred: break
            }
            while let frame = try decoder.next() {
                if let ending = self.ending { return ending }
                try rate.note(now: MonotonicClock.now)
                try deliver(frame)
            }
            return self.ending
        } catch {
            return error
        }
    }

    private func read(
        _ buffer: inout [UInt8],
        _ decoder: inout FrameDecoder<HeldDescriptor>
    ) throws(ControlError) -> TransferOutcome {
        let arrival: UnixSocket.Arrival
        do throws(LinuxError) {
            arrival = try UnixSocket.receive(into: &buffer, number: self.number)
        } catch {
            throw error.isConnectionLost ? .closedByPeer : .system(error)
        }
        var descriptors = arrival.descriptors
        if arrival.hasLostDescriptors {
            // Where not even the first could be taken, this process may open no more files, and the peer is not to blame.
            guard descriptors.isEmpty else { throw .brokenFrame(.descriptorsLost) }
            descriptors = [.lost()]
        }
        if case .transferred(let count) = arrival.outcome {
            decoder.append(buffer[..<count], descriptors: descriptors)
        }
        return arrival.outcome
    }
}
