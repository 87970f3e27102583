/// Plays a stream by SRT, as a caller (draft-sharabayko-srt section 4.3.1): a handshake in two steps, then packets, which
/// are acknowledged as libsrt would.
///
/// Nothing is asked for again: what does not come is a gap, and a rehearsal's finding. Encryption is not spoken.
package struct SRTPlaySession: PlaySession {
    private enum State {
        case induction
        case conclusion(cookie: UInt32)
        case playing(peer: UInt32)
    }

    private static let sequenceMask: UInt32 = 0x7fff_ffff
    /// A handshake that is not answered is repeated after so many µs.
    private static let handshakeInterval: UInt64 = 250_000
    /// A word is sent after so many µs of silence.
    private static let keepAliveInterval: UInt64 = 1_000_000
    /// What is said of the line, µs: the time there and back, and how much it varies.
    private static let roundTrip: [UInt32] = [1000, 250]
    private static let room: UInt32 = 8192

    private let streamID: String
    private let latency: Duration
    private let isEncrypted: Bool
    private let socket: UInt32
    private var state = State.induction
    private var seam = Seam()
    private var scanner: TransportStreamScanner
    private var started: UInt64?
    private var now: UInt64 = 0
    private var sentAt: UInt64 = 0
    /// The next packet's number; nil before the first.
    private var next: UInt32?
    private var acknowledged: UInt32 = 0
    private var acknowledgements: UInt32 = 0
    package var progress: StreamProgress
    package var outbox: [UInt8] = []
    package var datagrams: [[UInt8]] = []

    package init(address: StreamAddress, probing: Bool, gapLimit: Int64) {
        self.init(address: address, probing: probing, gapLimit: gapLimit, socket: .random(in: 1...0x3fff_ffff))
    }

    init(address: StreamAddress, probing: Bool, gapLimit: Int64, socket: UInt32) {
        self.streamID = address.parameter("streamid") ?? ""
        self.latency = .milliseconds(address.parameter("latency").flatMap { Int($0) } ?? 120)
        self.isEncrypted = address.parameter("passphrase") != nil
        self.socket = socket
        self.scanner = TransportStreamScanner(probing: probing)
        self.progress = StreamProgress(gapLimit: gapLimit)
    }

    package var path: PlayPath { .datagrams }

    package mutating func receive(_ bytes: Span<UInt8>) throws(ScanError) {}

    package mutating func tick(now: UInt64) throws(ScanError) {
        guard !self.isEncrypted else { throw ScanError("SRT with a passphrase cannot be rehearsed") }
        self.now = now
        guard self.started != nil else {
            self.started = now
            self.greet()
            return
        }
        switch self.state {
        case .induction, .conclusion:
            if now - self.sentAt >= Self.handshakeInterval { self.greet() }
        case .playing(let peer):
            if let next = self.next, next != self.acknowledged {
                self.acknowledge(next, to: peer)
            } else if now - self.sentAt >= Self.keepAliveInterval {
                self.send(SRTPacket.control(.keepAlive, time: self.time, to: peer))
            }
        }
    }

    package mutating func receive(datagram: Span<UInt8>) throws(ScanError) {
        guard datagram.count >= SRTPacket.headerSize else { return }
        let first = datagram.number32(at: 0)
        guard first & 0x8000_0000 != 0 else {
            try self.take(datagram, first)
            return
        }
        switch SRTPacket.Control(rawValue: first >> 16 & 0x7fff) {
        case .handshake:
            if let handshake = SRTPacket.Handshake(datagram) { try self.take(handshake) }
        case .shutdown: throw ScanError("the server closed the connection")
        case .keepAlive, .acknowledgement, .acknowledgementReceived, nil: break
        }
    }

    // MARK: Handshake

    private mutating func greet() {
        var handshake = SRTPacket.Handshake(
            version: 4,
            field: 2,
            sequence: 1,
            kind: SRTPacket.Handshake.Kind.induction,
            socket: self.socket,
            cookie: 0
        )
        var words = handshake.words
        if case .conclusion(let cookie) = self.state {
            handshake.version = 5
            handshake.field = self.streamID.isEmpty ? 1 : 5
            handshake.kind = SRTPacket.Handshake.Kind.conclusion
            handshake.cookie = cookie
            words = handshake.words + SRTPacket.capabilities(latency: self.latency)
            if !self.streamID.isEmpty { words += SRTPacket.streamID(self.streamID) }
        }
        self.send(SRTPacket.control(.handshake, time: self.time, to: 0, words))
    }

    private mutating func take(_ handshake: SRTPacket.Handshake) throws(ScanError) {
        switch self.state {
        case .induction where handshake.kind == SRTPacket.Handshake.Kind.induction:
            guard handshake.version >= 5 else { throw ScanError("the server speaks an SRT older than 1.3") }
            self.state = .conclusion(cookie: handshake.cookie)
            self.greet()
        case .conclusion where handshake.kind == SRTPacket.Handshake.Kind.conclusion:
            self.state = .playing(peer: handshake.socket)
        case .induction, .conclusion:
            guard handshake.kind >= SRTPacket.Handshake.Kind.refusal else { return }
            throw ScanError("the server refused: SRT reason \(handshake.kind - SRTPacket.Handshake.Kind.refusal)")
        case .playing: break
        }
    }

    // MARK: Media

    private mutating func take(_ packet: Span<UInt8>, _ sequence: UInt32) throws(ScanError) {
        guard case .playing = self.state else { return }
        if let next = self.next {
            let step = (sequence &- next) & Self.sequenceMask
            // Older than the next one: sent twice.
            guard step <= Self.sequenceMask / 2 else { return }
            if step > 0 {
                self.progress.video.noteLoss()
                self.seam = Seam()
            }
        }
        self.next = (sequence + 1) & Self.sequenceMask
        try self.seam.feed(
            packet.extracting(SRTPacket.headerSize..<packet.count),
            lookahead: TransportStreamScanner.lookahead
        ) { bytes throws(ScanError) in try self.scanner.scan(bytes, into: &self.progress) }
    }

    /// Section 3.2.4.
    private mutating func acknowledge(_ next: UInt32, to peer: UInt32) {
        self.acknowledged = next
        self.acknowledgements += 1
        self.send(
            SRTPacket.control(
                .acknowledgement,
                information: self.acknowledgements,
                time: self.time,
                to: peer,
                [next] + Self.roundTrip + [Self.room, 0, 0, 0]
            )
        )
    }

    package var farewell: [UInt8]? {
        guard case .playing(let peer) = self.state else { return nil }
        return SRTPacket.control(.shutdown, time: self.time, to: peer, [0])
    }

    private var time: UInt64 { self.now - (self.started ?? self.now) }

    private mutating func send(_ bytes: [UInt8]) {
        self.sentAt = self.now
        self.datagrams.append(bytes)
    }
}
