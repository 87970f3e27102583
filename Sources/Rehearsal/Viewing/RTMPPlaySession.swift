internal import NIOCore
internal import Wire

/// Plays a stream by RTMP: handshake, `connect`, `createStream`, `play`, then scanning.
package struct RTMPPlaySession: PlaySession {
    /// C1 and S1 without their version byte (RTMP 1.0 section 5.2).
    private static let handshakeSize = 1536
    private static let bufferMilliseconds: UInt32 = 1000

    private enum State {
        /// S0 and S1, as far as they have come.
        case greeting([UInt8])
        /// How much of S2 is still to come.
        case echo(Int)
        case chunks
    }

    private let address: StreamAddress
    private var state = State.greeting([])
    private var seam = Seam()
    private var scanner: RTMPScanner
    private var window: UInt32 = 0
    private var received: UInt32 = 0
    private var acknowledged: UInt32 = 0
    package var progress: StreamProgress
    package var outbox: [UInt8]

    package init(address: StreamAddress, probing: Bool, gapLimit: Int64) {
        self.address = address
        self.scanner = RTMPScanner(probing: probing)
        self.progress = StreamProgress(gapLimit: gapLimit)
        self.outbox = [3] + [UInt8](repeating: 0, count: Self.handshakeSize)
    }

    package mutating func receive(_ bytes: Span<UInt8>) throws(ScanError) {
        self.received &+= UInt32(truncatingIfNeeded: bytes.count)
        var at = 0
        greet: while at < bytes.count {
            switch self.state {
            case .greeting(var greeting):
                // Nobody else holds the array while it grows, so it is not copied.
                self.state = .greeting([])
                let count = min(bytes.count - at, 1 + Self.handshakeSize - greeting.count)
                for index in at..<at + count { greeting.append(bytes[index]) }
                at += count
                self.state = .greeting(greeting)
                guard greeting[0] == 3 else { throw ScanError("the server does not speak RTMP") }
                guard greeting.count == 1 + Self.handshakeSize else { return }
                self.state = .echo(Self.handshakeSize)
                self.outbox += greeting.dropFirst()
                self.sendConnect()
            case .echo(let remaining):
                let count = min(remaining, bytes.count - at)
                at += count
                self.state = count == remaining ? .chunks : .echo(remaining - count)
            case .chunks: break greet
            }
        }
        guard at < bytes.count else { return }
        try self.seam.feed(bytes.extracting(at..<bytes.count), lookahead: RTMPScanner.lookahead) {
            bytes throws(ScanError) in try self.scanner.scan(bytes, into: &self.progress)
        }
        for event in self.scanner.takeEvents() { try self.handle(event) }
        if self.window > 0, self.received &- self.acknowledged >= self.window / 2 {
            self.acknowledged = self.received
            self.send(type: 3, stream: 0, ByteBuffer(integer: self.received))
        }
    }

    private mutating func handle(_ event: RTMPScanner.Event) throws(ScanError) {
        switch event {
        case .ping(let number):
            var pong = ByteBuffer(integer: UInt16(7))
            pong.writeInteger(number)
            self.send(type: 4, stream: 0, pong)
        case .window(let size): self.window = size
        case .command(let body):
            guard let values = try? AMF0Decoder.decodeAll(body), let name = values.first?.string else {
                throw ScanError("the server sent a command that cannot be read")
            }
            try self.handle(name, Array(values.dropFirst()))
        }
    }

    private mutating func handle(_ name: String, _ values: [AMFValue]) throws(ScanError) {
        let transaction = values.first?.number
        switch name {
        case "_result" where transaction == 1:
            self.send(type: 20, stream: 0, AMF0Encoder.encode("createStream", 2, nil))
        case "_result" where transaction == 2:
            guard let stream = values.last?.number, let stream = UInt32(exactly: stream) else {
                throw ScanError("the server created a stream without a number")
            }
            self.sendPlay(on: stream)
        case "_error":
            throw ScanError(Self.reason(in: values) ?? "the server refused")
        case "onStatus":
            let status = values.last?.object
            guard status?["level"]?.string == "error" else { return }
            throw ScanError(Self.reason(in: values) ?? "the server refused to play")
        default: break
        }
    }

    private static func reason(in values: [AMFValue]) -> String? {
        let status = values.last?.object
        let parts = [status?["code"]?.string, status?["description"]?.string].compactMap(\.self)
        return parts.isEmpty ? nil : parts.joined(separator: ": ")
    }

    private mutating func sendConnect() {
        let details: AMFValue = [
            "app": .string(self.address.app),
            "tcUrl": .string("rtmp://\(self.address.authority)/\(self.address.app)"),
            "flashVer": "LNX 9,0,124,2", "fpad": false, "capabilities": 15, "audioCodecs": 4071,
            "videoCodecs": 252, "videoFunction": 1,
        ]
        self.send(type: 20, stream: 0, AMF0Encoder.encode("connect", 1, details))
    }

    private mutating func sendPlay(on stream: UInt32) {
        self.send(type: 20, stream: stream, AMF0Encoder.encode("play", 0, nil, .string(self.address.resource), -2000))
        // SetBufferLength, section 7.1.7.
        var length = ByteBuffer(integer: UInt16(3))
        length.writeInteger(stream)
        length.writeInteger(Self.bufferMilliseconds)
        self.send(type: 4, stream: 0, length)
    }

    /// One message, in chunks of the initial 128 bytes (section 5.3.1).
    private mutating func send(type: UInt8, stream: UInt32, _ body: ByteBuffer) {
        let chunkStream: UInt8 = type == 20 ? (stream == 0 ? 3 : 8) : 2
        var bytes = ByteBuffer(bytes: [chunkStream, 0, 0, 0])
        bytes.writeBytes([0, UInt8(body.readableBytes >> 8), UInt8(body.readableBytes & 255), type])
        bytes.writeInteger(stream, endianness: .little)
        var body = body
        while let part = body.readSlice(length: min(128, body.readableBytes)) {
            bytes.writeImmutableBuffer(part)
            guard body.readableBytes > 0 else { break }
            bytes.writeInteger(0xc0 | chunkStream)
        }
        self.outbox += bytes.readableBytesView
    }
}
