package import NIOCore

/// Reads the fields of a structure from a peer, bit by bit, most significant first; never past the end.
package struct BitReader: Sendable {
    private let bytes: ByteBuffer
    private let structure: String
    private var position = 0

    /// - Parameters:
    ///   - bytes: What to read: the readable bytes.
    ///   - structure: What its specification calls it; errors carry the name.
    package init(_ bytes: ByteBuffer, of structure: String) {
        self.bytes = bytes
        self.structure = structure
    }

    package var bitsLeft: Int { self.bytes.readableBytes * 8 - self.position }

    /// The byte that the next field starts in.
    package var byteOffset: Int { self.position / 8 }

    /// The next `count` bits, at most 32.
    package mutating func bits(_ count: Int, _ field: String) throws(CodecError) -> Int {
        precondition(count >= 0 && count <= 32, "a field has at most 32 bits")
        guard count <= self.bitsLeft else { throw self.truncated(field) }
        var value = 0
        var wanted = count
        while wanted > 0 {
            let index = self.bytes.readerIndex + self.position / 8
            // It is there: so many bits are left.
            let byte = self.bytes.getInteger(at: index, as: UInt8.self) ?? 0
            let used = self.position % 8
            let taken = min(8 - used, wanted)
            let chunk = (Int(byte) >> (8 - used - taken)) & ((1 << taken) - 1)
            value = value << taken | chunk
            self.position += taken
            wanted -= taken
        }
        return value
    }

    package mutating func flag(_ field: String) throws(CodecError) -> Bool {
        try self.bits(1, field) == 1
    }

    package mutating func skip(_ count: Int, _ field: String) throws(CodecError) {
        precondition(count >= 0, "a reader does not go back")
        guard count <= self.bitsLeft else { throw self.truncated(field) }
        self.position += count
    }

    /// `ue(v)`, ITU-T H.264 section 9.1: 0 to 2³² − 2.
    package mutating func unsignedExpGolomb(_ field: String) throws(CodecError) -> Int {
        let start = self.byteOffset
        var zeros = 0
        while try !self.flag(field) {
            zeros += 1
            guard zeros <= 31 else {
                throw CodecError(.value(zeros), structure: self.structure, field: field, offset: start)
            }
        }
        return try self.bits(zeros, field) + (1 << zeros) - 1
    }

    /// `se(v)`, ITU-T H.264 section 9.1.1.
    package mutating func signedExpGolomb(_ field: String) throws(CodecError) -> Int {
        let code = try self.unsignedExpGolomb(field)
        return code % 2 == 1 ? (code + 1) / 2 : -(code / 2)
    }

    package mutating func skipToByte() {
        self.position = min((self.position + 7) / 8 * 8, self.bytes.readableBytes * 8)
    }

    /// The next `length` whole bytes; the reader must stand on a byte's start.
    package mutating func slice(_ length: Int, _ field: String) throws(CodecError) -> ByteBuffer {
        precondition(self.position % 8 == 0, "a slice starts at a whole byte")
        guard length >= 0, length <= self.bitsLeft / 8,
            let slice = self.bytes.getSlice(at: self.bytes.readerIndex + self.byteOffset, length: length)
        else { throw self.truncated(field) }
        self.position += length * 8
        return slice
    }

    /// Everything from the next whole byte on.
    package mutating func rest() -> ByteBuffer {
        self.skipToByte()
        let index = self.bytes.readerIndex + self.byteOffset
        let rest = self.bytes.getSlice(at: index, length: self.bytes.readableBytes - self.byteOffset)
        self.position = self.bytes.readableBytes * 8
        return rest ?? ByteBuffer()
    }

    /// The error to throw for a field just read that holds what it may not.
    package func refusal(of value: Int, _ field: String) -> CodecError {
        CodecError(
            .value(value),
            structure: self.structure,
            field: field,
            offset: max(0, self.position - 1) / 8
        )
    }

    private func truncated(_ field: String) -> CodecError {
        CodecError(.truncated, structure: self.structure, field: field, offset: self.byteOffset)
    }
}
