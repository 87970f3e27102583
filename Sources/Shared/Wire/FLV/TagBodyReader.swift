import Media
import NIOCore

/// Reads the fields at the beginning of a tag's body; never past its end.
struct TagBodyReader {
    let kind: FLVTag.Kind
    private var bytes: ByteBuffer
    private let start: Int

    init(_ tag: FLVTag) {
        self.kind = tag.kind
        self.bytes = tag.body
        self.start = tag.body.readerIndex
    }

    /// Bytes from the body's start.
    var offset: Int { self.bytes.readerIndex - self.start }

    var isAtEnd: Bool { self.bytes.readableBytes == 0 }

    mutating func byte(_ field: String) throws(FLVError) -> UInt8 {
        guard let value = self.bytes.readInteger(as: UInt8.self) else { throw self.truncated(field) }
        return value
    }

    mutating func unsigned24(_ field: String) throws(FLVError) -> Int {
        guard let high = self.bytes.getInteger(at: self.bytes.readerIndex, as: UInt16.self),
            let low = self.bytes.getInteger(at: self.bytes.readerIndex + 2, as: UInt8.self)
        else { throw self.truncated(field) }
        self.bytes.moveReaderIndex(forwardBy: 3)
        return Int(high) << 8 | Int(low)
    }

    mutating func signed24(_ field: String) throws(FLVError) -> Int {
        let value = try self.unsigned24(field)
        return value < 0x80_0000 ? value : value - 0x100_0000
    }

    mutating func fourCC() throws(FLVError) -> FourCC {
        guard let value = self.bytes.readInteger(as: UInt32.self) else { throw self.truncated("FourCC") }
        return FourCC(value)
    }

    mutating func slice(_ length: Int, _ field: String) throws(FLVError) -> ByteBuffer {
        guard let slice = self.bytes.readSlice(length: length) else { throw self.truncated(field) }
        return slice
    }

    /// Takes the next `length` bytes away as a body of their own, whose offsets go on from here.
    mutating func part(_ length: Int, _ field: String) throws(FLVError) -> TagBodyReader {
        guard length <= self.bytes.readableBytes else { throw self.truncated(field) }
        var part = self
        part.bytes.moveWriterIndex(to: part.bytes.readerIndex + length)
        self.bytes.moveReaderIndex(forwardBy: length)
        return part
    }

    mutating func rest() -> ByteBuffer {
        let rest = self.bytes
        self.bytes.moveReaderIndex(to: self.bytes.writerIndex)
        return rest
    }

    /// The error for a field just read that holds what it may not.
    func refusal(of value: Int, _ field: String) -> FLVError {
        .value(self.kind, field: field, value: value, offset: max(0, self.offset - 1))
    }

    private func truncated(_ field: String) -> FLVError {
        .truncated(self.kind, field: field, offset: self.offset)
    }
}
