import NIOCore
import Wire

/// What no well-behaved RTMP peer sends.
enum BadRTMP {
    /// All a client says before its first message.
    static let handshake = [3] + [UInt8](repeating: 0, count: 2 * 1536)

    /// Each is closed by the relay, whether or not more comes.
    static let refused: [(String, [UInt8])] = [
        ("another protocol", Array("GET /live/main.flv HTTP/1.1\r\nHost: x\r\n\r\n".utf8)),
        ("another version", [6] + [UInt8](repeating: 7, count: 1536)),
        ("noise", Self.noise(5000, first: 0xA7)),
        ("noise after the handshake", Self.handshake + [0xC9] + Self.noise(5000, first: 0x3F)),
        ("a chunk size of 0", Self.handshake + Self.message(.setChunkSize, [0, 0, 0, 0])),
        ("a chunk size of 2³¹", Self.handshake + Self.message(.setChunkSize, [0x80, 0, 0, 0])),
        ("a command of 16 MiB", Self.handshake + Self.header(chunkStream: 3, .commandAMF0, length: 0xFF_FFFF)),
        ("a control message of 16 MiB", Self.handshake + Self.header(chunkStream: 2, .setChunkSize, length: 0xFF_FFFF)),
        ("a chunk that leans on nothing", Self.handshake + [0xC7]),
        ("values nested 10,000 deep", Self.handshake + Self.nested),
        ("a command before connect", Self.handshake + Self.command(RTMPCommand("publish", nil, "main"))),
        ("a name that is a number", Self.handshake + Self.message(.commandAMF0, [0, 0, 0, 0, 0, 0, 0, 0, 0])),
        ("5,000 chunk streams", Self.handshake + Self.chunkStreams),
    ]

    /// Each is not yet wrong.
    static let unfinished: [(String, [UInt8])] = [
        ("nothing", []),
        ("half a handshake", Array(Self.handshake.prefix(700))),
        ("a handshake without its end", Array(Self.handshake.dropLast())),
        ("a picture of 16 MiB", Self.handshake + Self.header(chunkStream: 6, .video, length: 0xFF_FFFF) + [0x17, 1]),
        ("half a header", Self.handshake + [3, 0, 0]),
    ]

    static var all: [(String, [UInt8])] { Self.refused + Self.unfinished }

    private static func header(chunkStream: UInt8, _ type: RTMPMessageType, length: Int) -> [UInt8] {
        [chunkStream, 0, 0, 0, UInt8(length >> 16), UInt8(length >> 8 & 0xFF), UInt8(length & 0xFF), type.rawValue]
            + [0, 0, 0, 0]
    }

    private static func message(_ type: RTMPMessageType, _ payload: [UInt8]) -> [UInt8] {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(RTMPMessage(type: type, payload: ByteBuffer(bytes: payload)), into: &bytes)
        return Array(bytes.readableBytesView)
    }

    private static func command(_ command: RTMPCommand) -> [UInt8] {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(command.message(), into: &bytes)
        return Array(bytes.readableBytesView)
    }

    /// `connect` with an object in an object in an object …
    private static var nested: [UInt8] {
        let connect = Array(AMF0Encoder.encode("connect", 1).readableBytesView)
        return Self.message(.commandAMF0, connect + (0..<10_000).flatMap { _ in [3, 0, 1, 0x61] })
    }

    /// The first chunk of a message on each.
    private static var chunkStreams: [UInt8] {
        let header = Array(Self.header(chunkStream: 0, .video, length: 4096).dropFirst())
        let payload = [UInt8](repeating: 0, count: 128)
        var bytes: [UInt8] = []
        for number in 0..<5000 {
            // The three-byte form, for chunk streams from 64 on (RTMP 1.0 section 5.3.1.1).
            bytes += [1, UInt8(number & 0xFF), UInt8(number >> 8)]
            bytes += header
            bytes += payload
        }
        return bytes
    }

    /// The same in every run.
    private static func noise(_ count: Int, first: UInt8) -> [UInt8] {
        var state: UInt32 = 0x1234_5678
        return [first]
            + (1..<count).map { _ in
                state = state &* 1_664_525 &+ 1_013_904_223
                return UInt8(state >> 24)
            }
    }
}
