import Media
import NIOCore
import Testing

struct BitReaderTests {
    @Test func `Bits are read across bytes`() throws {
        var reader = BitReader(ByteBuffer(hex: "a5c3f0"), of: "test")
        #expect(try reader.bits(3, "a") == 0b101)
        #expect(try reader.bits(10, "b") == 0b0_0101_1100_0)
        #expect(try reader.flag("c") == false)
        #expect(reader.byteOffset == 1)
        #expect(try reader.bits(10, "d") == 0b11_1111_0000)
        #expect(reader.bitsLeft == 0)
        #expect(throws: CodecError(.truncated, structure: "test", field: "e", offset: 3)) {
            _ = try reader.bits(1, "e")
        }
    }

    @Test(arguments: [
        ("80", 0), ("40", 1), ("60", 2), ("20", 3), ("38", 6), ("10", 7), ("00000001fffffffe", 0xFFFF_FFFE),
    ])
    func `Exp-Golomb codes are read`(hex: String, value: Int) throws {
        var reader = BitReader(ByteBuffer(hex: hex), of: "test")
        #expect(try reader.unsignedExpGolomb("number") == value)
    }

    @Test func `Signed Exp-Golomb codes alternate`() throws {
        var reader = BitReader(ByteBuffer(hex: "a64290a0"), of: "test")
        var values: [Int] = []
        for _ in 0..<5 { values.append(try reader.signedExpGolomb("number")) }
        #expect(values == [0, 1, -1, 2, -2])
    }

    @Test func `An Exp-Golomb code longer than 32 bits is refused`() {
        var reader = BitReader(ByteBuffer(repeating: 0, count: 64), of: "test")
        #expect(throws: CodecError.self) { _ = try reader.unsignedExpGolomb("number") }
    }

    @Test func `Emulation prevention is taken out`() {
        let escaped = ByteBuffer(hex: "67 000003 00 000003 01 0003 000003")
        #expect(escaped.withoutEmulationPrevention() == ByteBuffer(hex: "67 0000 00 0000 01 0003 0000"))
    }
}
