import Linux
import NIOCore

/// How a sender puts MPEG-TS into datagrams: as RTP, or bare.
///
/// Bare datagrams are one stream of bytes, whatever size they are cut to: `ffmpeg -f mpegts udp://…` sends 1472 bytes, in
/// which hardly any datagram begins with a packet. Sync bytes at the distance of packets show that it is one.
enum TransportStreamForm: String, Hashable, Sendable, Codable {
    case bare
    case realTime

    enum Verdict: Hashable, Sendable {
        case form(TransportStreamForm)
        /// Too few bytes to tell.
        case undecided
        /// Neither.
        case foreign
    }

    /// Sync byte of a packet of MPEG-TS (ISO/IEC 13818-1 section 2.4.3.3), which no version of RTP begins with.
    private static let sync: UInt8 = 0x47

    /// From one packet to the next: bare, with four bytes before each, with sixteen behind.
    private static let strides = [188, 192, 204]

    /// So many sync bytes have to follow one another.
    private static let proof = 3

    /// What a datagram of an unknown sender is, or several of them one after the other.
    static func recognise(_ bytes: ByteBuffer) -> Verdict {
        guard let first = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) else { return .undecided }
        if first == Self.sync { return .form(.bare) }
        let packets = Self.packets(in: bytes)
        guard first >> 6 == 2 else {
            if packets != nil { return .form(.bare) }
            return bytes.readableBytes < Self.enough ? .undecided : .foreign
        }
        // By its first bits it is RTP. A bare datagram may begin so by chance: its packets do not begin where a header ends.
        guard let packets else { return .form(.realTime) }
        let header = Self.headerLength(bytes)
        if packets.start == header % packets.stride { return .form(.realTime) }
        let type = bytes.getInteger(at: bytes.readerIndex + 1, as: UInt8.self) ?? 0
        return type & 0x7F == Self.payloadType ? .undecided : .form(.bare)
    }

    /// Bytes among which the sync bytes of three packets would show.
    static let enough = 3 * 204

    /// MP2T by RFC 3551 table 5.
    private static let payloadType: UInt8 = 33

    /// RFC 3550 section 5.1.
    private static func headerLength(_ bytes: ByteBuffer) -> Int {
        let flags = bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) ?? 0
        let length = 12 + 4 * Int(flags & 15)
        guard flags & 0x10 != 0 else { return length }
        let words = bytes.getInteger(at: bytes.readerIndex + length + 2, as: UInt16.self) ?? 0
        return length + 4 + 4 * Int(words)
    }

    /// Where packets begin among the bytes, and how far apart.
    private static func packets(in bytes: ByteBuffer) -> (start: Int, stride: Int)? {
        let view = bytes.readableBytesView
        for stride in Self.strides {
            for start in 0..<min(stride, view.count) where view[view.startIndex + start] == Self.sync {
                let places = Swift.stride(from: start, to: view.count, by: stride)
                guard places.underestimatedCount >= Self.proof else { break }
                if places.allSatisfy({ view[view.startIndex + $0] == Self.sync }) { return (start, stride) }
            }
        }
        return nil
    }

    /// Whether there is nothing in a datagram but packets that keep the rate (section 2.4.3.3), all of which are alike.
    static func isStuffing(_ bytes: ByteBuffer) -> Bool {
        let found = Self.packets(in: bytes) ?? (start: 0, stride: Self.strides[0])
        return stride(from: found.start, to: bytes.readableBytes, by: found.stride).allSatisfy { place in
            bytes.getInteger(at: bytes.readerIndex + place + 1, as: UInt16.self).map { $0 & 0x1FFF == 0x1FFF } ?? true
        }
    }
}

/// Datagrams of one sender that are too short to tell what they are, until they do.
struct UnknownSender: Sendable {
    let address: InternetAddress
    private(set) var bytes: ByteBuffer

    /// Bytes that are kept.
    private static let limit = 4 * TransportStreamForm.enough

    init(_ address: InternetAddress) {
        self.address = address
        self.bytes = ByteBuffer()
    }

    /// What all that came is by now. What has told nothing for too long is forgotten.
    mutating func append(_ datagram: ByteBuffer) -> TransportStreamForm.Verdict {
        if self.bytes.readableBytes + datagram.readableBytes > Self.limit { self.bytes = ByteBuffer() }
        self.bytes.writeImmutableBuffer(datagram)
        return TransportStreamForm.recognise(self.bytes)
    }
}
