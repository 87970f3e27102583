import Fanout
import Linux
import Logging
import NIOCore
import Synchronization
import Tape

/// The far ends of viewers' sockets, and what was received on them.
final class Audience {
    struct Peer: ~Copyable {
        let socket: OwnedDescriptor
    }

    private var sockets: [Int: Box] = [:]
    private var poller: Poller
    private(set) var received: [[UInt8]] = []
    private(set) var isClosed: [Bool] = []
    private var scratch = [UInt8](repeating: 0, count: 1 << 16)

    private final class Box {
        let socket: OwnedDescriptor

        init(_ socket: consuming OwnedDescriptor) {
            self.socket = socket
        }
    }

    init() throws {
        self.poller = try Poller.make()
    }

    /// A new pair of sockets: ours is the audience's next, the other is returned.
    func join(tcp: Bool = false, buffer: Int? = nil) throws -> OwnedDescriptor {
        let pair = try tcp ? Self.tcpPair() : TCPSocket.pair()
        let ours = try pair.first.duplicate()
        let theirs = try pair.second.duplicate()
        Self.drop(pair)
        if let buffer {
            try TCPSocket.setReceiveBuffer(ours, bytes: buffer)
            try TCPSocket.setSendBuffer(theirs, bytes: buffer)
        }
        let number = self.received.count
        try self.poller.add(ours, token: UInt64(number), for: .readable)
        self.sockets[number] = Box(ours)
        self.received.append([])
        self.isClosed.append(false)
        return theirs
    }

    /// Receives on all but `deaf` until the condition holds.
    func listen(deaf: Set<Int> = [], until isDone: () -> Bool) throws {
        for number in deaf { try self.watch(number, []) }
        defer { for number in deaf { try? self.watch(number, .readable) } }
        while !isDone() {
            // The condition may come true by what the engine counts, behind the last byte.
            let count = try self.poller.wait(for: .milliseconds(5))
            for index in 0..<count { try self.read(Int(self.poller[index].token)) }
        }
    }

    func send(_ bytes: [UInt8], from number: Int) throws {
        guard let box = self.sockets[number] else { return }
        _ = try TCPSocket.send(bytes, to: box.socket)
    }

    func leave(_ number: Int) {
        self.sockets[number] = nil
    }

    private func watch(_ number: Int, _ wanted: Poller.Readiness) throws {
        guard let box = self.sockets[number] else { return }
        try self.poller.change(box.socket, token: UInt64(number), for: wanted)
    }

    private func read(_ number: Int) throws {
        guard let box = self.sockets[number] else { return }
        let outcome: TransferOutcome
        do {
            outcome = try TCPSocket.receive(into: &self.scratch, from: box.socket)
        } catch {
            outcome = .endOfStream
        }
        switch outcome {
        case .transferred(let count): self.received[number] += self.scratch[..<count]
        case .wouldBlock: break
        case .endOfStream:
            self.isClosed[number] = true
            try self.poller.remove(box.socket)
            self.sockets[number] = nil
        }
    }

    static func tcpPair() throws -> SocketPair {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let client = try TCPSocket.connect(to: TCPSocket.localAddress(of: listener))
        var poller = try Poller.make()
        try poller.add(listener, token: 0, for: .readable)
        while true {
            _ = try poller.wait(for: nil)
            guard let accepted = try TCPSocket.accept(on: listener) else { continue }
            return SocketPair(first: client, second: accepted.release())
        }
    }

    private static func drop(_ pair: consuming SocketPair) {}
}

/// Waits for viewers' ends.
final class Ends: Sendable {
    private let ends = Mutex<[ViewerEnd]>([])
    private let event: EventDescriptor

    init() throws {
        self.event = try .make()
    }

    var note: @Sendable (ViewerEnd) -> Void {
        { end in
            self.ends.withLock { $0.append(end) }
            self.event.signal()
        }
    }

    var all: [ViewerEnd] { self.ends.withLock { $0 } }

    /// The ends so far, once there are that many.
    func wait(for count: Int) throws -> [ViewerEnd] {
        var poller = try Poller.make()
        try poller.add(self.event.descriptor, token: 0, for: .readable)
        while self.all.count < count {
            _ = try poller.wait(for: nil)
            self.event.drain()
        }
        return self.all
    }
}

/// A clock that is set by hand.
final class ManualClock: Sendable {
    private let nanoseconds = Atomic<Int64>(1_000_000_000)

    var read: @Sendable () -> MonotonicInstant {
        { MonotonicInstant(nanoseconds: self.nanoseconds.load(ordering: .sequentiallyConsistent)) }
    }

    func advance(_ duration: Duration) {
        self.nanoseconds.add(duration.nanoseconds, ordering: .sequentiallyConsistent)
    }
}

extension FanoutEngine {
    static func testing(
        threads: Int = 1,
        limits: FanoutLimits = FanoutLimits(),
        obstacle: DatagramBatch.Obstacle? = nil,
        clock: @escaping @Sendable () -> MonotonicInstant = { MonotonicClock.now }
    ) throws -> FanoutEngine {
        try FanoutEngine(
            threads: threads,
            limits: limits,
            logger: Logger(label: "test"),
            obstacle: obstacle,
            clock: clock
        )
    }

    /// Waits until the condition on what the engine has counted holds; an engine thread makes it so, nothing else.
    func wait(until isSo: (FanoutStatistics) -> Bool) {
        while !isSo(self.statistics) { WorkerThread.yield() }
    }
}
