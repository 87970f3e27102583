/// Packets of SRT as a viewer writes and reads them (draft-sharabayko-srt section 3). Ours, and not libsrt's: it has a
/// thread for everyone who receives, and the machine that rehearses would be the first to tire.
enum SRTPacket {
    static let headerSize = 16

    enum Control: UInt32 {
        case handshake = 0
        case keepAlive = 1
        case acknowledgement = 2
        case shutdown = 5
        case acknowledgementReceived = 6
    }

    /// Section 3.2.1.
    struct Handshake: Hashable {
        enum Kind {
            static let induction: UInt32 = 1
            static let conclusion: UInt32 = 0xffff_ffff
            /// This and more is a refusal: what is above it says why.
            static let refusal: UInt32 = 1000
        }

        static let size = 48

        var version: UInt32
        /// Encryption in the upper half, the extensions that follow in the lower.
        var field: UInt32
        var sequence: UInt32
        var kind: UInt32
        var socket: UInt32
        var cookie: UInt32

        /// Bytes of a packet, and packets under way, as libsrt has them unless it is told.
        private static let packetLimit: UInt32 = 1500
        private static let window: UInt32 = 8192

        init(version: UInt32, field: UInt32, sequence: UInt32, kind: UInt32, socket: UInt32, cookie: UInt32) {
            self.version = version
            self.field = field
            self.sequence = sequence
            self.kind = kind
            self.socket = socket
            self.cookie = cookie
        }

        init?(_ packet: Span<UInt8>) {
            guard packet.count >= SRTPacket.headerSize + Self.size else { return nil }
            func word(_ index: Int) -> UInt32 { packet.number32(at: SRTPacket.headerSize + 4 * index) }
            self.init(
                version: word(0),
                field: word(1),
                sequence: word(2),
                kind: word(5),
                socket: word(6),
                cookie: word(7)
            )
        }

        var words: [UInt32] {
            [
                self.version, self.field, self.sequence, Self.packetLimit, Self.window, self.kind, self.socket,
                self.cookie, 0, 0, 0, 0,
            ]
        }
    }

    /// A packet that is no medium; its time is in µs since the socket was opened (section 3.2).
    static func control(
        _ control: Control,
        information: UInt32 = 0,
        time: UInt64,
        to socket: UInt32,
        _ words: [UInt32] = []
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.headerSize + 4 * words.count)
        let header = [0x8000_0000 | control.rawValue << 16, information, UInt32(truncatingIfNeeded: time), socket]
        for word in header { Self.write(word, into: &bytes) }
        for word in words { Self.write(word, into: &bytes) }
        return bytes
    }

    private static func write(_ word: UInt32, into bytes: inout [UInt8]) {
        for shift in [24, 16, 8, 0] { bytes.append(UInt8(truncatingIfNeeded: word >> UInt32(shift))) }
    }

    /// The extension that says what is supported, and after how long packets are handed on (section 3.2.1.1).
    static func capabilities(latency: Duration) -> [UInt32] {
        let (seconds, attoseconds) = latency.components
        let milliseconds = UInt32(clamping: seconds * 1000 + attoseconds / 1_000_000_000_000_000) & 0xffff
        // Version 1.5.1; delivery in time both ways, encryption, dropping what is late, repeated loss reports, and the
        // flag of what is sent again.
        return [1 << 16 | 3, 0x01_0501, 0x3f, milliseconds << 16 | milliseconds]
    }

    /// The extension with the stream id: its words are little-endian (section 3.2.1.3).
    static func streamID(_ text: String) -> [UInt32] {
        var bytes = Array(text.utf8)
        while !bytes.count.isMultiple(of: 4) { bytes.append(0) }
        let words = stride(from: 0, to: bytes.count, by: 4).map { index in
            UInt32(bytes[index]) | UInt32(bytes[index + 1]) << 8 | UInt32(bytes[index + 2]) << 16
                | UInt32(bytes[index + 3]) << 24
        }
        return [5 << 16 | UInt32(words.count)] + words
    }
}
