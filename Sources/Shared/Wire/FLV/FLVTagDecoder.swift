package import NIOCore

/// Cuts an FLV file that arrives in pieces into its tags (FLV 10.1 annex E.2 to E.4).
///
/// The flags of the file's header are wrong as often as right and are not looked at; nor are the sizes of previous
/// tags, which some writers leave zero.
package struct FLVTagDecoder: Sendable {
    private enum State {
        case fileHeader
        /// Bytes without meaning: the rest of a long header, the size of the tag before.
        case padding(Int)
        case tag
        case skipping(Int)
    }

    private var state = State.fileHeader
    private let bodyLimit: Int

    /// The longest body taken unless said otherwise: a key frame at 60 Mbit/s would have to last a second.
    package static let defaultBodyLimit = 8 << 20

    /// What a file's header may have before its first tag. All known writers have nine bytes.
    private static let headerLimit = 1024

    /// Tags of types without meaning here that were passed over.
    package private(set) var unknownTags = 0

    package init(bodyLimit: Int = Self.defaultBodyLimit) {
        self.bodyLimit = bodyLimit
    }

    /// The next whole tag, or nil until more bytes arrive. The body shares the bytes given.
    package mutating func next(from bytes: inout ByteBuffer) throws(FLVError) -> FLVTag? {
        while true {
            switch self.state {
            case .fileHeader:
                guard let length = try self.fileHeader(from: &bytes) else { return nil }
                // PreviousTagSize0 follows the header.
                self.state = .padding(length - 9 + 4)
            case .padding(let count):
                guard self.skip(count, from: &bytes, as: State.padding) else { return nil }
                self.state = .tag
            case .skipping(let count):
                guard self.skip(count, from: &bytes, as: State.skipping) else { return nil }
                self.state = .tag
            case .tag:
                guard let header = try self.tagHeader(bytes) else { return nil }
                guard let kind = header.kind else {
                    self.unknownTags += 1
                    self.state = .skipping(Self.tagHeaderLength + header.length + 4)
                    continue
                }
                guard
                    let body = bytes.getSlice(
                        at: bytes.readerIndex + Self.tagHeaderLength,
                        length: header.length
                    )
                else { return nil }
                bytes.moveReaderIndex(forwardBy: Self.tagHeaderLength + header.length)
                // A tag is whole before its PreviousTagSize comes: a live source may send that with the next.
                self.state = .padding(4)
                return FLVTag(kind: kind, timestamp: header.timestamp, body: body)
            }
        }
    }

    private static let tagHeaderLength = 11

    private mutating func fileHeader(from bytes: inout ByteBuffer) throws(FLVError) -> Int? {
        // What is not FLV is refused at its first wrong byte, not when nine have come.
        guard bytes.readableBytesView.prefix(3).elementsEqual("FLV".utf8.prefix(bytes.readableBytes)) else {
            throw .notFLV
        }
        guard bytes.readableBytes >= 9,
            let length = bytes.getInteger(at: bytes.readerIndex + 5, as: UInt32.self)
        else { return nil }
        guard length >= 9, length <= Self.headerLimit else { throw .headerLength(Int(length)) }
        bytes.moveReaderIndex(forwardBy: 9)
        return Int(length)
    }

    private mutating func skip(_ count: Int, from bytes: inout ByteBuffer, as state: (Int) -> State) -> Bool {
        let step = min(count, bytes.readableBytes)
        bytes.moveReaderIndex(forwardBy: step)
        self.state = state(count - step)
        return step == count
    }

    private func tagHeader(
        _ bytes: ByteBuffer
    ) throws(FLVError) -> (kind: FLVTag.Kind?, length: Int, timestamp: UInt32)? {
        guard
            let first = bytes.getInteger(at: bytes.readerIndex, as: UInt32.self),
            let second = bytes.getInteger(at: bytes.readerIndex + 4, as: UInt32.self),
            bytes.readableBytes >= Self.tagHeaderLength
        else { return nil }
        let length = Int(first & 0xFF_FFFF)
        guard length <= self.bodyLimit else { throw .bodyTooLarge(length, limit: self.bodyLimit) }
        // The two reserved bits are not looked at; the third is the filter, which means encryption.
        let type = UInt8(truncatingIfNeeded: first >> 24)
        guard type & 0x20 == 0 else { throw .tagType(type) }
        let timestamp = (second >> 8) | (second & 0xFF) << 24
        return (FLVTag.Kind(rawValue: type & 0x1F), length, timestamp)
    }
}
