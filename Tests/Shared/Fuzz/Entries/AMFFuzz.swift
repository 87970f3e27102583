import NIOCore
import Wire

/// The first byte says which version, the rest are values.
enum AMFFuzz {
    /// What is written again may count more: a repaired string is longer, and a byte array in AMF0 is a switch to AMF3.
    private static var looser: AMFLimits {
        var limits = AMFLimits()
        limits.depth += 1
        limits.values *= 2
        limits.stringBytes *= 3
        return limits
    }

    static func run(_ input: ByteBuffer) {
        var input = input
        guard let version: UInt8 = input.readInteger() else { return }
        if version & 1 == 0 {
            self.runAMF0(input)
        } else {
            self.runAMF3(input)
        }
    }

    /// What was read can be written, and what is written reads as the same.
    private static func runAMF0(_ input: ByteBuffer) {
        guard let values = try? AMF0Decoder.decodeAll(input) else { return }
        let bytes = Self.encodeAMF0(values)
        guard let again = try? AMF0Decoder.decodeAll(bytes, limits: Self.looser) else {
            preconditionFailure("what was written as AMF0 is not AMF0")
        }
        precondition(Self.encodeAMF0(again) == bytes, "what was written as AMF0 reads as something else")
    }

    private static func encodeAMF0(_ values: [AMFValue]) -> ByteBuffer {
        var bytes = ByteBuffer()
        for value in values {
            AMF0Encoder.write(value, into: &bytes)
        }
        return bytes
    }

    private static func runAMF3(_ input: ByteBuffer) {
        var input = input
        var decoder = AMF3Decoder()
        guard let value = try? decoder.next(from: &input) else { return }
        var bytes = AMF3Encoder.encode(value)
        let written = bytes
        var second = AMF3Decoder(limits: Self.looser)
        guard let again = try? second.next(from: &bytes), bytes.readableBytes == 0 else {
            preconditionFailure("what was written as AMF3 is not AMF3")
        }
        precondition(AMF3Encoder.encode(again) == written, "what was written as AMF3 reads as something else")
    }
}
