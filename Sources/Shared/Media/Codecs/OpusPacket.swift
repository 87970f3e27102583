package import NIOCore

/// What the first bytes of an Opus packet tell: RFC 6716 section 3.1. The configuration number gives the length of a frame,
/// the code the number of frames.
package enum OpusPacket {
    /// Samples at 48 kHz; nil where the packet does not say.
    package static func samples(_ packet: ByteBuffer) -> Int? {
        guard let contents = packet.getInteger(at: packet.readerIndex, as: UInt8.self) else { return nil }
        let number = Int(contents >> 3)
        let frame =
            switch number {
            case 0..<12: [480, 960, 1920, 2880][number & 3]
            case 12..<16: [480, 960][number & 1]
            default: [120, 240, 480, 960][number & 3]
            }
        switch contents & 3 {
        case 0: return frame
        case 1, 2: return 2 * frame
        default:
            guard let count = packet.getInteger(at: packet.readerIndex + 1, as: UInt8.self), count & 63 > 0
            else { return nil }
            return Int(count & 63) * frame
        }
    }
}
