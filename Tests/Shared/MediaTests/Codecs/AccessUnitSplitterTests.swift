import Media
import NIOCore
import Testing

/// ITU-T H.264 section 7.4.1.2.4 and H.265 section 7.4.2.4.4 with units made bit by bit.
struct AccessUnitSplitterTests {
    /// Writes fields from the most significant bit on.
    private struct Bits {
        var text = ""

        mutating func u(_ value: Int, _ count: Int) {
            let digits = String(value, radix: 2)
            self.text += String(repeating: "0", count: count - digits.count) + digits
        }

        mutating func ue(_ value: Int) {
            let digits = String(value + 1, radix: 2)
            self.text += String(repeating: "0", count: digits.count - 1) + digits
        }

        mutating func se(_ value: Int) { self.ue(value > 0 ? 2 * value - 1 : -2 * value) }

        /// With a stop bit, and emulation prevention.
        func unit(_ header: [UInt8]) -> ByteBuffer {
            var bits = self.text + "1"
            while bits.count % 8 != 0 { bits += "0" }
            var bytes = header
            var zeros = 0
            while !bits.isEmpty {
                let byte = UInt8(bits.prefix(8), radix: 2) ?? 0
                bits.removeFirst(8)
                if zeros >= 2, byte <= 3 {
                    bytes.append(3)
                    zeros = 0
                }
                zeros = byte == 0 ? zeros + 1 : 0
                bytes.append(byte)
            }
            return ByteBuffer(bytes: bytes)
        }
    }

    private static func sps(framesOnly: Bool = true, order: Int = 0) -> ByteBuffer {
        var bits = Bits()
        for byte in [77, 0, 30] { bits.u(byte, 8) }
        bits.ue(0)
        bits.ue(0)
        bits.ue(order)
        if order == 0 { bits.ue(2) }
        bits.ue(1)
        bits.u(0, 1)
        bits.ue(19)
        bits.ue(14)
        bits.u(framesOnly ? 1 : 0, 1)
        if !framesOnly { bits.u(0, 1) }
        bits.u(0b100, 3)
        bits.u(0, 1)
        return bits.unit([0x67])
    }

    private static func pps(_ number: Int = 0, redundant: Bool = false) -> ByteBuffer {
        var bits = Bits()
        bits.ue(number)
        bits.ue(0)
        bits.u(0, 2)
        for _ in 0..<3 { bits.ue(0) }
        bits.u(0, 3)
        for _ in 0..<3 { bits.se(0) }
        bits.u(redundant ? 1 : 0, 3)
        return bits.unit([0x68])
    }

    private struct Slice {
        var first = 0
        var parameters = 0
        var frame = 0
        var idr: Int?
        var reference = true
        /// 0 top, 1 bottom; nil in pictures of frames only.
        var field: Int??
        var order: Int? = 0
        var redundant: Int?

        var unit: ByteBuffer {
            var bits = Bits()
            bits.ue(self.first)
            bits.ue(7)
            bits.ue(self.parameters)
            bits.u(self.frame, 4)
            if let field {
                bits.u(field == nil ? 0 : 1, 1)
                if let field { bits.u(field, 1) }
            }
            if let idr { bits.ue(idr) }
            if let order { bits.u(order, 6) }
            if let redundant { bits.ue(redundant) }
            for _ in 0..<8 { bits.u(0x55, 8) }
            return bits.unit([(self.reference ? 0x60 : 0) | (self.idr == nil ? 1 : 5)])
        }
    }

    /// How many units each access unit has.
    private static func sizes(_ units: [ByteBuffer], _ codec: Codec = .h264) throws -> [Int] {
        var maker = try #require(NALSampleMaker(codec))
        var sizes: [Int] = []
        func count(_ sample: ByteBuffer) -> Int { Array(NALUnits(sample, lengthSize: 4)).count }
        for unit in units {
            maker.append(unit)
            while let sample = maker.next() { sizes.append(count(sample.payload)) }
        }
        maker.finish()
        while let sample = maker.next() { sizes.append(count(sample.payload)) }
        return sizes
    }

    private static let aud = ByteBuffer(hex: "09f0")
    private static let sei = ByteBuffer(hex: "06050100 80")

    @Test func `A slice that differs in what pictures differ in begins another`() throws {
        let sets = [Self.sps(), Self.pps()]
        let begin = Slice(idr: 0)
        // Each goes on in the midst of a picture, as its first macroblock has it.
        for next in [
            Slice(first: 5, frame: 1), Slice(first: 5, idr: 1), Slice(first: 5, idr: 0, order: 2),
            Slice(first: 5, idr: 0, reference: false), Slice(idr: 0),
        ] {
            #expect(try Self.sizes(sets + [begin.unit, next.unit]) == [1, 1])
        }
        for same in [Slice(first: 5, idr: 0), Slice(first: 5, parameters: 1, idr: 0)] {
            #expect(try Self.sizes(sets + [Self.pps(1), begin.unit, same.unit]) == [2])
            // A set whose number is none (255 is the most) is passed over.
            #expect(try Self.sizes(sets + [Self.pps(1), Self.pps(256), begin.unit, same.unit]) == [2])
            #expect(try Self.sizes(sets + [Self.pps(1), begin.unit, Self.sei, same.unit]) == [3])
        }
    }

    @Test func `Slices in arbitrary order and redundant ones stay with their picture`() throws {
        let order = [Slice(first: 9, frame: 1), Slice(first: 0, frame: 1), Slice(first: 5, frame: 1), Slice(frame: 2)]
        #expect(try Self.sizes([Self.sps(), Self.pps()] + order.map(\.unit)) == [3, 1])
        let redundant = [
            Slice(idr: 0, redundant: 0), Slice(idr: 0, redundant: 1), Slice(first: 5, idr: 0, redundant: 0),
            Slice(idr: 0, redundant: 0),
        ]
        #expect(try Self.sizes([Self.sps(), Self.pps(redundant: true)] + redundant.map(\.unit)) == [3, 1])
    }

    @Test func `The fields of a frame are one access unit, whatever stands between them`() throws {
        let sets = [Self.sps(framesOnly: false), Self.pps()]
        func field(_ parity: Int, _ frame: Int, _ order: Int, idr: Int? = nil, first: Int = 0) -> ByteBuffer {
            Slice(first: first, frame: frame, idr: idr, field: .some(parity), order: order).unit
        }
        let units = [
            field(0, 0, 0, idr: 0), field(0, 0, 0, idr: 0, first: 7), Self.aud, Self.sei, field(1, 0, 1),
            field(1, 0, 1, first: 7), Self.aud, Self.sei, field(0, 1, 2), field(1, 1, 3), field(1, 2, 5),
            field(0, 2, 4),
            // One without a fellow.
            field(0, 3, 6), field(0, 4, 8), field(1, 4, 9), Slice(frame: 5, field: .some(nil), order: 10).unit,
        ]
        #expect(try Self.sizes(sets + units) == [5, 3, 2, 1, 2, 1])
    }

    @Test func `What stands behind a picture belongs to it or to the next by its kind`() throws {
        let units = [
            Self.sps(), Self.pps(), Self.aud, Slice(idr: 0).unit, ByteBuffer(hex: "1300"), ByteBuffer(hex: "0cff80"),
            Self.sei, Self.sps(), Self.pps(), Slice(idr: 1).unit, ByteBuffer(hex: "0b"), Slice(first: 3, idr: 1).unit,
        ]
        #expect(try Self.sizes(units) == [2, 2, 1])
    }

    @Test func `Without sets that can be read only the first macroblock tells`() throws {
        var splitter = try #require(AccessUnitSplitter(.h264))
        let places = [Slice(idr: 0), Slice(first: 4, idr: 1), Slice(frame: 1)].map { splitter.take($0.unit) }
        #expect(places == [.begins, .unsure, .begins])
        #expect(splitter.take(ByteBuffer(hex: "00")) == .none)
        #expect(splitter.take(ByteBuffer(hex: "41")) == .unsure)
        splitter.forgetPicture()
        #expect(splitter.take(Slice(first: 4).unit) == .begins)
        #expect(AccessUnitSplitter(.av1) == nil && NALSampleMaker(.aac) == nil)
    }

    @Test func `In H.265 the first segment of a picture begins an access unit, but not that of another layer`() throws {
        var splitter = try #require(AccessUnitSplitter(.hevc))
        let units = [
            "460150", "4001", "260180", "260100", "500180", "4e0180", "020180", "020980", "020100", "4a01", "020100",
        ]
        let places = units.map { splitter.take(ByteBuffer(hex: $0)) }
        #expect(
            places == [
                .within, .within, .begins, .within, .within, .ahead, .begins, .within, .within, .within, .begins,
            ]
        )
    }

    @Test func `Pictures without times follow their own order`() {
        var clock = AccessUnitClock(.h264)
        func order(_ count: Int, _ sequence: UInt32 = 0) -> AccessUnitSplitter.Order {
            .init(sequence: sequence, count: count)
        }
        var times: [Int64?] = []
        func next(_ order: AccessUnitSplitter.Order?) {
            let made = clock.next(order)
            times += [made?.decoded, made?.shown]
        }
        next(nil)
        clock.note(decoded: 0, shown: 80_000, order(0))
        // Nothing has shown the distance yet.
        next(order(8))
        clock.note(decoded: 80_000, shown: 160_000, order(4))
        next(order(2))
        next(order(6))
        // Another count begins behind all that was shown.
        next(order(0, 1))
        #expect(times == [nil, nil, 40_000, 240_000, 120_000, 120_000, 160_000, 200_000, 200_000, 280_000])
        // Where pictures tell nothing, in the order of decoding; times that make no sense do no harm.
        clock.note(decoded: .min, shown: .max, nil)
        clock.note(decoded: .max, shown: .min, order(.max, 2))
        clock.note(decoded: .min, shown: .min, order(.min, 2))
        next(order(-1, 2))
        next(nil)
        #expect(!times.suffix(4).contains(nil))
    }
}
