package import NIOCore

/// The bytes of the handshake (RTMP 1.0 section 5.2).
enum RTMPHandshake {
    static let version: UInt8 = 3
    static let packetBytes = 1536

    /// Bytes of either side: C0, C1 and C2.
    static let bytes = UInt64(1 + 2 * packetBytes)

    /// C1 or S1: a time of zero, four zero bytes, and bytes to tell connections apart.
    ///
    /// Those four zero bytes tell Flash, librtmp and ffmpeg that this side has no digest, so that they go on with the
    /// simple form even if their own packet carries one. The filler "does not need cryptographic randomness" (section
    /// 5.2.3), so it is spread from a nonce.
    static func writeFirst(nonce: UInt64, into bytes: inout ByteBuffer) {
        bytes.writeRepeatingByte(0, count: 8)
        var numbers = SplitMix64(seed: nonce)
        for _ in 0..<(Self.packetBytes - 8) / 8 { bytes.writeInteger(numbers.next()) }
    }
}

/// The server's side of the handshake.
///
/// Checked: the version byte, and that the packets are there. Not checked: the digest that Flash, `librtmp -W` and
/// ffmpeg hide in C1, and whether C2 echoes S1: several encoders send anything there. The digest form's only use was to
/// keep foreign players away, and all its clients go on without it (see ``RTMPHandshake/writeFirst(nonce:into:)``).
package struct RTMPServerHandshake: Sendable {
    private enum State { case hello, echo }

    private var state = State.hello
    private let nonce: UInt64

    package init(nonce: UInt64) {
        self.nonce = nonce
    }

    package enum Step: Hashable, Sendable {
        case more
        case send(ByteBuffer)
        /// Both sides are done: chunks follow.
        case done
    }

    /// The offset counts the bytes of the connection before these.
    package mutating func next(from bytes: inout ByteBuffer, at offset: UInt64) throws(RTMPError) -> Step {
        switch self.state {
        case .hello:
            guard let version: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return .more }
            guard version == RTMPHandshake.version else {
                throw RTMPError(.unsupportedVersion(version), at: offset)
            }
            guard bytes.readableBytes > RTMPHandshake.packetBytes else { return .more }
            bytes.moveReaderIndex(forwardBy: 1)
            guard let first = bytes.readSlice(length: RTMPHandshake.packetBytes) else { return .more }
            var answer = ByteBuffer()
            answer.reserveCapacity(1 + 2 * RTMPHandshake.packetBytes)
            answer.writeInteger(RTMPHandshake.version)
            RTMPHandshake.writeFirst(nonce: self.nonce, into: &answer)
            answer.writeImmutableBuffer(first)
            self.state = .echo
            return .send(answer)
        case .echo:
            guard bytes.readableBytes >= RTMPHandshake.packetBytes else { return .more }
            bytes.moveReaderIndex(forwardBy: RTMPHandshake.packetBytes)
            return .done
        }
    }
}

/// The client's side of the handshake. S2 is not compared with C1: servers of the digest form answer otherwise.
package struct RTMPClientHandshake: Sendable {
    private let nonce: UInt64

    package init(nonce: UInt64) {
        self.nonce = nonce
    }

    /// C0 and C1.
    package var hello: ByteBuffer {
        var bytes = ByteBuffer()
        bytes.reserveCapacity(1 + RTMPHandshake.packetBytes)
        bytes.writeInteger(RTMPHandshake.version)
        RTMPHandshake.writeFirst(nonce: self.nonce, into: &bytes)
        return bytes
    }

    /// C2 once S0, S1 and S2 have come, nil before.
    package func answer(from bytes: inout ByteBuffer, at offset: UInt64) throws(RTMPError) -> ByteBuffer? {
        guard let version: UInt8 = bytes.getInteger(at: bytes.readerIndex) else { return nil }
        guard version == RTMPHandshake.version else { throw RTMPError(.unsupportedVersion(version), at: offset) }
        guard bytes.readableBytes >= 1 + 2 * RTMPHandshake.packetBytes else { return nil }
        bytes.moveReaderIndex(forwardBy: 1)
        let first = bytes.readSlice(length: RTMPHandshake.packetBytes)
        bytes.moveReaderIndex(forwardBy: RTMPHandshake.packetBytes)
        return first
    }
}
