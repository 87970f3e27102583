import Media
import NIOCore
import Toolkit

extension SeededGenerator {
    mutating func roll(_ range: ClosedRange<Int>) -> Int {
        range.lowerBound + Int(self.next() % UInt64(range.count))
    }
}

/// Bytes that can be told from those at any other offset a test uses: their period is a prime, larger than any ring.
private let patternPeriod: UInt64 = 65521
private let patternTable: ByteBuffer = {
    var dice = SeededGenerator(seed: 0x5eed)
    let period = (0..<patternPeriod).map { _ in UInt8(truncatingIfNeeded: dice.next() >> 40) }
    return ByteBuffer(bytes: period + period)
}()

func pattern(at offset: UInt64, count: Int) -> ByteBuffer {
    patternTable.getSlice(at: Int(offset % patternPeriod), length: count) ?? ByteBuffer()
}

func isPattern(_ bytes: ByteBuffer, at offset: UInt64) -> Bool {
    bytes == pattern(at: offset, count: bytes.readableBytes)
}

extension Packet {
    static func sample(
        _ track: TrackID = .video,
        milliseconds: Int64,
        keyframe: Bool = false,
        payload: [UInt8] = [1, 2, 3]
    ) -> Packet {
        Packet(
            track: track,
            pts: .milliseconds(milliseconds + 40),
            dts: .milliseconds(milliseconds),
            flags: keyframe ? .keyframe : [],
            payload: ByteBuffer(bytes: payload)
        )
    }
}
