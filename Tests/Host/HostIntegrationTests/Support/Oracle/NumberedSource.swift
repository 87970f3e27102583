import NIOCore
import Rehearsal
import Toolkit
import Wire

/// Real pictures and silence with sound's headers, each with a number and bytes in it that no other has.
struct NumberedSource {
    /// Pictures a second, and from one keyframe to the next.
    static let rate = 25

    private static let mark = Array("transponder-unit".utf8)

    private var source = GeneratedSource(
        GeneratedSource.Settings(
            picture: PictureFormat(width: 320, height: 180, framesPerSecond: Self.rate),
            bitrate: 0,
            keyframeInterval: Self.rate
        )
    )
    private var random: SeededGenerator
    private var number: UInt64 = 0

    init(seed: UInt64) {
        self.random = SeededGenerator(seed: seed)
    }

    var prelude: [FLVTag] { self.source.prelude }

    mutating func next() -> FLVTag {
        var tag = self.source.next()
        let isPicture = tag.kind == .video
        let body = Array(tag.body.readableBytesView)
        let headSize = isPicture ? 5 : 2
        // A keyframe is as long as several pictures, as of an encoder.
        let size = isPicture ? Int.random(in: body[0] >> 4 == 1 ? 4000...9000 : 300...2500, using: &self.random) : 100
        let extra = isPicture ? self.message(size) : self.element(size)
        tag.body = ByteBuffer(bytes: body.prefix(headSize) + extra + body.dropFirst(headSize))
        self.number += 1
        return tag
    }

    /// No byte of it is zero, so that none has to be escaped.
    private mutating func payload(_ size: Int) -> [UInt8] {
        let number = (0..<9).map { UInt8(truncatingIfNeeded: self.number >> (56 - 7 * UInt64($0))) | 0x80 }
        return Self.mark + number
            + (Self.mark.count + 9..<size).map { _ in UInt8.random(in: 0x80...0xFF, using: &self.random) }
    }

    /// User data in a NAL unit of its own, behind its length: ITU-T H.264 section D.1.7.
    private mutating func message(_ size: Int) -> [UInt8] {
        let unit =
            [6, 5] + [UInt8](repeating: 255, count: size / 255) + [UInt8(size % 255)] + self.payload(size) + [0x80]
        return (0..<4).map { UInt8(truncatingIfNeeded: unit.count >> (24 - 8 * $0)) } + unit
    }

    /// A data_stream_element of AAC, which decoders pass over: ISO/IEC 14496-3 section 4.5.2.1. It ends on a whole byte.
    private mutating func element(_ size: Int) -> [UInt8] { [0x81, UInt8(size)] + self.payload(size) }
}
