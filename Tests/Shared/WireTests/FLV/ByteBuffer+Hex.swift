import NIOCore

extension ByteBuffer {
    /// Bytes written as hexadecimal digits.
    init(hex: String) {
        var bytes: [UInt8] = []
        var high: UInt8?
        for digit in hex {
            guard let value = digit.hexDigitValue.map(UInt8.init) else { continue }
            if let first = high {
                bytes.append(first << 4 | value)
                high = nil
            } else {
                high = value
            }
        }
        self.init(bytes: bytes)
    }
}
