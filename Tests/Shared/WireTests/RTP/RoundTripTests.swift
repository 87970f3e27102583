import Media
import NIOCore
import Testing
import Wire

/// What the sending side makes of access units the receiving side makes access units of again.
@Suite struct RoundTripTests {
    struct Material: CustomTestStringConvertible, Sendable {
        var codec: Codec
        var record: [UInt8] = []
        var rate = 0
        var channels = 0
        /// Begins every access unit that a decoder can start at, and all others.
        var key: [UInt8]
        var other: [UInt8]
        /// In front of which the length of the rest is written, in bytes: NAL units in four, OBUs in two.
        var lengthSize = 0

        var testDescription: String { self.codec.rawValue }

        /// An access unit of about that size.
        func unit(_ size: Int, isKeyframe: Bool, seed: Int) -> [UInt8] {
            let start = isKeyframe ? self.key : self.other
            // 0x55 and its like: nothing that looks like a start code or an emulation of one.
            let body = start + (start.count..<max(size, start.count + 1)).map { UInt8(0x40 | (seed &* 7 &+ $0) & 0x3F) }
            switch self.lengthSize {
            case 4: return (0..<4).map { UInt8(body.count >> (24 - 8 * $0) & 0xFF) } + body
            default: return body
            }
        }
    }

    static let materials = [
        Material(codec: .h264, record: Sender.avc, key: [0x65, 0x88], other: [0x41, 0x9A], lengthSize: 4),
        Material(
            codec: .hevc,
            record: Sender.hevc,
            key: [0x26, 0x01, 0xAF],
            other: [0x02, 0x01, 0xD0],
            lengthSize: 4
        ),
        Material(
            codec: .vp8,
            key: [0x10, 0, 0, 0x9D, 0x01, 0x2A, 0x40, 0x01, 0xB4, 0x00],
            other: [0x11, 0, 0]
        ),
        Material(
            codec: .vp9,
            key: [0x82, 0x49, 0x83, 0x42, 0x40, 0x13, 0xF0, 0x0B, 0x30],
            other: [0x86]
        ),
        Material(codec: .aac, record: [0x12, 0x10], rate: 44_100, channels: 2, key: [0x21], other: [0x21]),
        Material(codec: .opus, rate: 48_000, channels: 2, key: [0xFC], other: [0xFC]),
        Material(codec: .pcma, rate: 8000, channels: 1, key: [0xD5], other: [0xD5]),
        Material(codec: .l16, rate: 44_100, channels: 2, key: [0], other: [0]),
    ]

    @Test(arguments: Self.materials)
    func unitsComeOutAsTheyWentIn(material: Material) throws {
        var configuration = CodecConfiguration(codec: material.codec, record: ByteBuffer(bytes: material.record))
        (configuration.sampleRate, configuration.channels) = (material.rate, material.channels)
        let presentation = RTPPresentation([TrackID(material.codec.kind): configuration], path: "live/main")
        let track = try #require(presentation.tracks.first)
        var packetizer = RTPPacketizer(track, framing: .interleaved, sequence: 65_500)
        var receiver = try RTPReceiver(
            SessionDescription(parsing: presentation.sessionDescription()),
            configuration: RTPReceiverConfiguration(canonicalName: "test", source: 1)
        )
        // Samples come out as they are packed, so those stay within a packet; all else is cut.
        let isSamples = [.pcma, .pcmu, .l16].contains(material.codec)
        let sizes =
            material.codec.kind == .video ? [40, 1199, 1200, 1201, 9000, 300] : [40, 600, 900, 1196, 1100, 300]
        let step: Int64 = material.codec.kind == .video ? 40_000 : 20_000
        var sent: [[UInt8]] = []
        var events: [RTPReceiverEvent] = []
        for index in 0..<60 {
            let size = isSamples ? 400 : sizes[index % sizes.count]
            let isKeyframe = index % 20 == 0
            let unit = material.unit(size, isKeyframe: isKeyframe, seed: index)
            sent.append(unit)
            let time = MediaTime(microseconds: 5_000_000 + Int64(index) * step)
            var frames = ByteBuffer()
            packetizer.write(
                Packet(
                    track: track.track,
                    pts: time,
                    dts: time,
                    flags: isKeyframe ? .keyframe : [],
                    payload: ByteBuffer(bytes: unit)
                ),
                into: &frames
            )
            let now = 1_000_000 + Int64(index) * step
            while let head = frames.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) {
                let packet = frames.readSlice(length: Int(head.2))
                events += receiver.receiveRTP(try #require(packet), media: 0, now: now)
            }
            events += receiver.tick(now: now)
        }
        var packets: [SourcePacket] = []
        for case .source(.packet(let packet)) in events { packets.append(packet) }
        // The last one may wait for what would end it.
        #expect(packets.count >= sent.count - 1)
        #expect(zip(packets, sent).allSatisfy { Array($0.payload.readableBytesView) == $1 })
        if material.codec.kind == .video {
            #expect(packets.map(\.isKeyframe) == packets.indices.map { $0 % 20 == 0 })
        }
        for (before, after) in zip(packets, packets.dropFirst()) {
            // By when they are presented: decoding times are the receiver's guess.
            let passed = after.timestamp + after.compositionOffset - before.timestamp - before.compositionOffset
            #expect(abs(passed - step) <= 200)
        }
        #expect(receiver.statistics.allSatisfy { $0.lost == 0 && $0.malformed == 0 })
    }

    /// A temporal unit with the encoder's sequence header; a frame of several packets.
    @Test func av1TemporalUnitsComeOutAsTheyWentIn() throws {
        let header = Sender.bytes("0a0c02000042955dfe1b805f0808")
        var configuration = CodecConfiguration(
            codec: .av1,
            record: ByteBuffer(bytes: Sender.bytes("81084c00") + header)
        )
        (configuration.width, configuration.height) = (1920, 1080)
        let presentation = RTPPresentation([.video: configuration], path: "live/main")
        let track = try #require(presentation.tracks.first)
        var packetizer = RTPPacketizer(track, framing: .interleaved, sequence: 0)
        var receiver = try RTPReceiver(
            SessionDescription(parsing: presentation.sessionDescription()),
            configuration: RTPReceiverConfiguration(canonicalName: "test", source: 1)
        )
        let body = (0..<3000).map { UInt8(0x40 | $0 & 0x3F) }
        let units = (0..<6).map { index -> [UInt8] in
            // 3001 in leb128 is 0xB9 0x17.
            index == 0 ? header + [0x32, 0xB9, 0x17, 0x10] + body : [0x32, 0xB9, 0x17, 0x30] + body
        }
        var packets: [SourcePacket] = []
        for (index, unit) in units.enumerated() {
            let time = MediaTime(microseconds: Int64(index) * 40_000)
            var frames = ByteBuffer()
            packetizer.write(
                Packet(
                    track: .video,
                    pts: time,
                    dts: time,
                    flags: index == 0 ? .keyframe : [],
                    payload: ByteBuffer(bytes: unit)
                ),
                into: &frames
            )
            while let head = frames.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) {
                let packet = frames.readSlice(length: Int(head.2))
                for event in receiver.receiveRTP(try #require(packet), media: 0, now: Int64(index) * 40_000) {
                    if case .source(.packet(let packet)) = event { packets.append(packet) }
                }
            }
        }
        #expect(packets.count >= units.count - 1)
        #expect(zip(packets, units).allSatisfy { Array($0.payload.readableBytesView) == $1 })
        #expect(packets.map(\.isKeyframe) == packets.indices.map { $0 == 0 })
    }
}
