import NIOCore
import Testing
import Toolkit
import Wire

@Suite struct AMFRoundTripTests {
    @Test(arguments: 0..<300 as Range<UInt64>)
    func whatIsWrittenIsRead(_ seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        let values = (0..<4).map { _ in Self.value(depth: 4, &numbers) }
        var bytes = ByteBuffer()
        for value in values {
            AMF0Encoder.write(value, into: &bytes)
        }
        #expect(try AMF0Decoder.decodeAll(bytes) == values)
        for value in values {
            #expect(try AMF3Tests.decode(AMF3Encoder.encode(value)) == Self.asAMF3(value))
        }
    }

    /// Cut anywhere, a value is refused or shorter. Only end markers of AMF0 objects may be missing: three bytes a level.
    @Test(arguments: 0..<40 as Range<UInt64>)
    func everyCutIsRefusedOrShorter(_ seed: UInt64) throws {
        var numbers = SeededGenerator(seed: seed)
        let value = Self.value(depth: 4, &numbers)
        let plain = AMF0Encoder.encode(value)
        for length in 0..<max(0, plain.readableBytes - 3 * 5) {
            let cut = plain.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect((try? AMF0Decoder.decodeAll(cut)) != [value])
        }
        let dense = AMF3Encoder.encode(value)
        for length in 0..<dense.readableBytes {
            let cut = dense.getSlice(at: 0, length: length) ?? ByteBuffer()
            #expect(throws: AMFError.self) { try AMF3Tests.decode(cut) }
        }
    }

    /// Ten thousand levels of everything that nests: an error at the limit, and no stack to run out of.
    @Test(arguments: [
        "03 0001 61", "08 00000000 0001 61", "0A 00000001", "10 0001 43 0001 61", "11 09 03 01 ", "11 0A 0B 01 03 61",
        "11 11 03 00 06 03 61", "11 10 03 00 01",
    ])
    func refusesDeepNesting(_ level: String) {
        let amf3 = level.hasPrefix("11 ")
        let one = hex(amf3 ? String(level.dropFirst(3)) : level)
        var bytes = ByteBuffer()
        if amf3 { bytes.writeInteger(UInt8(0x11)) }
        for _ in 0..<10_000 {
            bytes.writeImmutableBuffer(one)
        }
        #expect { try AMF0Decoder.decodeAll(bytes) } throws: { error in
            (error as? AMFError)?.reason == .tooDeep(limit: AMFLimits().depth)
        }
    }

    @Test func takesNestingUpToTheLimit() throws {
        let depth = AMFLimits().depth
        let value = (0..<depth).reduce(AMFValue.null) { inner, _ in ["a": inner] }
        #expect(try AMF0Decoder.decodeAll(AMF0Encoder.encode(value)) == [value])
        #expect(throws: AMFError.self) { try AMF0Decoder.decodeAll(AMF0Encoder.encode(["a": value])) }
    }

    private static func value(depth: Int, _ numbers: inout SeededGenerator) -> AMFValue {
        switch Int.random(in: 0..<(depth > 0 ? 12 : 9), using: &numbers) {
        case 0: return .number(Double(Int64.random(in: -1 << 30...1 << 30, using: &numbers)))
        case 1:
            return .number(
                Double(bitPattern: numbers.next()).isNaN ? 0 : Double.random(in: -1e9...1e9, using: &numbers)
            )
        case 2: return .boolean(Bool.random(using: &numbers))
        case 3: return .string(Self.text(&numbers))
        case 4: return .null
        case 5: return .undefined
        case 6: return .date(Double(Int64.random(in: 0...(1 << 40), using: &numbers)))
        case 7: return .xml("<\(Self.text(&numbers))/>")
        case 8: return .bytes(numbers.bytes(Int.random(in: 0..<200, using: &numbers)))
        case 9: return .object(Self.object(depth: depth - 1, Bool.random(using: &numbers) ? "Class" : nil, &numbers))
        case 10: return .ecmaArray(Self.object(depth: depth - 1, nil, &numbers))
        default:
            let count = Int.random(in: 0..<5, using: &numbers)
            return .array((0..<count).map { _ in Self.value(depth: depth - 1, &numbers) })
        }
    }

    private static func object(depth: Int, _ className: String?, _ numbers: inout SeededGenerator) -> AMFObject {
        let count = Int.random(in: 0..<5, using: &numbers)
        let properties = (0..<count).map { place in
            AMFObject.Property(name: "\(place)\(Self.text(&numbers))", value: Self.value(depth: depth, &numbers))
        }
        return AMFObject(properties, className: className)
    }

    private static func text(_ numbers: inout SeededGenerator) -> String {
        let count = Int.random(in: 0..<20, using: &numbers)
        return String((0..<count).map { _ in "aé日😀 ~".randomElement(using: &numbers) ?? "?" })
    }

    /// An AMF3 array without named elements reads as a plain one, whatever wrote it.
    private static func asAMF3(_ value: AMFValue) -> AMFValue {
        switch value {
        case .ecmaArray(let object) where object.properties.isEmpty: .array([])
        case .ecmaArray(let object): .ecmaArray(Self.asAMF3(object))
        case .object(let object): .object(Self.asAMF3(object))
        case .array(let values): .array(values.map(Self.asAMF3))
        default: value
        }
    }

    private static func asAMF3(_ object: AMFObject) -> AMFObject {
        AMFObject(
            object.properties.map { .init(name: $0.name, value: Self.asAMF3($0.value)) },
            className: object.className
        )
    }
}
