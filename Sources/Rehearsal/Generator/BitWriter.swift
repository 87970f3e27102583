/// Writes the syntax elements of ITU-T H.264 section 7.2: fixed-length codes and Exp-Golomb codes, first bit first.
struct BitWriter {
    private(set) var bytes: [UInt8] = []
    private var held: UInt64 = 0
    private var heldBits = 0

    /// Writes the low `count` bits of `value`: u(n), at most 32 bits.
    mutating func put(_ value: Int, bits count: Int) {
        let mask = (UInt64(1) << UInt64(count)) - 1
        self.held = self.held << UInt64(count) | UInt64(truncatingIfNeeded: value) & mask
        self.heldBits += count
        while self.heldBits >= 8 {
            self.heldBits -= 8
            self.bytes.append(UInt8(truncatingIfNeeded: self.held >> UInt64(self.heldBits)))
        }
    }

    /// Unsigned Exp-Golomb: ue(v), section 9.1.
    mutating func putUnsigned(_ value: Int) {
        let code = value + 1
        let length = Int.bitWidth - code.leadingZeroBitCount
        self.put(0, bits: length - 1)
        self.put(code, bits: length)
    }

    /// Signed Exp-Golomb: se(v), section 9.1.1.
    mutating func putSigned(_ value: Int) {
        self.putUnsigned(value > 0 ? 2 * value - 1 : -2 * value)
    }

    /// Zero bits up to the next whole byte: pcm_alignment_zero_bit.
    mutating func alignWithZeros() {
        guard self.heldBits > 0 else { return }
        self.put(0, bits: 8 - self.heldBits)
    }

    /// The stop bit and zeros up to a whole byte: rbsp_trailing_bits(), section 7.3.2.11.
    mutating func finish() {
        self.put(1, bits: 1)
        self.alignWithZeros()
    }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        precondition(self.heldBits == 0, "whole bytes are written on a byte boundary")
        self.bytes.append(contentsOf: bytes)
    }
}
