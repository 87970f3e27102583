import NIOCore
import StreamToolkit
import Toolkit
import Wire

struct RTMPReader: ViewerReader {
    private var session: RTMPClientSession

    init(server: String, stream: String) {
        self.session = RTMPClientSession(
            configuration: RTMPClientConfiguration(
                role: .play,
                app: "live",
                tcUrl: "rtmp://\(server)/live",
                stream: stream
            ),
            nonce: 2
        )
    }

    var opening: [UInt8] { Array(self.session.hello.readableBytesView) }

    mutating func read(_ bytes: [UInt8]) throws -> (sights: [Sight], answer: [UInt8]) {
        var sights: [Sight] = []
        var answer: [UInt8] = []
        for event in try self.session.receive(ByteBuffer(bytes: bytes)) {
            switch event {
            case .send(let bytes): answer += bytes.readableBytesView
            case .message(let tag): if let sight = Sight(tag) { sights.append(sight) }
            case .failed(let status): throw status
            case .ready, .status: break
            }
        }
        return (sights, answer)
    }
}

struct FLVReader: ViewerReader {
    let path: String
    private var response = ResponseBody()
    private var decoder = FLVTagDecoder()
    private var unread = ByteBuffer()

    init(path: String) {
        self.path = path
    }

    var opening: [UInt8] { Array("GET \(self.path) HTTP/1.1\r\nHost: relay\r\n\r\n".utf8) }

    mutating func read(_ bytes: [UInt8]) throws -> (sights: [Sight], answer: [UInt8]) {
        self.unread.writeBytes(try self.response.body(of: bytes))
        var sights: [Sight] = []
        while let tag = try self.decoder.next(from: &self.unread) {
            if let sight = Sight(tag) { sights.append(sight) }
        }
        self.unread.discardReadBytes()
        return (sights, [])
    }
}

/// Reads a body and sees nothing in it.
struct BlindReader: ViewerReader {
    let path: String
    private var response = ResponseBody()

    init(path: String) {
        self.path = path
    }

    var opening: [UInt8] { Array("GET \(self.path) HTTP/1.1\r\nHost: relay\r\n\r\n".utf8) }

    mutating func read(_ bytes: [UInt8]) throws -> (sights: [Sight], answer: [UInt8]) {
        _ = try self.response.body(of: bytes)
        return ([], [])
    }
}

struct TSReader: ViewerReader {
    let path: String
    private var response = ResponseBody()
    private var packets = TransportPackets()

    init(path: String) {
        self.path = path
    }

    var opening: [UInt8] { Array("GET \(self.path) HTTP/1.1\r\nHost: relay\r\n\r\n".utf8) }

    mutating func read(_ bytes: [UInt8]) throws -> (sights: [Sight], answer: [UInt8]) {
        (try self.packets.read(try self.response.body(of: bytes)), [])
    }
}

/// Elementary packets in a transport stream (ISO/IEC 13818-1): their decoding times and marks.
struct TransportPackets: Sendable {
    struct Malformed: Error { var byte: UInt8 }

    private var unread: [UInt8] = []
    /// The first bytes of each PID's unfinished elementary packet.
    private var open: [Int: [UInt8]] = [:]
    /// 33-bit times, unwrapped are not needed: a test is shorter than a day.
    private static let kept = 512

    mutating func read(_ bytes: [UInt8]) throws -> [Sight] {
        self.unread += bytes
        var sights: [Sight] = []
        var at = 0
        while self.unread.count - at >= 188 {
            guard self.unread[at] == 0x47 else { throw Malformed(byte: self.unread[at]) }
            if let sight = self.packet(self.unread[at..<at + 188]) { sights.append(sight) }
            at += 188
        }
        self.unread.removeFirst(at)
        return sights
    }

    /// What is left when no more comes.
    mutating func finish() -> [Sight] {
        defer { self.open = [:] }
        return self.open.compactMap { Self.sight($0.value, pid: $0.key) }
    }

    private mutating func packet(_ packet: ArraySlice<UInt8>) -> Sight? {
        let start = packet.startIndex
        let pid = Int(packet[start + 1] & 0x1F) << 8 | Int(packet[start + 2])
        let hasAdaptation = packet[start + 3] & 0x20 != 0
        guard packet[start + 3] & 0x10 != 0 else { return nil }
        let payload = packet.dropFirst(4 + (hasAdaptation ? 1 + Int(packet[start + 4]) : 0))
        guard packet[start + 1] & 0x40 != 0 else {
            if let count = self.open[pid]?.count, count < Self.kept { self.open[pid]?.append(contentsOf: payload) }
            return nil
        }
        let finished = self.open[pid]
        self.open[pid] = payload.starts(with: [0, 0, 1]) ? Array(payload) : nil
        return finished.flatMap { Self.sight($0, pid: pid) }
    }

    private static func sight(_ bytes: [UInt8], pid: Int) -> Sight? {
        guard bytes.count >= 19, bytes[7] & 0x80 != 0 else { return nil }
        let isVideo = bytes[3] & 0xF0 == 0xE0
        let at = bytes[7] & 0x40 != 0 ? 14 : 9
        let high = Int64(bytes[at] >> 1 & 7) << 30
        let middle = Int64(bytes[at + 1]) << 22 | Int64(bytes[at + 2] >> 1) << 15
        let low = Int64(bytes[at + 3]) << 7 | Int64(bytes[at + 4] >> 1)
        return Sight(
            kind: isVideo ? .picture : .sound,
            track: isVideo ? 1 : 2,
            time: high | middle | low,
            marks: isVideo ? Mark.all(in: bytes) : []
        )
    }
}
