import NIOCore
import Wire

/// What a caller says it wants. What was read, written in the plainest form, reads as the same.
enum SRTFuzz {
    /// More than any sentence about a stream id needs.
    private static let sentence = 512

    static func run(_ input: ByteBuffer) {
        let text = String(buffer: input)
        let resource: SRTResource
        do {
            resource = try SRTResource(text)
        } catch {
            precondition("\(error)".utf8.count <= Self.sentence, "a refusal repeats all that was said")
            return
        }
        var plain = "#!::r=\(Self.encode(resource.relay))/\(Self.encode(resource.stream))"
        plain += resource.mode == .publish ? ",m=publish" : ",m=request"
        if let secret = resource.secret { plain += ",key=\(Self.encode(secret))" }
        if let user = resource.user { plain += ",u=\(Self.encode(user))" }
        // Every byte of it may have become three.
        guard plain.utf8.count <= SRTResource.sizeLimit else { return }
        guard let again = try? SRTResource(plain) else { preconditionFailure("what was written cannot be read") }
        precondition(again == resource, "what was written reads as something else")
    }

    /// RFC 3986 section 2.1, letters and digits excepted.
    private static func encode(_ text: String) -> String {
        text.utf8.reduce(into: "") { encoded, byte in
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "a")...UInt8(ascii: "z"):
                encoded.unicodeScalars.append(UnicodeScalar(byte))
            default:
                let digits = String(byte, radix: 16)
                encoded += digits.utf8.count < 2 ? "%0\(digits)" : "%\(digits)"
            }
        }
    }
}
