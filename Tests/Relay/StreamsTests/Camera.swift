import Media
import NIOCore
import Streams

/// A source made up for tests: 25 pictures a second with a keyframe every second, and AAC beside them.
struct Camera {
    static let h264 = Self.bytes(
        "0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568cb83cb20"
    )
    /// The same with another picture parameter set, as an encoder that was set up anew sends.
    static let otherH264 = Self.bytes(
        "0142c00affe100176742c00ad9047b011000000300100000030320f122648001000568ce83cb20"
    )
    static let aac = Self.bytes("1210")

    var hasAudio = true
    var record = Self.h264
    /// Source time of the first picture, µs.
    var start: Int64 = 0
    var keyframeEvery = 25
    /// Bytes of each picture, if it is to be larger than a few.
    var pictureBytes: Int?

    var configurations: [SourceEvent] {
        var video = CodecConfiguration(codec: .h264, record: self.record)
        (video.width, video.height) = (64, 48)
        var audio = CodecConfiguration(codec: .aac, record: Self.aac)
        (audio.sampleRate, audio.channels) = (44_100, 2)
        return [.configuration(.video, video)] + (self.hasAudio ? [.configuration(.audio, audio)] : [])
    }

    /// The pictures numbered so, each with the sound of its 40 ms.
    func pictures(_ range: Range<Int>) -> [SourceEvent] {
        range.flatMap { index -> [SourceEvent] in
            let time = self.start + Int64(index) * 40_000
            let isKeyframe = index % self.keyframeEvery == 0
            let video = SourcePacket(
                track: .video,
                timestamp: time,
                isKeyframe: isKeyframe,
                payload: self.unit(isKeyframe: isKeyframe)
            )
            let audio = SourcePacket(
                track: .audio,
                timestamp: time,
                isKeyframe: true,
                payload: ByteBuffer(bytes: [0x21, 0x10, 0x04])
            )
            return [.packet(video)] + (self.hasAudio ? [.packet(audio)] : [])
        }
    }

    private func unit(isKeyframe: Bool) -> ByteBuffer {
        let slice: [UInt8] = isKeyframe ? [0x65, 0x88] : [0x41, 0x9A]
        let filling = max((self.pictureBytes ?? 0) - slice.count, 0)
        var unit = ByteBuffer()
        unit.writeInteger(UInt32(slice.count + filling))
        unit.writeBytes(slice)
        unit.writeRepeatingByte(0x55, count: filling)
        return unit
    }

    private static func bytes(_ hex: String) -> ByteBuffer {
        var bytes = ByteBuffer()
        var rest = Substring(hex)
        while let byte = UInt8(rest.prefix(2), radix: 16) {
            bytes.writeInteger(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}

extension Now {
    /// `seconds` after a fixed moment.
    static func at(_ seconds: Double) -> Now {
        let passed = Int64(seconds * 1_000_000)
        return Now(monotonic: 1_000_000_000 + passed, wall: 1_790_000_000_000_000 + passed)
    }
}
