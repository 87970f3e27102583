import NIOCore

/// Tables whose check sums are right, and payloads of what they name.
///
/// The first byte says how the stream is read. What follows are pieces: a byte whose lowest two bits say what it is, a byte
/// for its length, and so many bytes of it.
enum PSIFuzz {
    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        var stream = TSBuilder()
        while let kind: UInt8 = input.readInteger(), let length: UInt8 = input.readInteger() {
            var body = input.readSlice(length: min(Int(length) * (kind & 0x80 == 0 ? 1 : 4), input.readableBytes))
            switch kind & 3 {
            case 0: stream.section(0, body ?? ByteBuffer(), pid: 0)
            case 1: stream.section(2, body ?? ByteBuffer(), pid: TSBuilder.mapPID | UInt16(kind >> 2 & 3))
            case 2: stream.elementary(body ?? ByteBuffer(), at: UInt32(length) * 3600, stream: 0xC0 | kind >> 2 & 0x2F)
            default:
                // Any section on any PID.
                let pid: UInt16 = body?.readInteger() ?? 0
                stream.section(kind >> 2, body ?? ByteBuffer(), pid: pid)
            }
        }
        TSFuzz.compare(stream.bytes, first)
    }
}
