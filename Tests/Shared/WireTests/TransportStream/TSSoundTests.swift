import Media
import NIOCore
import Testing
import Toolkit
import Wire

/// Frames of sound among the bytes of units, which are cut anywhere.
struct TSSoundTests {
    private static let pid: UInt16 = 0x101

    private static func harvest(type: UInt8, _ units: [(bytes: ByteBuffer, pts: Int64?)]) -> TSHarvest {
        var builder = TSBuilder([.init(pid: Self.pid, type: type, streamID: 0xC0)], clockPID: Self.pid)
        builder.tables()
        for unit in units { builder.unit(Self.pid, Array(unit.bytes.readableBytesView), pts: unit.pts, isSized: true) }
        return TSHarvest(ByteBuffer(bytes: builder.take()))
    }

    private static func joined(_ frames: [ByteBuffer]) -> ByteBuffer {
        frames.reduce(into: ByteBuffer()) { $0.writeImmutableBuffer($1) }
    }

    private static func frame(_ header: [UInt8], length: Int, filler: UInt8) -> ByteBuffer {
        var frame = ByteBuffer(bytes: header)
        frame.writeRepeatingByte(filler, count: length - header.count)
        return frame
    }

    /// The same bytes as one unit, and as units cut at every third of a frame: times count on from each unit's own.
    private static func expect(_ frames: [ByteBuffer], type: UInt8, codec: Codec, interval: Double) {
        let bytes = Self.joined(frames)
        let whole = Self.harvest(type: type, [(bytes, 900_000)])
        #expect(whole.configurations[.audio]?.map(\.codec) == [codec])
        #expect(whole.audio.map(\.payload) == frames)
        let steps = zip(whole.audio, whole.audio.dropFirst()).map { Double($1.timestamp - $0.timestamp) }
        #expect(steps.allSatisfy { abs($0 - interval) < 2 }, "\(steps)")
        for size in [frames[0].readableBytes / 3, frames[0].readableBytes * 5 / 2] {
            var rest = bytes
            var units: [(ByteBuffer, Int64?)] = []
            while rest.readableBytes > 0, let part = rest.readSlice(length: min(size, rest.readableBytes)) {
                units.append((part, units.isEmpty ? 900_000 : nil))
            }
            let cut = Self.harvest(type: type, units)
            #expect(cut.audio == whole.audio, "cut at \(size) bytes")
        }
    }

    @Test(arguments: [UInt8(3), 4])
    func `Layer II, which ffmpeg chooses by itself`(type: UInt8) {
        // 48 kHz, stereo, 128 kbit/s.
        let frames = (0..<9).map { Self.frame([0xFF, 0xFD, 0x84, 0x00], length: 384, filler: $0) }
        Self.expect(frames, type: type, codec: .mp2, interval: 24_000)
    }

    @Test func `Layer I, and layer II at half the rate`() {
        // 48 kHz, stereo, 256 kbit/s; a frame is 384 samples.
        let first = (0..<9).map { Self.frame([0xFF, 0xFF, 0x84, 0x00], length: 256, filler: $0) }
        Self.expect(first, type: 3, codec: .mp2, interval: 8_000)
        // 24 kHz, stereo, 64 kbit/s.
        let half = (0..<9).map { Self.frame([0xFF, 0xF5, 0x84, 0x00], length: 384, filler: $0) }
        Self.expect(half, type: 4, codec: .mp2, interval: 48_000)
    }

    /// An Enhanced AC-3 frame of six blocks at 48 kHz, 3/2 channels.
    private static func enhanced(_ number: UInt8, length: Int, type: UInt8 = 0, substream: UInt8 = 0) -> ByteBuffer {
        let size = UInt16(length / 2 - 1)
        let head: [UInt8] = [
            0x0B, 0x77, type << 6 | substream << 3 | UInt8(size >> 8), UInt8(size & 0xFF), 0x3E, 0x80, 0, 0,
        ]
        return Self.frame(head, length: length, filler: number)
    }

    @Test func `Substreams of Enhanced AC-3 stay with their frame`() {
        let units = (0..<9 as Range<UInt8>).map { number in
            Self.joined([
                Self.enhanced(number, length: 512), Self.enhanced(number, length: 256, type: 1),
                Self.enhanced(number, length: 128, type: 1, substream: 1),
                Self.enhanced(number, length: 192, substream: 1),
            ])
        }
        Self.expect(units, type: 0x87, codec: .eac3, interval: 32_000)
    }

    @Test func `A substream whose frame is missing is left out`() {
        let rest = Self.enhanced(0, length: 256, type: 1)
        let frames = (0..<4 as Range<UInt8>).map { Self.enhanced($0, length: 512) }
        let harvest = Self.harvest(type: 0x87, [(Self.joined([rest] + frames), 900_000)])
        #expect(harvest.audio.map(\.payload) == frames)
        #expect(harvest.statistics.malformedUnits == 1)
    }

    /// 48 kHz, 448 kbit/s, 3/2 channels; Blu-ray discs add the channels of Enhanced AC-3.
    @Test func `What Enhanced AC-3 adds to AC-3 is left out`() {
        let cores = (0..<4 as Range<UInt8>).map { number in
            Self.frame([0x0B, 0x77, 0, 0, 0x1E, 0x40, 0xE1, 0], length: 1792, filler: number)
        }
        let bytes = Self.joined(cores.flatMap { [$0, Self.enhanced(9, length: 256, type: 1)] })
        let harvest = Self.harvest(type: 0x81, [(bytes, 900_000)])
        #expect(harvest.audio.map(\.payload) == cores)
        #expect(harvest.configurations[.audio]?.map(\.codec) == [.ac3])
    }
}
