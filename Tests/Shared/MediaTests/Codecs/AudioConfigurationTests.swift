import Media
import NIOCore
import Testing

struct AudioConfigurationTests {
    struct Example: Sendable {
        var hex: String
        var sampleRate: Int
        var channels: Int
        var codecString: String
        var frameLength = 1024
    }

    @Test(arguments: [
        Example(hex: "1190", sampleRate: 48000, channels: 2, codecString: "mp4a.40.2"),
        Example(hex: "1210", sampleRate: 44100, channels: 2, codecString: "mp4a.40.2"),
        Example(hex: "118856e500", sampleRate: 48000, channels: 1, codecString: "mp4a.40.2"),
        // 960 samples, as in digital radio.
        Example(hex: "1194", sampleRate: 48000, channels: 2, codecString: "mp4a.40.2", frameLength: 960),
        // SBR announced first: 24 kHz coded, 48 kHz heard.
        Example(hex: "2b118800", sampleRate: 48000, channels: 2, codecString: "mp4a.40.5"),
        // SBR announced last, where only the rate tells.
        Example(hex: "131056e598", sampleRate: 48000, channels: 2, codecString: "mp4a.40.2"),
        // Parametric stereo over one channel.
        Example(hex: "eb098800", sampleRate: 48000, channels: 2, codecString: "mp4a.40.29"),
        // The rate in 24 bits: 47999.
        Example(hex: "17805dbf90", sampleRate: 47999, channels: 2, codecString: "mp4a.40.2"),
        // 5.1 and 7.1.
        Example(hex: "11b0", sampleRate: 48000, channels: 6, codecString: "mp4a.40.2"),
        Example(hex: "11b8", sampleRate: 48000, channels: 8, codecString: "mp4a.40.2"),
        // Channels in a program_config_element, as ffmpeg writes quad, 2.1 and octagonal.
        Example(
            hex: "118004c4040021100c4c61766336332e312e31303256e500",
            sampleRate: 48000,
            channels: 4,
            codecString: "mp4a.40.2"
        ),
        Example(
            hex: "118004c4010020000c4c61766336332e312e31303256e500",
            sampleRate: 48000,
            channels: 3,
            codecString: "mp4a.40.2"
        ),
        Example(
            hex: "118004c80c000108c8200c4c61766336332e312e31303256e500",
            sampleRate: 48000,
            channels: 8,
            codecString: "mp4a.40.2"
        ),
    ])
    func `An AudioSpecificConfig tells rate, channels and codec string`(example: Example) throws {
        let record = ByteBuffer(hex: example.hex)
        let configuration = try CodecConfiguration(record: record, of: .aac)
        #expect(configuration.sampleRate == example.sampleRate)
        #expect(configuration.channels == example.channels)
        #expect(configuration.codecString == example.codecString)
        #expect(try AudioSpecificConfig(record: record).frameLength == example.frameLength)
    }

    @Test(arguments: [
        "", "11", "0190",  // ends early; object type 0
        "1690", "1710",  // reserved rate indices 13 and 14
        "17800000 10",  // a rate of 0 Hz
        "11c8",  // channel configuration 9
        "1180",  // configuration 0 without its element
    ])
    func `A configuration that cannot be is refused`(hex: String) {
        #expect(throws: CodecError.self) { _ = try CodecConfiguration(record: ByteBuffer(hex: hex), of: .aac) }
    }

    @Test func `OpusHead is read and written`() throws {
        let head = try OpusHead(record: Records.opus)
        #expect(head.channels == 6)
        #expect(head.preSkip == 312)
        #expect(head.inputSampleRate == 48000)
        #expect(head.mapping == .table(family: 1, streams: 4, coupled: 2, map: [0, 4, 1, 2, 3, 5]))
        #expect(head.record == Records.opus)
        #expect(OpusHead(channels: 6)?.record == Records.opus)
        #expect(OpusHead(channels: 0) == nil)
        #expect(OpusHead(channels: 9) == nil)
    }

    @Test(arguments: 1...8)
    func `A made OpusHead can be read`(channels: Int) throws {
        let made = try #require(OpusHead(channels: channels))
        #expect(try OpusHead(record: made.record) == made)
    }

    @Test func `FLAC is taken bare, with its block header, and with its signature`() throws {
        let wanted = ByteBuffer(
            hex: "664c6143 80000022 04000400 000000000000 0bb800f000000000 00000000000000000000000000000000"
        )
        var withHeader = wanted
        withHeader.moveReaderIndex(forwardBy: 4)
        for record in [Records.flac, withHeader, wanted] {
            let configuration = try CodecConfiguration(record: record, of: .flac)
            #expect(configuration.record == wanted)
            #expect(configuration.sampleRate == 48000)
            #expect(configuration.channels == 1)
        }
    }

    @Test func `A FLAC frame makes a STREAMINFO`() throws {
        // Fixed blocks of 4096, 44100 Hz, left/side, 16 bits, number 0.
        let frame = ByteBuffer(hex: "fff8c98800 00")
        let header = try FLACFrameHeader(frame)
        #expect(header.blockSize == 4096)
        let info = FLACStreamInfo(frame: header)
        #expect(info.sampleRate == 44100)
        #expect(info.channels == 2)
        #expect(info.bitsPerSample == 16)
        #expect(try FLACStreamInfo(record: info.record) == info)
    }

    @Test(arguments: [
        // MPEG-1, MPEG-2 and MPEG-2.5 layer 3; then layer 2.
        ("fffb9064", 3, 44100, 2, 128_000, 1152), ("fff360c4", 3, 22050, 1, 48_000, 576),
        ("ffe348c4", 3, 8000, 1, 32_000, 576), ("fffd9404", 2, 48000, 2, 160_000, 1152),
    ])
    func `An MPEG audio header tells rate and channels`(
        hex: String,
        layer: Int,
        sampleRate: Int,
        channels: Int,
        bitRate: Int,
        samples: Int
    ) throws {
        let header = try MPEGAudioFrameHeader(ByteBuffer(hex: hex))
        #expect(header.layer == layer)
        #expect(header.sampleRate == sampleRate)
        #expect(header.channels == channels)
        #expect(header.bitRate == bitRate)
        #expect(header.samples == samples)
    }

    @Test(arguments: [
        // By ffmpeg, mono; then made by hand, 3/2 with low frequencies at 44100.
        ("0b77ed500040 2f842b01", Codec.ac3, 48000, 1), ("0b770000 5040 e1 00", .ac3, 44100, 6),
        ("0b77003f3287c00021", .eac3, 48000, 1),
    ])
    func `An AC-3 header tells rate and channels`(hex: String, codec: Codec, sampleRate: Int, channels: Int) throws {
        let configuration = try #require(try CodecConfiguration(accessUnit: ByteBuffer(hex: hex), of: codec))
        #expect(configuration.sampleRate == sampleRate)
        #expect(configuration.channels == channels)
        #expect(configuration.record.readableBytes == 0)
    }

    @Test func `Enhanced AC-3 that is said to be AC-3 is refused`() {
        #expect(throws: CodecError.self) {
            _ = try CodecConfiguration(accessUnit: ByteBuffer(hex: "0b77003f3287c00021"), of: .ac3)
        }
    }

    @Test func `An Opus packet tells mono from stereo`() throws {
        #expect(try CodecConfiguration(accessUnit: ByteBuffer(hex: "7882"), of: .opus)?.channels == 1)
        #expect(try CodecConfiguration(accessUnit: ByteBuffer(hex: "fc82"), of: .opus)?.channels == 2)
    }
}
