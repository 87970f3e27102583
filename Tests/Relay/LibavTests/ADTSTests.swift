import Libav
import Media
import NIOCore
import Testing

/// AAC in MPEG-TS: what stands in front of its frames.
@Suite("AAC in MPEG-TS")
struct ADTSTests {
    /// Four channels in a program config element that no channel configuration stands for.
    private static let quad: [UInt8] = [
        0x11, 0x80, 0x04, 0xC4, 0x04, 0x00, 0x21, 0x10, 0x0C, 0x4C, 0x61, 0x76, 0x63, 0x36, 0x33, 0x2E, 0x31, 0x2E,
        0x31, 0x30, 0x32, 0x56, 0xE5, 0x00,
    ]

    private static func sound(_ index: Int64, _ payload: [UInt8]) -> Packet {
        let time = MediaTime(microseconds: 1_000_000 + index * 21_333)
        return Packet(track: .audio, pts: time, dts: time, flags: .keyframe, payload: ByteBuffer(bytes: payload))
    }

    /// The elementary stream's bytes: what follows the headers of the PES packets of a PID.
    private static func frames(_ bytes: ByteBuffer) -> [UInt8] {
        var rest = bytes
        var frames: [UInt8] = []
        while let packet = rest.readBytes(length: 188) {
            let pid = Int(packet[1] & 0x1F) << 8 | Int(packet[2])
            guard pid == 0x101, packet[3] & 0x10 != 0 else { continue }
            var start = 4
            if packet[3] & 0x20 != 0 { start += 1 + Int(packet[4]) }
            if packet[1] & 0x40 != 0 { start += 9 + Int(packet[start + 8]) }
            frames += packet[start...]
        }
        return frames
    }

    private static func muxer(_ record: [UInt8]) throws -> TSMuxer {
        let configuration = try CodecConfiguration(record: ByteBuffer(bytes: record), of: .aac)
        return try TSMuxer.make([(.audio, configuration)], identifiers: [.audio: 0x101])
    }

    @Test("A frame has a header of seven bytes that says profile, rate, channels and length")
    func header() throws {
        var muxer = try Self.muxer([0x11, 0x90])
        let bytes = try muxer.append(Self.sound(0, [0x21, 0x10, 0x04]), join: true)
        // 48 kHz is rate 3; 7 + 3 bytes.
        #expect(Self.frames(bytes) == [0xFF, 0xF1, 0x4C, 0x80, 0x01, 0x5F, 0xFC, 0x21, 0x10, 0x04])
    }

    @Test("A program config element stands in front of the first frame behind every join, and of no other")
    func program() throws {
        var muxer = try Self.muxer(Self.quad)
        let program = try #require(try AudioSpecificConfig(record: ByteBuffer(bytes: Self.quad)).program)
        let element = Array(program.block.readableBytesView)
        for index in Int64(0)..<9 {
            let isJoin = index % 4 == 0
            let frame = Self.frames(try muxer.append(Self.sound(index, [0x21, 0x10, 0x04]), join: isJoin))
            let begins = frame.dropFirst(7).starts(with: element)
            #expect(begins == isJoin, "frame \(index)")
            #expect(frame.count == 10 + (isJoin ? element.count : 0))
            #expect(frame[2...3] == [0x4C, 0x00], "channel configuration 0")
        }
        // One that a frame brings itself is not doubled.
        let own = Self.frames(try muxer.append(Self.sound(9, element + [0x21]), join: true))
        #expect(Array(own.dropFirst(7)) == element + [0x21])
    }

    @Test("Segments that begin between keyframes begin with tables")
    func tables() throws {
        var muxer = try Self.muxer([0x11, 0x90])
        _ = try muxer.append(Self.sound(0, [0x21]), join: true)
        #expect(try #require(TSPacket.all(in: try muxer.append(Self.sound(1, [0x21])))).map(\.pid) == [0x101])
        let packets = try #require(TSPacket.all(in: try muxer.append(Self.sound(2, [0x21]), tables: true)))
        #expect(packets.first { $0.pid != 0x11 }?.pid == 0)
        #expect(packets.contains { $0.pid == 0x1000 })
    }

    @Test("A frame that is longer than ADTS can say is refused alone")
    func tooLong() throws {
        var muxer = try Self.muxer([0x11, 0x90])
        let long = [UInt8](repeating: 0x21, count: 8185)
        #expect(throws: LibavError.malformed(.audio, .aac, reason: "a frame is longer than ADTS can say")) {
            try muxer.append(Self.sound(0, long))
        }
        #expect(try muxer.append(Self.sound(1, Array(long.dropLast()))).readableBytes > 8191)
    }

    @Test("A record that does not parse, and a form without a header, are errors of the track")
    func refused() throws {
        let broken = CodecConfiguration(codec: .aac, record: ByteBuffer(bytes: [0xFF]))
        var odd = broken
        (odd.sampleRate, odd.channels) = (48_000, 2)
        #expect(throws: LibavError.self) { _ = try TSMuxer.make([(.audio, odd)]) }
        #expect(TSMuxer.omission(of: .audio, odd)?.reason == .unsupportedForm)
        #expect(throws: LibavError.unsupported(.aac, format: .mpegTS)) { _ = try Self.muxer([0xF8, 0xE8, 0x50, 0x00]) }
    }
}
