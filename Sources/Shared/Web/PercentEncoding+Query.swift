package import Encodings

extension PercentEncoding {
    /// A part of a query with all encoded that may not stand in one as it is (RFC 3986 section 3.4); what is encoded
    /// already stays so.
    package static func completed(_ text: some StringProtocol) -> String {
        var result = ""
        for byte in text.utf8 {
            if Self.mayStandInQuery(byte) {
                result.unicodeScalars.append(Unicode.Scalar(byte))
            } else {
                result += "%" + Hexadecimal.encode(byte, uppercase: true)
            }
        }
        return result
    }

    private static func mayStandInQuery(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
            UInt8(ascii: "A")...UInt8(ascii: "Z"):
            true
        default: "-._~!$&'()*+,;=:@/?%".utf8.contains(byte)
        }
    }

    /// Whether a text stands in a query as it is (RFC 3986 section 3.4), so that it can be written into a playlist.
    package static func isUnreserved(_ text: String) -> Bool {
        text.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"),
                UInt8(ascii: "A")...UInt8(ascii: "Z"):
                true
            default: "-._~!$*:@=".utf8.contains(byte)
            }
        }
    }
}
