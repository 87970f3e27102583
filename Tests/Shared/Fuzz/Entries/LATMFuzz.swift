import NIOCore

/// Elements of LATM (ISO/IEC 14496-3 section 1.7) behind sync words and lengths that are right, in a transport stream.
///
/// The first byte says how the stream is read. What follows are elements, each behind a byte for its length.
enum LATMFuzz {
    static func run(_ input: ByteBuffer) {
        var input = input
        guard let first: UInt8 = input.readInteger() else { return }
        var stream = TSBuilder()
        stream.program(0x11)
        var time: UInt32 = 0
        var frames = ByteBuffer()
        while let length: UInt8 = input.readInteger(), input.readableBytes > 0 {
            let element = input.readSlice(length: min(Int(length), input.readableBytes)) ?? ByteBuffer()
            frames.writeInteger(0x56E0 | UInt16(element.readableBytes >> 8))
            frames.writeInteger(UInt8(truncatingIfNeeded: element.readableBytes))
            frames.writeImmutableBuffer(element)
            // One frame or a few in a packet.
            guard length & 1 == 0 || input.readableBytes == 0 else { continue }
            stream.elementary(frames, at: time, stream: 0xC0)
            frames.clear()
            time &+= 1920
        }
        TSFuzz.compare(stream.bytes, first)
    }
}
