import Media
import NIOCore
import Testing
import Wire

@Suite struct PresentationTests {
    private static func configuration(_ codec: Codec, _ record: [UInt8] = [], rate: Int = 0) -> CodecConfiguration {
        var configuration = CodecConfiguration(codec: codec, record: ByteBuffer(bytes: record))
        (configuration.sampleRate, configuration.channels) = (rate, rate > 0 ? 2 : 0)
        return configuration
    }

    private static let tracks: [TrackID: CodecConfiguration] = [
        .audio: configuration(.aac, [0x12, 0x10], rate: 44_100), .video: configuration(.h264, Sender.avc),
    ]

    @Test func theDescriptionSaysWhatADecoderNeeds() {
        let text = RTPPresentation(Self.tracks, path: "live/main").sessionDescription()
        let lines = text.split(separator: "\r\n")
        #expect(lines.prefix(1) == ["v=0"] && text.hasSuffix("\r\n"))
        #expect(
            lines.drop { !$0.hasPrefix("m=") } == [
                "m=video 0 RTP/AVP 96", "a=rtpmap:96 H264/90000",
                "a=fmtp:96 packetization-mode=1;profile-level-id=42C00A;"
                    + "sprop-parameter-sets=Z0LACtkEewEQAAADABAAAAMDIPEiZIA=,aMuDyyA=",
                "a=control:trackID=0", "m=audio 0 RTP/AVP 97", "a=rtpmap:97 MPEG4-GENERIC/44100/2",
                "a=fmtp:97 streamtype=5;profile-level-id=1;mode=AAC-hbr;sizelength=13;indexlength=3;"
                    + "indexdeltalength=3;config=1210",
                "a=control:trackID=1",
            ]
        )
    }

    @Test func theDescriptionOfAGroupSaysWhereItIs() {
        let presentation = RTPPresentation(Self.tracks, path: "live/main")
        let group = RTPPresentation.Delivery.sent(host: "239.1.1.1", ttl: 4, ports: [5004, 5006])
        let text = presentation.sessionDescription(group)
        #expect(text.contains("c=IN IP4 239.1.1.1/4\r\n"))
        #expect(text.contains("m=video 5004 RTP/AVP 96\r\n") && text.contains("m=audio 5006 RTP/AVP 97\r\n"))
        let sound = presentation.sessionDescription(group, only: .audio)
        #expect(!sound.contains("m=video") && sound.contains("m=audio 5006") && sound.contains("a=control:trackID=1"))
    }

    @Test func aSuccessorSendsAsTheSameSource() {
        let first = RTPPresentation(Self.tracks, path: "live/main")
        #expect(first == RTPPresentation(Self.tracks, path: "live/main"))
        let sources = first.tracks.map(\.synchronizationSource)
        #expect(Set(sources).count == 2)
        #expect(
            Set(sources).isDisjoint(
                with: RTPPresentation(Self.tracks, path: "live/b").tracks.map(\.synchronizationSource)
            )
        )
    }

    @Test func newParameterSetsAreNoOtherPresentationButNewSoundIs() {
        let first = RTPPresentation(Self.tracks, path: "live/main")
        var tracks = Self.tracks
        tracks[.video] = Self.configuration(.h264, Sender.avc.dropLast() + [0x24])
        let second = RTPPresentation(tracks, path: "live/main")
        #expect(first != second && first.isContinued(by: second))
        #expect(first.sessionDescription() != second.sessionDescription())
        tracks[.audio] = Self.configuration(.aac, [0x11, 0x90], rate: 44_100)
        #expect(!first.isContinued(by: RTPPresentation(tracks, path: "live/main")))
        tracks[.audio] = nil
        #expect(!first.isContinued(by: RTPPresentation(tracks, path: "live/main")))
    }

    @Test func whatHasNoPayloadFormatIsNotNumbered() {
        let tracks: [TrackID: CodecConfiguration] = [
            .audio: Self.configuration(.flac, [], rate: 48_000),
            TrackID(.audio, 1): Self.configuration(.opus, rate: 48_000),
        ]
        let presentation = RTPPresentation(tracks, path: "live/main")
        #expect(presentation.tracks.map(\.track) == [TrackID(.audio, 1)])
        #expect(presentation.tracks.map(\.number) == [0])
    }

    /// Ticks of hours and days, to the tick.
    @Test func timestampsAreRoundedAndWrap() throws {
        let presentation = RTPPresentation(Self.tracks, path: "live/main")
        let sound = try #require(presentation.tracks.last)
        for frame in stride(from: Int64(0), to: 40_000_000, by: 999_983) {
            let time = MediaTime(microseconds: frame * 1024 * 1_000_000 / 44_100)
            #expect(sound.timestamp(of: time) == UInt32(truncatingIfNeeded: frame * 1024))
        }
    }
}
