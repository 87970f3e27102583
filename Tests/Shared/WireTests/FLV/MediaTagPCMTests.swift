import Media
import NIOCore
import Testing
import Wire

/// G.711 as FLV has always had it, and L16, which it has no form for.
struct MediaTagPCMTests {
    private static func packet(_ hex: String, _ track: TrackID = .audio) -> Packet {
        Packet(
            track: track,
            pts: .milliseconds(40),
            dts: .milliseconds(40),
            flags: .keyframe,
            payload: ByteBuffer(hex: hex)
        )
    }

    @Test(arguments: [(Codec.pcmu, 1, "82"), (.pcmu, 2, "83"), (.pcma, 1, "72"), (.pcma, 2, "73")])
    func `G.711 goes there and back`(codec: Codec, channels: Int, header: String) throws {
        let configuration = CodecConfiguration(pcm: codec, channels: channels)
        let encoder = MediaTagEncoder()
        #expect(encoder.configuration(.audio, configuration, at: .zero) == nil)
        let parts = try #require(encoder.packet(Self.packet("d5d5"), configuration))
        #expect(parts.header == ByteBuffer(hex: header))
        var body = parts.header
        body.writeImmutableBuffer(parts.payload)
        var decoder = MediaTagDecoder()
        let events = try decoder.decode(FLVTag(kind: .audio, timestamp: 40, body: body))
        let packet = SourcePacket(
            track: .audio,
            timestamp: 40_000,
            isKeyframe: true,
            payload: ByteBuffer(hex: "d5d5")
        )
        #expect(events == [.configuration(.audio, configuration), .packet(packet)])
    }

    @Test func `What FLV cannot say is left out`() {
        let encoder = MediaTagEncoder()
        let linear = CodecConfiguration(pcm: .l16, sampleRate: 44_100, channels: 2)
        #expect(encoder.packet(Self.packet("0000"), linear) == nil)
        let fast = CodecConfiguration(pcm: .pcmu, sampleRate: 16_000)
        #expect(encoder.packet(Self.packet("00"), fast) == nil)
        let second = TrackID(.audio, 1)
        #expect(encoder.packet(Self.packet("00", second), CodecConfiguration(pcm: .pcmu)) == nil)
        #expect(MediaTagEncoder.omission(of: .audio, linear)?.reason == .notInFormat)
        #expect(MediaTagEncoder.omission(of: .audio, fast)?.reason == .unsupportedForm)
        #expect(MediaTagEncoder.omission(of: second, CodecConfiguration(pcm: .pcmu))?.reason == .notInFormat)
        #expect(MediaTagEncoder.omission(of: .audio, CodecConfiguration(pcm: .pcmu)) == nil)
    }
}
