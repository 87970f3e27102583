import Foundation
import Glibc
import Synchronization

/// A line between UDP peers on which datagrams are lost, repeated, delayed and overtaken, as the seed says: the same
/// datagrams in the same order meet the same fate in every run.
///
/// Whoever sends to ``address`` reaches the target, and what the target answers comes back. It works until the value goes
/// away.
package final class LossyLink: Sendable {
    /// What happens to a datagram, each way.
    package struct Weather: Hashable, Sendable {
        /// How likely it is to be lost, to be sent twice, and to be overtaken by those behind it, 0 to 1 each.
        package var loss: Double
        package var duplication: Double
        package var reordering: Double
        /// It takes between nothing and this longer. Those that are not overtaken keep their order.
        package var jitter: Duration
        /// How long one that is overtaken waits.
        package var detour: Duration

        package init(
            loss: Double = 0,
            duplication: Double = 0,
            reordering: Double = 0,
            jitter: Duration = .zero,
            detour: Duration = .milliseconds(15)
        ) {
            self.loss = loss
            self.duplication = duplication
            self.reordering = reordering
            self.jitter = jitter
            self.detour = detour
        }
    }

    package struct Counts: Hashable, Sendable {
        package var passed = 0
        package var lost = 0
        package var duplicated = 0
        /// Passed on after one that came later.
        package var reordered = 0
        /// Lost while the line was cut.
        package var cut = 0

        package init() {}
    }

    private let line: LineState
    private let front: CInt
    /// A pipe: closed at this end when the line is to end.
    private let ending: CInt
    private let done = DispatchSemaphore(value: 0)

    /// Where to send, `127.0.0.1:port`.
    package let address: String
    package var port: Int { Int(self.address.split(separator: ":")[1]) ?? 0 }

    /// - Parameters:
    ///   - target: an IPv4 address and a port: `127.0.0.1:8890`.
    ///   - weather: what happens to datagrams until it is changed.
    ///   - seed: of the fates.
    ///   - port: where to receive; 0 lets the kernel choose.
    /// - Throws: ``SocketError`` where the kernel gives no socket.
    package init(
        to target: String,
        _ weather: Weather = Weather(),
        seed: UInt64 = 1,
        port: UInt16 = 0
    ) throws(SocketError) {
        let target = try LineAddress(target)
        self.line = LineState(weather)
        let front = socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard front >= 0 else { throw SocketError(call: "socket", code: errno) }
        self.front = front
        let own = try LineAddress("127.0.0.1:\(port)")
        guard unsafe own.with({ unsafe bind(front, $0, $1) }) == 0 else {
            throw SocketError(call: "bind", code: errno)
        }
        self.address = try LineAddress(boundTo: self.front).text
        var ends: [CInt] = [-1, -1]
        guard unsafe pipe(&ends) == 0 else { throw SocketError(call: "pipe", code: errno) }
        // A program that a test starts must not hold it open.
        for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
        self.ending = ends[1]
        let loop = LineLoop(front: self.front, ending: ends[0], target: target, dice: SeededGenerator(seed: seed))
        let (done, line) = (self.done, self.line)
        let thread = Thread {
            loop.run(line)
            done.signal()
        }
        thread.name = "lossy link"
        thread.start()
    }

    deinit {
        close(self.ending)
        self.done.wait()
        close(self.front)
    }

    package var weather: Weather {
        get { self.line.state.withLock { $0.weather } }
        set { self.line.state.withLock { $0.weather = newValue } }
    }

    /// Nothing passes until it is mended.
    package func cut() { self.line.state.withLock { $0.isCut = true } }
    package func mend() { self.line.state.withLock { $0.isCut = false } }

    package var counts: Counts { self.line.state.withLock { $0.counts } }
}

/// What is true of a line at the moment.
private final class LineState: Sendable {
    struct State {
        var weather: LossyLink.Weather
        var isCut = false
        var counts = LossyLink.Counts()
    }

    let state: Mutex<State>

    init(_ weather: LossyLink.Weather) {
        self.state = Mutex(State(weather: weather))
    }

    /// Delays of the copies of one datagram, and whether each keeps its place in the order.
    func fate(_ dice: inout SeededGenerator) -> [(delay: Duration, keepsOrder: Bool)] {
        // Always so many throws, so that other weather does not shift the fate of what comes later.
        let (loss, twice, order, late) = (dice.fraction(), dice.fraction(), dice.fraction(), dice.fraction())
        return self.state.withLock { state in
            let weather = state.weather
            guard !state.isCut else {
                state.counts.cut += 1
                return []
            }
            guard loss >= weather.loss else {
                state.counts.lost += 1
                return []
            }
            state.counts.passed += 1
            let jitter = weather.jitter * late
            let isOvertaken = order < weather.reordering
            let first = (delay: isOvertaken ? jitter + weather.detour : jitter, keepsOrder: !isOvertaken)
            guard twice < weather.duplication else { return [first] }
            state.counts.duplicated += 1
            return [first, first]
        }
    }
}

/// What the thread of a line does.
private struct LineLoop: Sendable {
    let front: CInt
    let ending: CInt
    let target: LineAddress
    var dice: SeededGenerator

    private struct Waiting {
        /// Its place among those that came the same way, and whether it is the second of two copies.
        var number: Int
        var isCopy: Bool
        var origin: CInt
        var due: ContinuousClock.Instant
        var bytes: [UInt8]
        var socket: CInt
        /// Nil: to whom the socket is connected.
        var address: LineAddress?
    }

    func run(_ line: LineState) {
        var dice = self.dice
        /// The socket towards the target for each peer, and the peer for each socket.
        var backs: [LineAddress: CInt] = [:]
        var peers: [CInt: LineAddress] = [:]
        var waiting: [Waiting] = []
        /// When the last of each direction goes out that keeps its place.
        var last: [CInt: ContinuousClock.Instant] = [:]
        /// How many came each way, and the latest of them that was passed on.
        var came: [CInt: Int] = [:]
        var passed: [CInt: Int] = [:]
        defer { for socket in [self.ending] + peers.keys { close(socket) } }
        while true {
            var polled = ([self.ending, self.front] + peers.keys).map {
                pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
            }
            let patience = waiting.first.map { max(0, Int($0.due.milliseconds(from: .now))) } ?? 1000
            unsafe poll(&polled, nfds_t(polled.count), CInt(clamping: patience))
            if polled[0].revents != 0 { return }
            for entry in polled.dropFirst() where entry.revents != 0 {
                while let (bytes, sender) = Self.receive(entry.fd) {
                    let copies = line.fate(&dice)
                    var (socket, address) = (self.front, peers[entry.fd])
                    if entry.fd == self.front {
                        guard let back = backs[sender] ?? Self.connect(to: self.target) else { continue }
                        backs[sender] = back
                        peers[back] = sender
                        (socket, address) = (back, nil)
                    }
                    came[entry.fd, default: 0] += 1
                    for (index, copy) in copies.enumerated() {
                        var due = ContinuousClock.now + copy.delay
                        if copy.keepsOrder {
                            due = max(due, last[entry.fd] ?? due)
                            last[entry.fd] = due
                        }
                        let place = waiting.firstIndex { $0.due > due } ?? waiting.endIndex
                        waiting.insert(
                            Waiting(
                                number: came[entry.fd] ?? 0,
                                isCopy: index > 0,
                                origin: entry.fd,
                                due: due,
                                bytes: bytes,
                                socket: socket,
                                address: address
                            ),
                            at: place
                        )
                    }
                }
            }
            while let next = waiting.first, next.due <= .now {
                waiting.removeFirst()
                let latest = passed[next.origin] ?? 0
                if next.number < latest, !next.isCopy { line.state.withLock { $0.counts.reordered += 1 } }
                passed[next.origin] = max(latest, next.number)
                Self.send(next.bytes, next.socket, next.address)
            }
        }
    }

    private static func connect(to target: LineAddress) -> CInt? {
        let made = socket(AF_INET, CInt(SOCK_DGRAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
        guard made >= 0, unsafe target.with({ unsafe Glibc.connect(made, $0, $1) }) == 0 else { return nil }
        return made
    }

    private static func receive(_ socket: CInt) -> ([UInt8], LineAddress)? {
        var bytes = [UInt8](repeating: 0, count: 1 << 16)
        var address = sockaddr_in()
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let count = unsafe withUnsafeMutablePointer(to: &address) { pointer in
            unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
                unsafe recvfrom(socket, &bytes, bytes.count, CInt(MSG_DONTWAIT), address, &length)
            }
        }
        guard count >= 0 else { return nil }
        return (Array(bytes.prefix(count)), LineAddress(address))
    }

    private static func send(_ bytes: [UInt8], _ socket: CInt, _ address: LineAddress?) {
        guard let address else {
            unsafe Glibc.send(socket, bytes, bytes.count, CInt(MSG_NOSIGNAL))
            return
        }
        _ = unsafe address.with { unsafe sendto(socket, bytes, bytes.count, CInt(MSG_NOSIGNAL), $0, $1) }
    }
}

extension ContinuousClock.Instant {
    /// Rounded up.
    fileprivate func milliseconds(from other: ContinuousClock.Instant) -> Int64 {
        let (seconds, attoseconds) = (self - other).components
        return seconds * 1000 + (attoseconds + 999_999_999_999_999) / 1_000_000_000_000_000
    }
}
