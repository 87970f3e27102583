package import NIOCore

/// Writes the fields of a structure bit by bit, most significant first.
package struct BitWriter: Sendable {
    private var done = ByteBuffer()
    private var current: UInt8 = 0
    private var used = 0

    package init() {}

    /// Writes the lowest `count` bits of `value`, at most 32.
    package mutating func write(_ value: Int, bits count: Int) {
        precondition(count >= 0 && count <= 32, "a field has at most 32 bits")
        for shift in stride(from: count - 1, through: 0, by: -1) {
            self.current = self.current << 1 | UInt8(truncatingIfNeeded: value >> shift & 1)
            self.used += 1
            if self.used == 8 { self.flush() }
        }
    }

    package mutating func write(_ flag: Bool) { self.write(flag ? 1 : 0, bits: 1) }

    /// Fills the last byte with zeros.
    package mutating func alignToByte() {
        while self.used != 0 { self.write(0, bits: 1) }
    }

    /// What was written, its last byte filled with zeros.
    package var bytes: ByteBuffer {
        var whole = self
        whole.alignToByte()
        return whole.done
    }

    private mutating func flush() {
        self.done.writeInteger(self.current)
        self.current = 0
        self.used = 0
    }
}
