import Encodings
package import NIOCore

extension ByteBuffer {
    /// Bytes written as hexadecimal digits, as session descriptions have decoder configurations; nil if other characters
    /// are among them or nothing is there.
    package init?(hexadecimal text: some StringProtocol) {
        let digits = text.utf8.map { Hexadecimal.value(of: $0) }
        guard !digits.isEmpty else { return nil }
        self.init()
        for start in stride(from: 0, to: digits.count, by: 2) {
            guard let high = digits[start] else { return nil }
            // An odd last digit is the upper half, as ffmpeg takes it.
            guard start + 1 < digits.count else {
                self.writeInteger(high << 4)
                break
            }
            guard let low = digits[start + 1] else { return nil }
            self.writeInteger(high << 4 | low)
        }
    }
}
