import Media
import NIOCore
import Testing
import Wire

/// AC-3 by RFC 4184 and Enhanced AC-3 by RFC 4598.
struct AC3Tests {
    /// A frame of 48 kHz in stereo.
    private static func frame(_ codec: Codec, _ size: Int, fill: UInt8 = 0x55) -> ByteBuffer {
        let head: [UInt8]
        if codec == .eac3 {
            // The size in words, less one; six blocks.
            let words = size / 2 - 1
            head = [0x0B, 0x77, UInt8(words >> 8), UInt8(words & 0xFF), 0x34, 0x80]
        } else {
            // frmsizecod 0 is 32 kbit/s, and 36 is 640.
            head = [0x0B, 0x77, 0, 0, size == 128 ? 0 : 36, 0x40, 0x40]
        }
        return ByteBuffer(bytes: head + [UInt8](repeating: fill, count: size - head.count))
    }

    /// A frame of Enhanced AC-3 with one that adds channels to it, and one of another program.
    private static func unit(_ fill: UInt8) -> ByteBuffer {
        var unit = Self.frame(.eac3, 128, fill: fill)
        for kind in [0x40, 0x08] as [UInt8] {
            var substream = Self.frame(.eac3, 128, fill: fill)
            substream.setInteger(kind, at: 2)
            unit.writeImmutableBuffer(substream)
        }
        return unit
    }

    private static func receiver(_ codec: Codec) throws -> TestReceiver {
        try TestReceiver("m=audio 0 RTP/AVP 96\na=rtpmap:96 \(codec == .ac3 ? "AC3" : "eac3")/48000")
    }

    private static func payload(_ head: UInt16, _ parts: [ByteBuffer]) -> ByteBuffer {
        parts.reduce(into: ByteBuffer(integer: head)) { $0.writeImmutableBuffer($1) }
    }

    @Test(arguments: [Codec.ac3, .eac3])
    func `Several frames in a packet come out one by one, each at its time`(codec: Codec) throws {
        var test = try Self.receiver(codec)
        let frames = [
            Self.frame(codec, 128, fill: 1), Self.frame(codec, 128, fill: 2), Self.frame(codec, 128, fill: 3),
        ]
        test.take(test.sender.packet(Self.payload(2, Array(frames[..<2])), at: 0, marker: true))
        test.take(test.sender.packet(Self.payload(1, [frames[2]]), at: 3072, marker: true))
        #expect(test.payloads == frames)
        let times = test.packets.map(\.timestamp)
        #expect(zip(times, times.dropFirst()).map { $1 - $0 } == [32_000, 32_000])
        let configuration = try #require(test.configurations.first)
        #expect(configuration.codec == codec)
        #expect(configuration.sampleRate == 48_000 && configuration.channels == 2)
        #expect(test.configurations.count == 1)
        #expect(test.statistics.malformed == 0)
    }

    @Test func `A frame in several packets is put together`() throws {
        var test = try Self.receiver(.ac3)
        var frame = Self.frame(.ac3, 2560)
        let whole = frame
        for head in [0x0203, 0x0303, 0x0303] as [UInt16] {
            let slice = frame.readSlice(length: min(1000, frame.readableBytes))
            let part = try #require(slice)
            test.take(test.sender.packet(Self.payload(head, [part]), at: 1536, marker: frame.readableBytes == 0))
        }
        #expect(test.payloads == [whole])
    }

    /// Some senders count frames with all that sounds with them, others each substream.
    @Test(arguments: [2, 6] as [UInt16])
    func `Substreams stay with their frame`(count: UInt16) throws {
        var test = try Self.receiver(.eac3)
        let units = [Self.unit(1), Self.unit(2), Self.unit(3)]
        test.take(test.sender.packet(Self.payload(count, Array(units[..<2])), at: 0, marker: true))
        var rest = units[2]
        while rest.readableBytes > 0 {
            let slice = rest.readSlice(length: min(150, rest.readableBytes))
            let part = try #require(slice)
            test.take(test.sender.packet(Self.payload(0x0103, [part]), at: 3072, marker: rest.readableBytes == 0))
        }
        #expect(test.payloads == units)
        #expect(test.statistics.malformed == 0)
    }

    @Test(arguments: 0..<3)
    func `A frame that lacks a packet is not given out, and the next one is`(lost: Int) throws {
        var test = try Self.receiver(.ac3)
        for time in [0, 1536, 3072] as [UInt32] {
            var frame = Self.frame(.ac3, 2560)
            for (index, head) in ([0x0103, 0x0303, 0x0303] as [UInt16]).enumerated() {
                let slice = frame.readSlice(length: min(1000, frame.readableBytes))
                let part = try #require(slice)
                let packet = test.sender.packet(Self.payload(head, [part]), at: time, marker: index == 2)
                if time != 1536 || index != lost { test.take(packet) }
            }
        }
        test.wait()
        #expect(test.payloads.count == 2)
        // What was left of it without a beginning is passed over in silence.
        #expect(test.statistics.damaged == (lost == 0 ? 0 : 1))
        #expect(test.statistics.lost == 1)
    }

    @Test(arguments: [
        "00", "0001", "0001ffff0000", "000100", "0101", "0300", "03010b77", "0200", "02010b770000004040",
        "00000b770000",
    ])
    func `What is no frame makes nothing`(hex: String) throws {
        for codec in [Codec.ac3, .eac3] {
            var test = try Self.receiver(codec)
            test.send(hex, at: 0)
            test.send(hex, at: 0)
            #expect(test.events.isEmpty)
            test.take(test.sender.packet(Self.payload(1, [Self.frame(codec, 128)]), at: 1536, marker: true))
            #expect(test.payloads == [Self.frame(codec, 128)])
        }
    }

    @Test(arguments: [Codec.ac3, .eac3])
    func `What is sent here is received here`(codec: Codec) throws {
        let frames = (0..<40 as Range<UInt8>).map { number -> ByteBuffer in
            guard codec == .ac3 || number % 3 > 0 else { return Self.unit(number) }
            return Self.frame(codec, number % 2 == 0 ? 128 : 2560, fill: number)
        }
        let configuration = try #require(try CodecConfiguration(accessUnit: frames[0], of: codec))
        let presentation = RTPPresentation([.audio: configuration], path: "live/main")
        let track = try #require(presentation.tracks.first)
        var packetizer = RTPPacketizer(track, framing: .interleaved, sequence: 65_500)
        var receiver = try RTPReceiver(
            SessionDescription(parsing: presentation.sessionDescription()),
            configuration: RTPReceiverConfiguration(canonicalName: "test", source: 1)
        )
        var got: [ByteBuffer] = []
        for (index, frame) in frames.enumerated() {
            let time = MediaTime(microseconds: 5_000_000 + Int64(index) * 32_000)
            var wire = ByteBuffer()
            packetizer.write(
                Packet(track: track.track, pts: time, dts: time, flags: .keyframe, payload: frame),
                into: &wire
            )
            while let head = wire.readMultipleIntegers(as: (UInt8, UInt8, UInt16).self) {
                let slice = wire.readSlice(length: Int(head.2))
                let packet = try #require(slice)
                for case .source(.packet(let packet)) in receiver.receiveRTP(packet, media: 0, now: time.microseconds) {
                    got.append(packet.payload)
                }
            }
        }
        #expect(got == frames)
    }
}
