package import NIOCore

/// The instant at which a picture was sent, carried inside it so that it survives any relay: a supplemental enhancement
/// information unit with unregistered user data (ITU-T H.264 section D.1.7), which decoders pass over.
package enum LatencyStamp {
    /// The user data's identifier.
    package static let magic: [UInt8] = Array("relay-bench-v01".utf8) + [0x7f]
    /// Hexadecimal digits after it: microseconds on CLOCK_MONOTONIC.
    package static let digits = 16

    /// Bytes of a picture within which a stamp is looked for.
    static let searchLimit = 1024

    /// NAL unit header, payload type, payload size, payload and stop bit.
    private static let unitSize = 3 + magic.count + digits + 1

    /// The body of a video tag (FLV 10.1 annex E.4.3.1) with a stamp in front of its slices; nil when it is no H.264
    /// picture with four-byte lengths.
    package static func insert(_ microseconds: UInt64, into body: ByteBuffer) -> ByteBuffer? {
        let start = body.readerIndex
        guard body.readableBytes > 9,
            let kind = body.getInteger(at: start, as: UInt8.self), kind & 0x8f == 7,
            body.getInteger(at: start + 1, as: UInt8.self) == 1
        else { return nil }
        var place = start + 5
        // An access unit delimiter, where there is one, stays first (section 7.4.1.2.3).
        if let length = body.getInteger(at: place, as: UInt32.self), length < 16,
            let header = body.getInteger(at: place + 4, as: UInt8.self), header & 0x1f == 9
        {
            place += 4 + Int(length)
        }
        guard let before = body.getSlice(at: start, length: place - start),
            let after = body.getSlice(at: place, length: body.writerIndex - place)
        else { return nil }
        var stamped = ByteBuffer()
        stamped.reserveCapacity(body.readableBytes + 4 + Self.unitSize)
        stamped.writeImmutableBuffer(before)
        stamped.writeInteger(UInt32(Self.unitSize))
        stamped.writeBytes([6, 5, UInt8(Self.magic.count + Self.digits)])
        stamped.writeBytes(Self.magic)
        let text = String(microseconds, radix: 16)
        stamped.writeRepeatingByte(UInt8(ascii: "0"), count: Self.digits - text.utf8.count)
        stamped.writeString(text)
        stamped.writeInteger(UInt8(0x80))
        stamped.writeImmutableBuffer(after)
        return stamped
    }
}
