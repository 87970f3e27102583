import Media
import NIOCore
import Testing

/// Records are written by strangers: whatever is in them, reading ends with a value or an error.
struct HostileRecordTests {
    @Test(arguments: Records.all.indices)
    func `Every truncation is survived`(index: Int) {
        let (codec, record) = Records.all[index]
        for length in 0..<record.readableBytes {
            Self.read(record.getSlice(at: 0, length: length) ?? ByteBuffer(), as: codec)
        }
    }

    @Test(arguments: Records.all.indices)
    func `Every flipped bit is survived`(index: Int) {
        let (codec, record) = Records.all[index]
        for bit in 0..<(record.readableBytes * 8) {
            var flipped = record
            let byte = record.getInteger(at: bit / 8, as: UInt8.self) ?? 0
            flipped.setInteger(byte ^ 1 << UInt8(bit % 8), at: bit / 8)
            Self.read(flipped, as: codec)
        }
    }

    @Test(arguments: Codec.allCases)
    func `Noise is survived`(codec: Codec) {
        // A fixed sequence, so that a failure comes again: Knuth's 64-bit congruential generator.
        var state: UInt64 = 1
        for round in 0..<2000 {
            var noise = ByteBuffer()
            for _ in 0..<(round % 60) {
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                noise.writeInteger(UInt8(truncatingIfNeeded: state >> 56))
            }
            Self.read(noise, as: codec)
        }
    }

    /// As a record, as an access unit and as a parameter set.
    private static func read(_ bytes: ByteBuffer, as codec: Codec) {
        if let configuration = try? CodecConfiguration(record: bytes, of: codec) {
            _ = configuration.codecString
            _ = configuration.frameRate
        }
        _ = try? CodecConfiguration(accessUnit: bytes, of: codec)
        _ = try? AVCSequenceParameterSet(nalUnit: bytes)
        _ = try? HEVCSequenceParameterSet(nalUnit: bytes)
        _ = try? AV1SequenceHeader(payload: bytes)
        for size in [1, 2, 4] {
            _ = AVCAccessUnit.randomAccess(bytes, nalLengthSize: size)
            _ = HEVCAccessUnit.randomAccess(bytes, nalLengthSize: size)
        }
    }
}
