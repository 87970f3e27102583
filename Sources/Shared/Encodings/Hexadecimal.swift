/// Bytes as pairs of hexadecimal digits.
package enum Hexadecimal {
    /// The value of a digit, of either case; nil for other characters.
    package static func value(of digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }

    /// Two digits a byte.
    package static func encode(_ bytes: some Sequence<UInt8>, uppercase: Bool = false) -> String {
        let digits = uppercase ? Self.upper : Self.lower
        return String(bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] })
    }

    /// All digits of a number, the zeros in front included.
    package static func encode(_ number: some FixedWidthInteger & UnsignedInteger, uppercase: Bool = false) -> String {
        let digits = uppercase ? Self.upper : Self.lower
        let places = stride(from: number.bitWidth - 4, through: 0, by: -4)
        return String(places.map { digits[Int(truncatingIfNeeded: number >> $0) & 15] })
    }

    private static let lower = Array("0123456789abcdef")
    private static let upper = Array("0123456789ABCDEF")
}
