/// Percent-encoding of addresses (RFC 3986 section 2.1).
package enum PercentEncoding {
    /// What becomes of a percent sign that begins no code.
    private enum Stray {
        case isAnError, standsForItself
    }

    /// The decoded text, or nil where an escape is broken or the bytes are not UTF-8.
    package static func decode(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return Self.bytes(text, .isAnError).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// The decoded text, where a percent sign that begins no code stands for itself, as secrets have it. Nil where the
    /// bytes are not UTF-8.
    package static func decodeKeepingStrays(_ text: some StringProtocol) -> String? {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return Self.bytes(text, .standsForItself).flatMap { String(validating: $0, as: UTF8.self) }
    }

    /// Some text, whatever is there: a percent sign that begins no code stands for itself, and bytes that are not UTF-8 are
    /// repaired.
    package static func decodeRepairing(_ text: some StringProtocol) -> String {
        guard text.utf8.contains(UInt8(ascii: "%")) else { return String(text) }
        return String(decoding: Self.bytes(text, .standsForItself) ?? [], as: UTF8.self)
    }

    private static func bytes(_ text: some StringProtocol, _ stray: Stray) -> [UInt8]? {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.utf8.count)
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                bytes.append(byte)
                continue
            }
            if let high = rest.first.flatMap(Hexadecimal.value),
                let low = rest.dropFirst().first.flatMap(Hexadecimal.value)
            {
                bytes.append(high << 4 | low)
                rest = rest.dropFirst(2)
            } else if stray == .standsForItself {
                bytes.append(byte)
            } else {
                return nil
            }
        }
        return bytes
    }
}
