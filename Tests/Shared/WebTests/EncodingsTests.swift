import Encodings
import Testing

@Suite struct EncodingsTests {
    @Test(arguments: [
        ("plain", "plain"), ("a%20b", "a b"), ("%e2%82%AC", "\u{20AC}"), ("", ""),
    ])
    func whatIsEncodedIsDecodedInEveryWay(text: String, decoded: String) {
        #expect(PercentEncoding.decode(text) == decoded)
        #expect(PercentEncoding.decodeKeepingStrays(text) == decoded)
        #expect(PercentEncoding.decodeRepairing(text) == decoded)
    }

    @Test(arguments: ["100%", "%", "%4", "%zz", "a%4"])
    func aPercentSignThatBeginsNoCodeIsAnErrorOrStandsForItself(text: String) {
        #expect(PercentEncoding.decode(text) == nil)
        #expect(PercentEncoding.decodeKeepingStrays(text) == text)
        #expect(PercentEncoding.decodeRepairing(text) == text)
    }

    @Test func bytesThatAreNotTextAreAnErrorOrRepaired() {
        #expect(PercentEncoding.decode("a%ff") == nil)
        #expect(PercentEncoding.decodeKeepingStrays("a%ff") == nil)
        #expect(PercentEncoding.decodeRepairing("a%ff") == "a\u{FFFD}")
    }

    @Test func bytesAndNumbersHaveTwoDigitsAByte() {
        #expect(Hexadecimal.encode([0, 10, 255]) == "000aff")
        #expect(Hexadecimal.encode([0, 10, 255], uppercase: true) == "000AFF")
        #expect(Hexadecimal.encode(UInt32(0xAB)) == "000000ab")
        #expect(Hexadecimal.encode(UInt32.max, uppercase: true) == "FFFFFFFF")
        #expect("0aF".utf8.map { Hexadecimal.value(of: $0) } == [0, 10, 15])
        #expect(Hexadecimal.value(of: UInt8(ascii: "g")) == nil)
    }
}
