/// Finds latency stamps in bytes that come in pieces.
package struct StampFinder: Sendable {
    /// Bytes of ``LatencyStamp/magic`` matched so far, then digits read.
    private var matched = 0
    private var value: UInt64 = 0

    package init() {}

    /// Forgets a stamp that was begun.
    mutating func reset() {
        self.matched = 0
    }

    package mutating func search(_ bytes: Span<UInt8>, into stamps: inout [UInt64]) {
        for index in bytes.indices {
            let byte = bytes[index]
            guard self.matched < LatencyStamp.magic.count else {
                self.readDigit(byte, into: &stamps)
                continue
            }
            if byte == LatencyStamp.magic[self.matched] {
                self.matched += 1
            } else {
                // The magic's first byte is nowhere else in it: a mismatch can only begin it anew.
                self.matched = byte == LatencyStamp.magic[0] ? 1 : 0
            }
        }
    }

    private mutating func readDigit(_ byte: UInt8, into stamps: inout [UInt64]) {
        guard let digit = Self.digit(byte) else {
            self.matched = 0
            return
        }
        self.value = self.value << 4 | UInt64(digit)
        self.matched += 1
        guard self.matched == LatencyStamp.magic.count + LatencyStamp.digits else { return }
        stamps.append(self.value)
        self.matched = 0
        self.value = 0
    }

    private static func digit(_ byte: UInt8) -> UInt8? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): byte - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): byte - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
