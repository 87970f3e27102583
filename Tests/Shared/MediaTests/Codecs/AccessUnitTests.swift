import Media
import NIOCore
import Testing

struct AccessUnitTests {
    @Test(arguments: [
        // IDR after parameter sets; a slice of type P; I; I behind other units; SEI with a recovery point before P.
        ("00000002 6764 00000003 658884", RandomAccess.complete),
        ("00000003 419a23", .none),
        ("00000003 4188 80", .recovering),
        ("00000002 09f0 00000003 41b880", .recovering),
        ("00000005 06 06 01 c4 80 00000003 419a23", .signalled),
        ("00000006 06 05 01 00 80 80 00000003 419a23", .none),
        ("", .none),
    ])
    func `An H.264 access unit shows whether a decoder can start`(hex: String, access: RandomAccess) {
        #expect(AVCAccessUnit.randomAccess(ByteBuffer(hex: hex), nalLengthSize: 4) == access)
    }

    @Test(arguments: [
        // IDR_W_RADL, CRA_NUT, TRAIL_R.
        ("00000003 260180", RandomAccess.complete), ("00000003 2a0180", .complete), ("00000003 020180", .none),
        // SEI with a recovery point before TRAIL_R, behind it and before IDR_W_RADL; SEI with something else.
        ("00000006 4e01 06 01 d0 80 00000003 020180", .signalled),
        ("00000003 020180 00000006 4e01 06 01 d0 80", .none),
        ("00000006 4e01 06 01 d0 80 00000003 260180", .complete),
        ("00000006 4e01 05 01 d0 80 00000003 020180", .none),
    ])
    func `An H.265 access unit shows whether a decoder can start`(hex: String, access: RandomAccess) {
        #expect(HEVCAccessUnit.randomAccess(ByteBuffer(hex: hex), nalLengthSize: 4) == access)
    }

    @Test(arguments: ["00000004 658884", "000000", "ffffffff 65", "00000003 658884 00"])
    func `Lengths that do not add up are seen`(hex: String) {
        #expect(AVCAccessUnit.randomAccess(ByteBuffer(hex: hex), nalLengthSize: 4) == nil)
        #expect(HEVCAccessUnit.randomAccess(ByteBuffer(hex: hex), nalLengthSize: 4) == nil)
    }

    @Test(arguments: [1, 2, 4])
    func `Lengths of every size are walked`(size: Int) {
        var sample = ByteBuffer(hex: "ee")
        sample.moveReaderIndex(forwardBy: 1)
        for unit in ["6742", "", "68ce", "658884"] {
            let bytes = ByteBuffer(hex: unit)
            sample.writeRepeatingByte(0, count: size - 1)
            sample.writeInteger(UInt8(bytes.readableBytes))
            sample.writeImmutableBuffer(bytes)
        }
        var units = NALUnits(sample, lengthSize: size)
        var found: [String] = []
        while let unit = units.next() {
            found.append(sample.getSlice(at: unit.lowerBound, length: unit.count)?.hexDump(format: .compact) ?? "")
        }
        #expect(found == ["6742", "68ce", "658884"])
        #expect(units.isWellFormed)
    }

    @Test func `AV1 temporal units lose their delimiter and show their key frames`() throws {
        let key = ByteBuffer(hex: "1200 0a0c02000042955dfe1b895f2808 3203 100030")
        let unit = try #require(AV1TemporalUnit(key))
        #expect(unit.isKeyframe)
        #expect(unit.sample == key.getSlice(at: 2, length: key.readableBytes - 2))
        #expect(unit.sequenceHeader?.readableBytes == 14)
        #expect(AV1TemporalUnit(ByteBuffer(hex: "3203 300030"))?.isKeyframe == false)
        // A frame that is only shown again.
        #expect(AV1TemporalUnit(ByteBuffer(hex: "1a01 80"))?.isKeyframe == false)
        // The last unit may leave its size out.
        #expect(AV1TemporalUnit(ByteBuffer(hex: "30 100030"))?.isKeyframe == true)
        #expect(AV1TemporalUnit(ByteBuffer(hex: "3204 100030")) == nil)
        #expect(AV1TemporalUnit(ByteBuffer(hex: "32ffffffffffffffff7f")) == nil)
    }

    @Test func `VP9 and VP8 key frames tell the picture's size`() throws {
        let vp9 = try #require(
            try CodecConfiguration(accessUnit: ByteBuffer(hex: "924983420013f80b3b03"), of: .vp9)
        )
        #expect(vp9.width == 640)
        #expect(vp9.height == 360)
        #expect(vp9.codecString == "vp09.02.30.10")
        #expect(try CodecConfiguration(accessUnit: ByteBuffer(hex: "a60040921c40"), of: .vp9) == nil)

        let vp8 = try #require(
            try CodecConfiguration(accessUnit: ByteBuffer(hex: "50 4200 9d012a 8002 6801"), of: .vp8)
        )
        #expect(vp8.width == 640)
        #expect(vp8.height == 360)
        #expect(vp8.codecString == "vp08.00.00.08")
        #expect(try CodecConfiguration(accessUnit: ByteBuffer(hex: "51 4200"), of: .vp8) == nil)
    }
}
