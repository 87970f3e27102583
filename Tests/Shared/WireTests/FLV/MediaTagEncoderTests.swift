import Media
import NIOCore
import Testing
import Wire

struct MediaTagEncoderTests {
    private let encoder = MediaTagEncoder()

    private static func configuration(_ codec: Codec, sampleRate: Int = 0, channels: Int = 0) -> CodecConfiguration {
        var configuration = CodecConfiguration(codec: codec, record: ByteBuffer(hex: "abcd"))
        (configuration.sampleRate, configuration.channels) = (sampleRate, channels)
        return configuration
    }

    private static func packet(
        _ track: TrackID,
        pts: Int64 = 0,
        dts: Int64 = 0,
        flags: PacketFlags = .keyframe
    ) -> Packet {
        Packet(
            track: track,
            pts: MediaTime(microseconds: pts),
            dts: MediaTime(microseconds: dts),
            flags: flags,
            payload: ByteBuffer(hex: "beef")
        )
    }

    @Test(arguments: [
        (TrackID.video, Codec.h264, "1700000000", "1701000000"), (.audio, .aac, "af00", "af01"),
        (.video, .hevc, "9068766331", "9368766331"), (.video, .av1, "9061763031", "9161763031"),
        (.video, .vp9, "9076703039", "9176703039"), (.video, .vp8, "9076703038", "9176703038"),
        (.audio, .opus, "904f707573", "914f707573"), (.audio, .flac, "90664c6143", "91664c6143"),
        (.audio, .ac3, "9061632d33", "9161632d33"), (.audio, .eac3, "9065632d33", "9165632d33"),
        (TrackID(.video, 2), .h264, "96006176633102", "96036176633102"),
        (TrackID(.video, 1), .av1, "96006176303101", "96016176303101"),
        (TrackID(.audio, 3), .aac, "95006d70346103", "95016d70346103"),
        (TrackID(.audio, 1), .mp3, "95002e6d703301", "95012e6d703301"),
    ])
    func `Headers are those that players know`(track: TrackID, codec: Codec, start: String, frame: String) throws {
        let configuration = Self.configuration(codec)
        let first = try #require(self.encoder.configuration(track, configuration, at: .milliseconds(5)))
        #expect(first.header == ByteBuffer(hex: start))
        #expect(first.payload == configuration.record)
        #expect(first.timestamp == 5)
        #expect(first.kind == (track.kind == .video ? .video : .audio))
        let next = try #require(self.encoder.packet(Self.packet(track), configuration))
        #expect(next.header == ByteBuffer(hex: frame))
        #expect(next.joined.body == ByteBuffer(hex: frame + "beef"))
    }

    @Test func `Codings without a record have no configuration tag`() {
        #expect(
            self.encoder.configuration(
                .audio,
                CodecConfiguration(codec: .mp3, record: ByteBuffer()),
                at: .zero
            ) == nil
        )
    }

    @Test(arguments: [(44100, 2, "2f"), (48000, 1, "2e"), (22050, 2, "2b"), (11025, 1, "26"), (8000, 1, "e2")])
    func `MP3 says its rate as well as FLV can`(sampleRate: Int, channels: Int, header: String) {
        let configuration = Self.configuration(.mp3, sampleRate: sampleRate, channels: channels)
        #expect(self.encoder.packet(Self.packet(.audio), configuration)?.header == ByteBuffer(hex: header))
    }

    @Test func `Inter frames and composition times are said`() {
        let h264 = Self.configuration(.h264)
        let hevc = Self.configuration(.hevc)
        let ahead = Self.packet(.video, pts: 80_000, dts: 40_000, flags: [])
        #expect(self.encoder.packet(ahead, h264)?.header == ByteBuffer(hex: "2701000028"))
        #expect(self.encoder.packet(ahead, hevc)?.header == ByteBuffer(hex: "a168766331000028"))
        let behind = Self.packet(.video, pts: 30_000, dts: 40_000)
        #expect(self.encoder.packet(behind, h264)?.header == ByteBuffer(hex: "1701fffff6"))
        #expect(self.encoder.packet(behind, hevc)?.header == ByteBuffer(hex: "9168766331fffff6"))
        let second = Packet(
            track: TrackID(.video, 1),
            pts: .milliseconds(80),
            dts: .milliseconds(40),
            payload: ByteBuffer()
        )
        #expect(self.encoder.packet(second, hevc)?.header == ByteBuffer(hex: "96016876633101000028").with(0xA6, at: 0))
    }

    @Test func `A composition time beyond 24 bits cannot be said`() {
        let configuration = Self.configuration(.h264)
        #expect(self.encoder.packet(Self.packet(.video, pts: 8_388_607_000), configuration) != nil)
        #expect(self.encoder.packet(Self.packet(.video, pts: 8_388_608_000), configuration) == nil)
        #expect(self.encoder.packet(Self.packet(.video, pts: -8_388_608_000), configuration) != nil)
        #expect(self.encoder.packet(Self.packet(.video, pts: -8_388_609_000), configuration) == nil)
    }

    @Test func `Rounding does not add up`() throws {
        let configuration = Self.configuration(.h264)
        // 30000/1001 pictures a second with two reordered, over the wrap of 32 bits.
        let start = Int64(UInt32.max) * 1000 - 5_000_000
        for index in 0..<600 {
            let dts = start + Int64(index) * 1_001_000 / 30
            let pts = dts + Int64(index % 3) * 1_001_000 / 30
            let tag = try #require(
                self.encoder.packet(Self.packet(.video, pts: pts, dts: dts), configuration)
            )
            #expect(tag.timestamp == UInt32(truncatingIfNeeded: dts / 1000))
            let low = try #require(tag.header.getInteger(at: 1, as: UInt32.self)) & 0xFF_FFFF
            #expect(Int64(low) == pts / 1000 - dts / 1000)
        }
    }

    @Test func `Metadata describes the default tracks and maps the others`() throws {
        var video = Self.configuration(.hevc)
        (video.width, video.height) = (1920, 1080)
        let tag = self.encoder.metadata(
            [
                .video: video, .audio: Self.configuration(.aac, sampleRate: 48000, channels: 2),
                TrackID(.audio, 1): Self.configuration(.opus, sampleRate: 48000, channels: 6),
            ],
            at: .milliseconds(9)
        )
        #expect(tag.kind == .script)
        #expect(tag.timestamp == 9)
        let values = try AMF0Decoder.decodeAll(tag.body)
        #expect(
            values == [
                "onMetaData",
                .ecmaArray([
                    "width": 1920, "height": 1080, "videocodecid": .number(Double(0x6876_6331)),
                    "audiosamplerate": 48000, "stereo": true, "audiochannels": 2, "audiocodecid": 10,
                    "encoder": "Transponder",
                    "audioTrackIdInfoMap": [
                        "1": [
                            "samplerate": 48000, "stereo": true, "channels": 6,
                            "audiocodecid": .number(Double(0x4F70_7573)),
                        ]
                    ],
                ]),
            ]
        )
    }
}

extension ByteBuffer {
    fileprivate func with(_ byte: UInt8, at index: Int) -> ByteBuffer {
        var copy = self
        copy.setInteger(byte, at: index)
        return copy
    }
}
