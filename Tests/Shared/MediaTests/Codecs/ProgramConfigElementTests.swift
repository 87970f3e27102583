import Media
import NIOCore
import Testing

/// AAC whose channel configuration is 0: the channels stand in a program config element.
struct ProgramConfigElementTests {
    /// What ffmpeg makes of 5.1 whose surround channels are "side", with a comment behind it and SBR denied.
    static let side = "118004c805000108800c4c61766336332e312e31303256e500"
    /// 5.1 as older encoders write it, with the low frequencies as a single channel at the side.
    static let lowAtTheSide = "118004c844002000c40d4c61766335392e33372e31303056e500"
    /// Four channels, two in front and two at the back: no channel configuration has these.
    static let quad = "118004c4040021100c4c61766336332e312e31303256e500"

    private static func program(_ hex: String) throws -> ProgramConfigElement {
        try #require(try AudioSpecificConfig(record: ByteBuffer(hex: hex)).program)
    }

    @Test func `Elements that a channel configuration stands for are written as that`() throws {
        #expect(try Self.program(Self.side).channelConfiguration == 6)
        let configuration = try CodecConfiguration(record: ByteBuffer(hex: Self.side), of: .aac)
        #expect(configuration.record == ByteBuffer(hex: "11b0"))
        #expect(configuration.channels == 6)
    }

    @Test func `Others are kept`() throws {
        #expect(try Self.program(Self.quad).channelConfiguration == nil)
        let configuration = try CodecConfiguration(record: ByteBuffer(hex: Self.quad), of: .aac)
        #expect(configuration.record == ByteBuffer(hex: Self.quad))
        #expect(configuration.channels == 4)
        #expect(try Self.program(Self.lowAtTheSide).channelConfiguration == nil)
    }

    @Test(arguments: [Self.side, Self.quad])
    func `An element is read from the front of a frame as it was written there`(hex: String) throws {
        let program = try Self.program(hex)
        #expect(ProgramConfigElement(beginning: program.block) == program)
        let record = try #require(AudioSpecificConfig.lowComplexity(rateIndex: 3, program: program))
        let read = try AudioSpecificConfig(record: record)
        #expect(read.program == program)
        #expect(read.sampleRate == 48_000)
        #expect(read.channels == program.channels)
        #expect(AudioSpecificConfig.lowComplexity(rateIndex: 15, program: program) == nil)
    }

    /// One centre channel first, then pairs with numbers that no channel configuration gives them.
    @Test(arguments: [
        // front S0 P1, side P0
        (front: [(false, 0), (true, 1)], side: [(true, 0)], low: 1),
        // both side and back channels
        (front: [(false, 0), (true, 0)], side: [(true, 1)], low: 2),
    ])
    func `The numbers and the kinds of the elements count`(
        front: [(Bool, Int)],
        side: [(Bool, Int)],
        low: Int
    ) throws {
        var writer = BitWriter()
        writer.write(5, bits: 3)
        writer.write(0, bits: 4)
        writer.write(1, bits: 2)
        writer.write(3, bits: 4)
        for count in [front.count, side.count, 0] { writer.write(count, bits: 4) }
        writer.write(low, bits: 2)
        writer.write(0, bits: 3 + 4 + 3)
        for (isPair, tag) in front + side {
            writer.write(isPair)
            writer.write(tag, bits: 4)
        }
        for tag in 0..<low { writer.write(tag, bits: 4) }
        writer.alignToByte()
        writer.write(0, bits: 8)
        let element = try #require(ProgramConfigElement(beginning: writer.bytes))
        #expect(element.channels == 5 + low)
        #expect(element.channelConfiguration == nil)
    }

    @Test func `A record that is cut off anywhere is refused, and a frame that begins otherwise has no element`() {
        let whole = ByteBuffer(hex: Self.side)
        for length in 0..<22 {
            let part = whole.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: CodecError.self) { try AudioSpecificConfig(record: part) }
        }
        #expect(ProgramConfigElement(beginning: ByteBuffer(hex: "2110")) == nil)
        #expect(ProgramConfigElement(beginning: ByteBuffer()) == nil)
    }

    @Test(arguments: [
        ("1190", "AAC-LC"), ("1194", "AAC-LC with 960 samples a frame"), ("2b118800", "HE-AAC"),
        ("eb098800", "HE-AAC v2"), ("b98c", "AAC-LD"), ("f8e85000", "AAC-ELD"), ("f9464240", "xHE-AAC"),
    ])
    func `Forms of AAC are called what people call them`(hex: String, name: String) throws {
        #expect(try CodecConfiguration(record: ByteBuffer(hex: hex), of: .aac).name == name)
    }
}
