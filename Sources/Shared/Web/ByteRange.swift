import Encodings

/// One range of a `Range` header (RFC 9110 section 14.1.2); several ranges at once are not served.
package enum ByteRange: Hashable, Sendable {
    case from(Int)
    case between(Int, Int)
    case last(Int)

    /// Nil where the header is not one range of bytes: it is then to be ignored.
    package init?(_ header: String) {
        guard let ends = header.without(prefix: "bytes=")?.parts(at: "-", omittingEmpty: false), ends.count == 2 else {
            return nil
        }
        switch (Self.number(ends[0]), Self.number(ends[1])) {
        case (let first?, let last?) where first <= last: self = .between(first, last)
        case (let first?, nil) where ends[1].isEmpty: self = .from(first)
        case (nil, let count?) where ends[0].isEmpty: self = .last(count)
        default: return nil
        }
    }

    /// The bytes meant, of `size` there are; nil where there are none.
    package func bounds(in size: Int) -> Range<Int>? {
        switch self {
        case .from(let first): first < size ? first..<size : nil
        case .between(let first, let last): first < size ? first..<min(last, size - 1) + 1 : nil
        case .last(let count): count > 0 && size > 0 ? max(size - count, 0)..<size : nil
        }
    }

    private static func number(_ text: Substring) -> Int? {
        guard !text.isEmpty, text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        return Int(text)
    }
}
