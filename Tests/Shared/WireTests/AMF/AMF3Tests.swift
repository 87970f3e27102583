import NIOCore
import Testing
import Wire

@Suite struct AMF3Tests {
    static func decode(_ bytes: ByteBuffer, limits: AMFLimits = AMFLimits()) throws(AMFError) -> AMFValue {
        var bytes = bytes
        var decoder = AMF3Decoder(limits: limits)
        return try decoder.next(from: &bytes)
    }

    static let examples: [(String, AMFValue)] = [
        ("00", .undefined),
        ("01", nil),
        ("02", false),
        ("03", true),
        ("04 7F", 127),
        ("04 8100", 128),
        ("04 FFFF7F", 0x1F_FFFF),
        ("04 80C08000", 0x20_0000),
        ("04 BFFFFFFF", 0x0FFF_FFFF),
        ("04 C0808000", -0x1000_0000),
        ("04 FFFFFFFF", -1),
        ("05 3FF8000000000000", 1.5),
        ("06 09 6C697665", "live"),
        ("06 01", ""),
        ("07 09 3C612F3E", .xml("<a/>")),
        ("0B 09 3C612F3E", .xml("<a/>")),
        ("08 01 4271F71FB04CB000", .date(1_234_567_890_123)),
        ("09 05 01 03 01", [true, nil]),
        ("09 03 03 61 03 01 02", .ecmaArray(["a": true, "0": false])),
        ("0A 0B 01 03 61 03 01", ["a": true]),
        ("0A 0B 03 43 01", .object(AMFObject([], className: "C"))),
        // Two sealed members, not dynamic
        ("0A 23 01 03 61 03 62 02 03", ["a": false, "b": true]),
        ("0C 05 BEEF", .bytes(ByteBuffer(bytes: [0xBE, 0xEF]))),
        ("0D 05 00 00000001 FFFFFFFF", [1, -1]),
        ("0E 03 00 FFFFFFFF", [4_294_967_295]),
        ("0F 03 01 3FF8000000000000", [1.5]),
        ("10 03 00 01 06 03 61", ["a"]),
        ("11 05 00 06 03 61 03 04 01 02", .ecmaArray(["a": true])),
    ]

    @Test(arguments: Self.examples)
    func readsWhatTheSpecificationShows(_ bytes: String, _ value: AMFValue) throws {
        #expect(try Self.decode(hex(bytes)) == value)
    }

    @Test func followsReferencesToStringsObjectsAndTraits() throws {
        // ["abc", "abc" again, {x: 1} of class C, another C with x: 2, the first object again]
        let bytes = hex("09 0B 01  06 07 616263  06 00  0A 13 03 43 03 78 04 01  0A 01 04 02  0A 02")
        let first = AMFValue.object(AMFObject([.init(name: "x", value: 1)], className: "C"))
        let second = AMFValue.object(AMFObject([.init(name: "x", value: 2)], className: "C"))
        #expect(try Self.decode(bytes) == ["abc", "abc", first, second, first])
    }

    @Test(arguments: ["06 02", "0A 00", "09 03 01 09 00", "0A 05"])
    func refusesReferencesToNothingAndToWhatIsStillRead(_ bytes: String) {
        #expect { try Self.decode(hex(bytes)) } throws: { error in
            guard case .danglingReference = (error as? AMFError)?.reason else { return false }
            return true
        }
    }

    /// Vectors and dictionaries that end behind their count.
    @Test(arguments: ["0D 03", "0E 03", "0F 03", "10 03", "11 03"])
    func refusesVectorsCutShort(_ bytes: String) {
        #expect { try Self.decode(hex(bytes)) } throws: { error in (error as? AMFError)?.reason == .truncated }
    }

    @Test func refusesExternalizableObjects() {
        #expect(throws: AMFError(.externalizable, at: 0)) { try Self.decode(hex("0A 07 03 43 00")) }
    }

    /// Each array refers to the one before: no deeper on the wire than two, and in memory as deep as there are arrays.
    @Test func countsTheDepthThatReferencesMake() {
        var bytes = ByteBuffer(bytes: [0x09, 60 << 1 | 1, 0x01, 0x09, 0x01, 0x01])
        for place in 1..<60 {
            bytes.writeBytes([0x09, 0x03, 0x01, 0x09, UInt8(place) << 1])
        }
        #expect { try Self.decode(bytes) } throws: { error in
            (error as? AMFError)?.reason == .tooDeep(limit: AMFLimits().depth)
        }
    }

    /// Each array holds the one before twice: twenty of them stand for a million values.
    @Test func countsWhatReferencesStandFor() {
        // An outer array of 30; the first is [null, null], every further one [the one before, the one before].
        var bytes = ByteBuffer(bytes: [0x09, 20 << 1 | 1, 0x01, 0x09, 0x05, 0x01, 0x01, 0x01])
        for place in 1..<20 {
            bytes.writeBytes([0x09, 0x05, 0x01, 0x09, UInt8(place) << 1, 0x09, UInt8(place) << 1])
        }
        #expect { try Self.decode(bytes) } throws: { error in
            (error as? AMFError)?.reason == .tooManyValues(limit: AMFLimits().values)
        }
    }

    @Test(arguments: [
        "09 BFFFFFFF 01", "0D BFFFFFFF 00", "10 BFFFFFFF 00 01", "11 BFFFFFFF 00", "0A BFFFFFF3 01", "0C FFFFFFFF",
    ])
    func doesNotBelieveDeclaredCounts(_ bytes: String) {
        #expect(throws: AMFError.self) { try Self.decode(hex(bytes)) }
    }

    @Test func refersToStringsThatComeAgain() throws {
        let value: AMFValue = ["name", "name", ["name": "name"]]
        let bytes = AMF3Encoder.encode(value)
        #expect(bytes.readableBytes == 18)
        #expect(try Self.decode(bytes) == value)
    }
}
