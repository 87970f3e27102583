import NIOCore
import Testing
import Wire

@Suite struct AMF0Tests {
    /// Bytes as the specification lays them out, not as our encoder writes them.
    static let examples: [(String, AMFValue)] = [
        ("00 3FF8000000000000", .number(1.5)),
        ("01 01", true),
        ("01 00", false),
        ("02 0004 6C697665", "live"),
        ("03 0003 617070 02 0004 6C697665 0000 09", ["app": "live"]),
        ("05", nil),
        ("06", .undefined),
        ("0D", .undefined),
        ("08 00000001 0001 61 05 0000 09", .ecmaArray(["a": nil])),
        // The count is a hint: encoders write 0, or one too many.
        ("08 00000000 0001 61 05 0000 09", .ecmaArray(["a": nil])),
        ("08 FFFFFFFF 0001 61 05 0000 09", .ecmaArray(["a": nil])),
        ("0A 00000002 05 01 01", [nil, true]),
        ("0B 4271F71FB04CB000 0000", .date(1_234_567_890_123)),
        ("0C 00000002 6869", "hi"),
        ("0F 00000004 3C612F3E", .xml("<a/>")),
        ("10 0001 43 0001 61 05 0000 09", .object(AMFObject([.init(name: "a", value: nil)], className: "C"))),
        // A switch to AMF3 for one value
        ("11 04 81 48", 200),
        ("11 0C 05 BEEF", .bytes(ByteBuffer(bytes: [0xBE, 0xEF]))),
    ]

    @Test(arguments: Self.examples)
    func readsWhatTheSpecificationShows(_ bytes: String, _ value: AMFValue) throws {
        #expect(try AMF0Decoder.decodeAll(hex(bytes)) == [value])
    }

    @Test func repairsStringsThatAreNotUTF8() throws {
        #expect(try AMF0Decoder.decodeAll(hex("02 0003 63E974")) == ["c\u{FFFD}t"])
    }

    @Test func takesAnObjectWithoutItsEndMarkerAtTheEndOfAMessage() throws {
        #expect(try AMF0Decoder.decodeAll(hex("03 0001 61 01 01")) == [["a": true]])
    }

    @Test func followsReferences() throws {
        // {"a": {"b": true}, "c": reference 1}
        let values = try AMF0Decoder.decodeAll(hex("03 0001 61 03 0001 62 01 01 000009 0001 63 07 0001 000009"))
        #expect(values == [["a": ["b": true], "c": ["b": true]]])
    }

    @Test(arguments: ["07 0000", "03 0001 61 07 0000 000009", "0A 00000001 07 0000"])
    func refusesReferencesToNothingAndToWhatIsStillRead(_ bytes: String) {
        #expect { try AMF0Decoder.decodeAll(hex(bytes)) } throws: { error in
            (error as? AMFError)?.reason == .danglingReference(0)
        }
    }

    @Test func refusesAReferenceCutShort() {
        #expect(throws: AMFError(.truncated, at: 0)) { try AMF0Decoder.decodeAll(hex("07 00")) }
    }

    /// Movie clip, record set, and markers that nothing has.
    @Test(arguments: [0x04, 0x09, 0x0E, 0x12, 0xFF] as [UInt8])
    func refusesUnknownMarkers(_ marker: UInt8) {
        #expect(throws: AMFError(.unknownMarker(marker), at: 0)) {
            try AMF0Decoder.decodeAll(ByteBuffer(bytes: [marker, 0, 0, 0]))
        }
    }

    @Test func refusesStringsOverTheLimit() {
        var limits = AMFLimits()
        limits.stringBytes = 3
        #expect(throws: AMFError(.stringTooLong(bytes: 4, limit: 3), at: 1)) {
            try AMF0Decoder.decodeAll(hex("02 0004 6C697665"), limits: limits)
        }
        #expect(throws: AMFError(.stringTooLong(bytes: 0xFFFF_FFFF, limit: 3), at: 1)) {
            try AMF0Decoder.decodeAll(hex("0C FFFFFFFF 6C697665"), limits: limits)
        }
    }

    @Test func doesNotBelieveDeclaredCounts() {
        #expect(throws: AMFError(.truncated, at: 0)) { try AMF0Decoder.decodeAll(hex("0A FFFFFFFF 05 05 05")) }
    }

    @Test func refusesMoreValuesThanTheLimit() {
        var limits = AMFLimits()
        limits.values = 4
        #expect(throws: AMFError(.tooManyValues(limit: 4), at: 8)) {
            try AMF0Decoder.decodeAll(hex("0A 00000004 05 05 05 05"), limits: limits)
        }
    }

    @Test func writesLongStringsAsLong() throws {
        let text = String(repeating: "é", count: 40_000)
        let bytes = AMF0Encoder.encode(.string(text))
        #expect(bytes.getInteger(at: 0, as: UInt8.self) == 0x0C)
        #expect(try AMF0Decoder.decodeAll(bytes) == [.string(text)])
    }

    @Test func cutsNamesThatCannotBeWrittenBetweenCharacters() throws {
        let name = String(repeating: "é", count: 40_000)
        let bytes = AMF0Encoder.encode(.object(AMFObject([.init(name: name, value: 1)])))
        let object = try #require(try AMF0Decoder.decodeAll(bytes).first?.object)
        #expect(object.properties.map(\.name) == [String(repeating: "é", count: 32_767)])
    }
}
