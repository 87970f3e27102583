import Media
import NIOCore
import Testing

struct ByteStreamTests {
    /// A collector that expectations can ask.
    private final class Collecting {
        private var collector: ParameterSetCollector

        init(_ codec: Codec) throws {
            self.collector = try #require(ParameterSetCollector(codec))
        }

        var refused: Int { self.collector.refused }
        func collect(_ unit: ByteBuffer) -> Bool { self.collector.collect(unit) }
        func configuration() throws -> CodecConfiguration? { try self.collector.configuration() }
    }

    @Test(arguments: [
        ("000001 09f0 00000001 6742 000001 6588", ["09f0", "6742", "6588"]),
        // Zeros behind a unit, start codes behind one another, bytes before the first.
        ("ffff 000001 4101 0000 00000001 000001 4102", ["4101", "4102"]),
        ("000001 41 000002 0001 000003", ["41000002" + "0001000003"]),
        ("000000", []), ("000001", []), ("0102", []), ("", []),
    ])
    func `A byte stream is cut at its start codes`(hex: String, units: [String]) {
        var bytes = ByteBuffer(hex: "0000" + hex)
        bytes.moveReaderIndex(forwardBy: 2)
        let found = AnnexBUnits(bytes).map { place in
            bytes.getSlice(at: place.lowerBound, length: place.count)?.hexDump(format: .compact) ?? ""
        }
        #expect(found == units)
    }

    private static func avcUnits(_ record: ByteBuffer) throws -> [ByteBuffer] {
        let record = try AVCDecoderConfiguration(record: record)
        return record.sequenceParameterSets + record.pictureParameterSets
    }

    @Test(arguments: [Records.avc, Records.avcInterlaced, Records.avcOdd])
    func `A record is made of H.264 parameter sets`(record: ByteBuffer) throws {
        let collector = try Collecting(.h264)
        #expect(try collector.configuration() == nil)
        for unit in try Self.avcUnits(record) { #expect(collector.collect(unit)) }
        #expect(!collector.collect(ByteBuffer(hex: "658884")))
        let made = try #require(try collector.configuration())
        #expect(made == (try CodecConfiguration(record: record, of: .h264)))
        // Encoders repeat them before every keyframe.
        for unit in try Self.avcUnits(record) { #expect(collector.collect(unit)) }
        #expect(try collector.configuration() == nil)
    }

    @Test(arguments: [Records.hevc, Records.hevcTen])
    func `A record is made of H.265 parameter sets`(record: ByteBuffer) throws {
        let wanted = try HEVCDecoderConfiguration(record: record)
        let collector = try Collecting(.hevc)
        for set in wanted.parameterSets where (32...34).contains(set.kind) { #expect(collector.collect(set.nalUnit)) }
        let made = try #require(try collector.configuration())
        let read = try HEVCDecoderConfiguration(record: made.record)
        #expect(read.profileTierLevel == wanted.profileTierLevel)
        #expect(read.sequence.width == wanted.sequence.width)
        #expect(read.parameterSets == wanted.parameterSets.filter { (32...34).contains($0.kind) })
        #expect(made.record.getSlice(at: 0, length: 22) == record.getSlice(at: 0, length: 22))
    }

    @Test func `Another resolution is another configuration, and sets may come one after the other`() throws {
        let collector = try Collecting(.h264)
        let (first, second) = (try Self.avcUnits(Records.avc), try Self.avcUnits(Records.avcInterlaced))
        #expect(collector.collect(first[0]))
        #expect(try collector.configuration() == nil)
        #expect(collector.collect(first[1]))
        #expect(try collector.configuration()?.height == 1080)
        for unit in second { #expect(collector.collect(unit)) }
        let changed = try #require(try collector.configuration())
        #expect(try Self.avcUnits(changed.record) == second)
        // A picture parameter set alone joins those that are in force.
        #expect(collector.collect(ByteBuffer(hex: "6848fba3cb22c0")))
        let added = try #require(try collector.configuration())
        #expect(try AVCDecoderConfiguration(record: added.record).pictureParameterSets.count == 2)
    }

    @Test func `What cannot be a parameter set changes nothing`() throws {
        let collector = try Collecting(.h264)
        for unit in try Self.avcUnits(Records.avc) { #expect(collector.collect(unit)) }
        #expect(try collector.configuration() != nil)
        #expect(collector.collect(ByteBuffer(hex: "67")))
        #expect(collector.refused == 1)
        #expect(try collector.configuration() == nil)
        #expect(collector.collect(ByteBuffer(hex: "67640028 80")))
        #expect(throws: CodecError.self) { try collector.configuration() }
        var large = ByteBuffer(hex: "68ee")
        large.writeRepeatingByte(0x55, count: ParameterSetCollector.sizeLimit)
        #expect(collector.collect(large))
        #expect(try collector.configuration() == nil)
        #expect(collector.refused == 2)
        #expect(ParameterSetCollector(.aac) == nil)
    }
}
