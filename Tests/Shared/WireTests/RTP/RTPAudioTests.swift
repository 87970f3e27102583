import Media
import NIOCore
import Testing
import Wire

/// RFC 3640, RFC 7587, RFC 3551, RFC 2250 and RFC 6416 with packets made by hand.
struct RTPAudioTests {
    private static let high = "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;config=1190"

    private static func aac(_ parameters: String = high) throws -> TestReceiver {
        try TestReceiver(encoding: "MPEG4-GENERIC/48000/2", parameters: parameters)
    }

    @Test func `Several AAC access units come in one packet`() throws {
        var test = try Self.aac()
        // Two headers of 16 bits: sizes 3 and 2.
        test.send("0020 0018 0010 aabbcc ddee", at: 1000, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "aabbcc"), ByteBuffer(hex: "ddee")])
        #expect(test.configurations.map(\.record) == [ByteBuffer(hex: "1190")])
        #expect(test.configurations.first?.channels == 2)
        let times = test.packets.map(\.timestamp)
        #expect(times[1] - times[0] == 1024 * 1_000_000 / 48_000)
        #expect(test.packets.allSatisfy { $0.isKeyframe })
    }

    @Test func `An AAC access unit comes in several packets`() throws {
        var test = try Self.aac()
        test.send("0010 0028 aabb", at: 1000)
        test.send("0010 0028 cc", at: 1000)
        #expect(test.packets.isEmpty)
        test.send("0010 0028 ddee", at: 1000, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "aabbccddee")])
    }

    @Test func `An AAC access unit that lacks a part is not given out`() throws {
        var test = try Self.aac()
        test.send("0010 0028 aabb", at: 1000)
        test.lose()
        test.send("0010 0028 ddee", at: 1000, marker: true)
        test.wait()
        test.send("0010 0010 1122", at: 2024, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "1122")])
        #expect(test.statistics.damaged == 1)
    }

    @Test func `AAC of low bit rate has short headers`() throws {
        var test = try Self.aac("mode=AAC-lbr;sizelength=6;indexlength=2;indexdeltalength=2;config=1190")
        // Three headers of eight bits: sizes 1, 2 and 1.
        test.send("0018 040804 aa bbcc dd", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "aa"), ByteBuffer(hex: "bbcc"), ByteBuffer(hex: "dd")])
    }

    @Test func `AAC without a configuration is taken for what the clock says`() throws {
        var test = try Self.aac("mode=AAC-hbr")
        test.send("0010 0008 aa", at: 0, marker: true)
        #expect(test.configurations.map(\.codecString) == ["mp4a.40.2"])
        #expect(test.configurations.map(\.sampleRate) == [48_000])
        #expect(test.configurations.map(\.channels) == [2])
    }

    @Test func `AAC headers may have all there is`() throws {
        var test = try Self.aac(
            "mode=AAC-hbr;sizelength=13;indexlength=3;indexdeltalength=3;CTSDeltaLength=8;DTSDeltaLength=4;"
                + "randomAccessIndication=1;auxiliaryDataSizeLength=8;config=1190"
        )
        // size 2, index 0, CTS-flag 1 and 8 bits, DTS-flag 0, RAP-flag 1: 27 bits; auxiliary data of 8 bits.
        test.send("001b 0010 ffa0 08 99 aabb", at: 0, marker: true)
        #expect(test.statistics.malformed == 0)
        #expect(test.payloads == [ByteBuffer(hex: "aabb")])
    }

    @Test(arguments: [
        "00", "0010 00", "ffff 0008 aa", "0020 0018 0010 aabbcc dd", "0020 0018 0011 aabbcc ddee", "0009 0018",
        "0010 ffff aa",
    ])
    func `AAC that makes no sense is counted`(hex: String) throws {
        var test = try Self.aac()
        test.send(hex, at: 0, marker: true)
        #expect(test.statistics.malformed + test.statistics.damaged == 1)
        test.send("0010 0008 aa", at: 1024, marker: true)
        #expect(test.payloads.last == ByteBuffer(hex: "aa"))
    }

    @Test(arguments: [("sprop-stereo=1", "00", 2), ("sprop-stereo=0", "04", 1), ("", "04", 2), ("", "08", 1)])
    func `Opus is passed through`(parameters: String, packet: String, channels: Int) throws {
        var test = try TestReceiver(encoding: "opus/48000/2", parameters: parameters)
        test.send(packet, at: 0)
        test.send(packet, at: 960)
        test.send("", at: 1920)
        #expect(test.configurations.map(\.channels) == [channels])
        #expect(test.configurations.first?.codec == .opus)
        #expect(test.packets.count == 2)
        #expect(test.packets[1].timestamp - test.packets[0].timestamp == 20_000)
    }

    @Test func `Samples are passed through, whole ones only`() throws {
        var test = try TestReceiver(encoding: "L16/44100/2")
        test.send("00010002", at: 0)
        test.send("000100", at: 1)
        #expect(test.payloads == [ByteBuffer(hex: "00010002")])
        #expect(test.statistics.malformed == 1)
        #expect(test.configurations.map(\.codec) == [.l16])
        #expect(test.configurations.map(\.sampleRate) == [44_100])
    }

    /// MPEG-1 layer 3 and layer 2, 32 kbit/s, 48 kHz: 96 bytes a frame.
    @Test(arguments: [("fffb1400", Codec.mp3), ("fffd14c0", .mp2)])
    func `MPEG audio frames come together or in parts`(header: String, codec: Codec) throws {
        let frame = header + String(repeating: "00", count: 92)
        var test = try TestReceiver("m=audio 0 RTP/AVP 14")
        test.sender.payloadType = 14
        test.send("00000000" + frame + frame, at: 0, marker: true)
        #expect(test.payloads.map(\.readableBytes) == [96, 96])
        #expect(test.packets[1].timestamp - test.packets[0].timestamp == 24_000)
        #expect(test.configurations.map(\.codec) == [codec])
        test.send("00000000" + frame.prefix(80), at: 4320)
        test.send("00000028" + frame.dropFirst(80), at: 4320, marker: true)
        #expect(test.payloads.map(\.readableBytes) == [96, 96, 96])
        test.send("00000000" + frame.prefix(80), at: 6480)
        test.lose()
        test.send("00000028" + frame.dropFirst(80), at: 6480, marker: true)
        test.send("00000050" + frame, at: 8640, marker: true)
        test.wait()
        #expect(test.packets.count == 3)
        #expect(test.statistics.damaged == 1)
        test.send("00000000 1234", at: 8640)
        #expect(test.statistics.malformed == 1)
    }

    /// AAC LC, 48 kHz, mono, out of band: as ffmpeg writes it, and as GStreamer does, without its end.
    @Test(arguments: ["400023103fc0", "40002310", "40002310adca00"])
    func `LATM with its configuration in the description is read`(config: String) throws {
        var test = try TestReceiver(encoding: "MP4A-LATM/48000", parameters: "cpresent=0;config=\(config)")
        test.send("02aabb", at: 0, marker: true)
        #expect(test.payloads == [ByteBuffer(hex: "aabb")])
        #expect(test.configurations.first?.sampleRate == 48_000)
        #expect(test.configurations.first?.channels == 1)
        // In two packets; the length of 255 and more in two bytes.
        test.send("ff01" + String(repeating: "11", count: 200), at: 1024)
        test.send(String(repeating: "22", count: 56), at: 1024, marker: true)
        #expect(test.payloads.last?.readableBytes == 256)
        #expect(test.packets[1].timestamp - test.packets[0].timestamp == 1024 * 1_000_000 / 48_000)
        test.send("05aabb", at: 2048, marker: true)
        #expect(test.statistics.malformed == 1)
    }

    /// The same configuration in band, where every byte is off by one bit.
    @Test func `LATM with its configuration in band is read`() throws {
        var test = try TestReceiver(encoding: "MP4A-LATM/48000", parameters: "cpresent=1")
        var bits = "0"
        bits += "0" + "1" + "000000" + "0000" + "000"  // version, same framing, subframes, programs, layers
        bits += "00010" + "0011" + "0001" + "000"  // AAC LC, 48 kHz, mono, general audio
        bits += "000" + "11111111" + "0" + "0"  // length type, fullness, no other data, no check
        bits += "00000010" + "10101010" + "10111011"
        test.take(test.sender.packet(ByteBuffer(bits: bits), at: 0, marker: true))
        test.take(test.sender.packet(ByteBuffer(bits: "1" + "00000001" + "11001100"), at: 1024, marker: true))
        #expect(test.payloads == [ByteBuffer(hex: "aabb"), ByteBuffer(hex: "cc")])
        #expect(test.configurations.map(\.record) == [ByteBuffer(hex: "1188")])
        #expect(test.statistics.malformed == 0)
    }

    /// Version 1 says how long the configuration is: less than it has is refused, and what it has more is passed over.
    @Test(arguments: [(12, false), (16, true), (21, true)])
    func `LATM that says its configuration's length is held to it`(length: Int, isTaken: Bool) throws {
        var test = try TestReceiver(encoding: "MP4A-LATM/48000", parameters: "cpresent=1")
        let announced = String(length, radix: 2)
        var bits = "0" + "1" + "0" + "00" + "11111111"  // a new one, version 1, A, buffer fullness in one byte
        bits += "1" + "000000" + "0000" + "000"
        bits += "00" + String(repeating: "0", count: 8 - announced.count) + announced
        bits += "00010" + "0011" + "0001" + "000" + String(repeating: "0", count: max(length - 16, 0))
        bits += "000" + "11111111" + "0" + "0"
        bits += "00000010" + "10101010" + "10111011"
        test.take(test.sender.packet(ByteBuffer(bits: bits), at: 0, marker: true))
        #expect(test.payloads == (isTaken ? [ByteBuffer(hex: "aabb")] : []))
        #expect(test.statistics.malformed == (isTaken ? 0 : 1))
    }

    @Test func `LATM in band waits for its configuration`() throws {
        var test = try TestReceiver(encoding: "MP4A-LATM/48000")
        test.take(test.sender.packet(ByteBuffer(bits: "1" + "00000001" + "11001100"), at: 0, marker: true))
        #expect(test.events.isEmpty)
        #expect(test.statistics.unconfigured == 1)
    }

    /// As GStreamer 1.22 and Chromium describe 5.1.
    @Test func `Opus of several streams is known by its parameters`() throws {
        let parameters = "num_streams=4;coupled_streams=2;channel_mapping=0,4,1,2,3,5"
        var test = try TestReceiver("m=audio 0 RTP/AVP 96\na=rtpmap:96 MULTIOPUS/48000/6\na=fmtp:96 \(parameters)")
        test.send("fc01", at: 0)
        test.send("fc02", at: 960)
        #expect(test.payloads == [ByteBuffer(hex: "fc01"), ByteBuffer(hex: "fc02")])
        let configuration = try #require(test.configurations.first)
        #expect(test.configurations.count == 1)
        let head = try OpusHead(record: configuration.record)
        #expect(head.channels == 6)
        #expect(head.mapping == .table(family: 1, streams: 4, coupled: 2, map: [0, 4, 1, 2, 3, 5]))
    }

    @Test(arguments: [
        "", "num_streams=4;coupled_streams=2", "num_streams=4;coupled_streams=2;channel_mapping=0,4,1,2,3",
        "num_streams=4;coupled_streams=5;channel_mapping=0,4,1,2,3,5",
        "num_streams=0;coupled_streams=0;channel_mapping=",
        "num_streams=4;coupled_streams=2;channel_mapping=0,4,1,2,3,6", "num_streams=999;coupled_streams=2",
        "num_streams=4;coupled_streams=2;channel_mapping=0,4,1,x,3,5",
    ])
    func `Opus of streams that do not add up makes nothing`(parameters: String) throws {
        var test = try TestReceiver("m=audio 0 RTP/AVP 96\na=rtpmap:96 multiopus/48000/6\na=fmtp:96 \(parameters)")
        test.send("fc01", at: 0)
        #expect(test.events.isEmpty)
        #expect(test.statistics.unconfigured == 1)
    }

    @Test func `What is missing of MPEG-TS is told before the next of it`() throws {
        var test = try TestReceiver("m=video 0 RTP/AVP 33")
        test.sender.payloadType = 33
        let packet = "4700" + String(repeating: "00", count: 186)
        test.send(packet, at: 0)
        test.lose()
        test.send(packet, at: 0)
        test.wait()
        test.send(packet, at: 0)
        let stream = RTPReceiverEvent.transportStream(ByteBuffer(hex: packet))
        #expect(test.events == [stream, .transportStreamGap, stream, stream])
    }

    /// Some senders cut it anywhere.
    @Test func `MPEG-TS is passed through, whatever a payload begins with`() throws {
        var test = try TestReceiver("m=video 0 RTP/AVP 33")
        test.sender.payloadType = 33
        test.send("4700" + String(repeating: "00", count: 98), at: 0)
        test.send("0000", at: 0)
        let sizes = test.events.map { event in
            if case .transportStream(let bytes) = event { bytes.readableBytes } else { 0 }
        }
        #expect(sizes == [100, 2])
        #expect(test.statistics.malformed == 0)
        #expect(test.receiver.media.map(\.track) == [nil])
    }
}

extension ByteBuffer {
    /// Bits written as zeros and ones, the last byte filled with zeros.
    init(bits: String) {
        self.init()
        var byte: UInt8 = 0
        var count = 0
        for bit in bits {
            byte = byte << 1 | (bit == "1" ? 1 : 0)
            count += 1
            if count % 8 == 0 { self.writeInteger(byte) }
        }
        if count % 8 != 0 { self.writeInteger(byte << UInt8(8 - count % 8)) }
    }
}
