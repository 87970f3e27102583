import Media
import NIOCore
import Testing

/// Parameter sets of x264, x265, SVT-AV1 and a VP9 record that say their colours.
struct ColourTests {
    @Test(arguments: [
        (
            Codec.h264,
            "016e000dffe1001e676e000da6cd941419f9f016a1220128000003000800000301e078a14cb001000668ebe3cb22c0fdfafa00",
            DynamicRange.pq
        ),
        (
            .hevc,
            "0102200000009000000000003cf000fcfdfafa00000f03200001001840010c01ffff02200000030090000003000003003c95980921"
                + "0001002d42010102200000030090000003000003003ca00a080b9f6d96566924caf016a122412080000003008000000f04"
                + "22000100074401c172b46240",
            .hlg
        ),
        (.av1, "81004c000a0e000000043cfecc02f85091009040", .pq),
    ])
    func `Parameter sets say their colours`(codec: Codec, record: String, range: DynamicRange) throws {
        let configuration = try CodecConfiguration(record: ByteBuffer(hex: record), of: codec)
        #expect(configuration.colour == ColourDescription(primaries: 9, transfer: range == .pq ? 16 : 18, matrix: 9))
        #expect(configuration.colour?.range == range)
        #expect((configuration.width, configuration.height) == (320, 180))
    }

    @Test func `VP9 and AV1 say their transfer characteristics`() throws {
        // BT.2020 with PQ, and with HLG, in ten bits.
        let pq = try CodecConfiguration(record: ByteBuffer(hex: "01000000 021fa2 09 10 09 0000"), of: .vp9)
        #expect(pq.colour == ColourDescription(primaries: 9, transfer: 16, matrix: 9))
        #expect(pq.colour?.range == .pq)
        let hlg = try CodecConfiguration(record: ByteBuffer(hex: "01000000 021fa2 09 12 09 0000"), of: .vp9)
        #expect(hlg.colour?.range == .hlg)
        #expect(try CodecConfiguration(record: Records.vp9, of: .vp9).colour?.range == .standard)
        #expect(try CodecConfiguration(record: Records.aac, of: .aac).colour == nil)
        #expect(try CodecConfiguration(record: Records.avc, of: .h264).colour == nil)
    }
}
