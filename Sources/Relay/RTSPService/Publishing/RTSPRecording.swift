import Contract
import Fanout
import Linux
import NIOCore
import Sessions
import Streams
import Synchronization
import Wire

/// What of a publisher that sends datagrams outlives the process: all that comes of it is kept before it is read, by whichever
/// socket, and from time to time it is written down where it stands. Whoever follows reads again what came behind that; what came
/// meanwhile is in the sockets. It lives on one event loop.
final class RTSPRecording {
    /// What a publisher is changed by.
    enum Input: Sendable {
        case packet(RTSPPacket)
        /// Bytes of its connection.
        case connection(ByteBuffer)
        /// Time went by, and something was given up for it.
        case tick
    }

    /// Where a publisher stands, and what it comes by.
    struct Standing: Codable, Sendable {
        struct Port: Codable, Sendable {
            let port: UInt16
            /// Of the keeper of its sockets.
            let sockets: [UInt64]
        }

        let publisher: RTSPPublisher.Standing
        /// By its place in the description.
        let ports: [Int: Port]
        /// Of the keeper of its connection.
        let connection: UInt64
        /// ``SocketProgress`` of that by then.
        let taken: UInt64
        let given: UInt64

        /// Whether a session can have been so.
        var isPlausible: Bool {
            !self.ports.isEmpty
                && self.ports.allSatisfy { media, port in
                    (0..<RTSPLimits().tracks).contains(media) && port.sockets.count == RTSPTrackPort.sockets
                }
        }
    }

    private let memory: DatagramMemory
    private let keeper: any SocketKeeper
    private let ports: [Int: Standing.Port]
    /// Of the keeper of the connection; nil before the first checkpoint.
    private var connection: UInt64?

    /// Nil where it does not outlive the process.
    init?(_ services: RelayServices, ports: [Int: RTSPTrackPort]) {
        let kept = ports.compactMapValues { port in
            port.kept.map { Standing.Port(port: port.port, sockets: $0.numbers) }
        }
        guard kept.count == ports.count, let keeper = services.sockets, let memory = services.recordingMemory?() else {
            return nil
        }
        self.memory = memory
        self.keeper = keeper
        self.ports = kept
    }

    /// One that another process has begun.
    private init(_ memory: DatagramMemory, _ keeper: any SocketKeeper, _ standing: Standing) {
        self.memory = memory
        self.keeper = keeper
        self.ports = standing.ports
        self.connection = standing.connection
    }

    func keep(_ input: Input, _ now: Now) {
        self.memory.append(
            KeptDatagram(sender: "", port: input.number, at: now.monotonic, wall: now.wall, bytes: input.bytes)
        )
    }

    func isDue(_ now: Now) -> Bool { self.memory.isDue(now: now.monotonic) }

    /// Writes down where it stands behind all that came, of its connection, too.
    func write(_ publisher: RTSPPublisher.Standing, behind connection: borrowing OwnedDescriptor, _ now: Now) {
        guard let progress = SocketProgress(of: connection) else { return }
        if self.connection == nil { self.connection = self.keeper.keep(recorder: connection) }
        guard let number = self.connection else { return }
        let standing = Standing(
            publisher: publisher,
            ports: self.ports,
            connection: number,
            taken: progress.taken,
            given: progress.given
        )
        guard let text = StandingText.write(standing) else { return }
        self.memory.write(text, of: publisher.stream.rawValue, now: now.monotonic)
    }

    /// The publisher is over, or nobody goes on with it.
    func end() {
        self.memory.forget()
        if let connection = self.connection.take() { self.keeper.forget(connection) }
    }
}

// MARK: - Going on

extension RTSPRecording {
    /// A publisher of a process that is dead, as it stands when all that had come is read again.
    struct Resumed: Sendable {
        let publisher: RTSPPublisher
        /// What it is still to be answered.
        let answer: IntakeAnswer
        let recording: NIOLoopBoundBox<RTSPRecording>
        let loans: [(media: Int, DatagramLoan, RTSPTrackPort.Kept?)]
        let nudge: RTSPNudge
    }

    /// Has a publisher read again what came behind its checkpoint.
    ///
    /// - Returns: what it is still to be answered; nil where not all is there that was taken of its connection, or other was given.
    static func repeatReading(
        _ datagrams: [KeptDatagram],
        by publisher: RTSPPublisher,
        since standing: Standing,
        _ progress: SocketProgress
    ) -> IntakeAnswer? {
        var answer = IntakeAnswer()
        var taken: UInt64 = 0
        for datagram in datagrams {
            guard let input = Input(datagram) else { return nil }
            if case .connection(let bytes) = input { taken += UInt64(bytes.readableBytes) }
            // Behind its end nothing was read.
            guard !answer.closes, !answer.releases else { continue }
            let now = Now(monotonic: datagram.at, wall: datagram.wall)
            let next = publisher.receive(again: input, now)
            answer.reply.writeImmutableBuffer(next.reply)
            answer.closes = next.closes
            answer.releases = next.releases
        }
        let (given, isLess) = progress.given.subtractingReportingOverflow(standing.given)
        guard !isLess, given <= UInt64(answer.reply.readableBytes), progress.taken &- standing.taken == taken else {
            return nil
        }
        answer.reply.moveReaderIndex(forwardBy: Int(given))
        return answer
    }

    static func resumed(
        _ memory: DatagramMemory,
        _ standing: Standing,
        by keeper: any SocketKeeper
    ) -> RTSPRecording {
        RTSPRecording(memory, keeper, standing)
    }
}

extension RTSPRecording.Input {
    private static let ofConnection = UInt16.max
    private static let ofTick = UInt16.max - 1

    fileprivate var number: UInt16 {
        switch self {
        // A session has fewer tracks.
        case .packet(let packet): UInt16(clamping: 2 * packet.media + (packet.isRTCP ? 1 : 0))
        case .connection: Self.ofConnection
        case .tick: Self.ofTick
        }
    }

    fileprivate var bytes: ByteBuffer {
        switch self {
        case .packet(let packet): packet.payload
        case .connection(let bytes): bytes
        case .tick: ByteBuffer()
        }
    }

    /// Nil where no session can have had it.
    fileprivate init?(_ datagram: KeptDatagram) {
        switch datagram.port {
        case Self.ofConnection: self = .connection(datagram.bytes)
        case Self.ofTick: self = .tick
        default:
            let media = Int(datagram.port / 2)
            guard media < RTSPLimits().tracks else { return nil }
            self = .packet(RTSPPacket(media: media, isRTCP: datagram.port % 2 == 1, payload: datagram.bytes))
        }
    }
}

/// Where a publisher is asked what it has to say, once its connection is there.
final class RTSPNudge: Sendable {
    private let body = Mutex<(@Sendable (RTSPPublisher) -> Void)?>(nil)

    func bind(_ body: @escaping @Sendable (RTSPPublisher) -> Void) { self.body.withLock { $0 = body } }

    func callAsFunction(_ publisher: RTSPPublisher) { self.body.withLock { $0 }?(publisher) }
}
