import NIOCore

/// What a chunk stream's last header said, for the chunks that lean on it (RTMP 1.0 section 5.3.1.2).
struct RTMPChunkHeader: Sendable, Codable {
    private(set) var type = RTMPMessageType(rawValue: 0)
    private(set) var streamID: UInt32 = 0
    private(set) var timestamp: UInt32 = 0

    /// Bytes of the message.
    private(set) var length: Int32 = 0

    /// The timestamp or delta as last written.
    private var field: UInt32 = 0

    /// Whether `field` was an absolute time (a type-0 header) and not a delta.
    private var fieldIsAbsolute = true

    /// Whether `field` was written as an extended timestamp (section 5.3.1.3).
    private(set) var isExtended = false

    init() {}

    /// One that ``write(to:)`` wrote; nil where there is none.
    init?(reading bytes: inout ByteBuffer) {
        guard let type = bytes.readInteger(as: UInt8.self), let streamID = bytes.readInteger(as: UInt32.self),
            let timestamp = bytes.readInteger(as: UInt32.self), let length = bytes.readInteger(as: Int32.self),
            (0...0xFF_FFFF).contains(length), let field = bytes.readInteger(as: UInt32.self),
            let flags = bytes.readInteger(as: UInt8.self)
        else { return nil }
        self.type = RTMPMessageType(rawValue: type)
        self.streamID = streamID
        self.timestamp = timestamp
        self.length = length
        self.field = field
        self.fieldIsAbsolute = flags & 1 != 0
        self.isExtended = flags & 2 != 0
    }

    func write(to bytes: inout ByteBuffer) {
        bytes.writeInteger(self.type.rawValue)
        bytes.writeMultipleIntegers(self.streamID, self.timestamp, self.length, self.field)
        bytes.writeInteger((self.fieldIsAbsolute ? 1 : 0) | (self.isExtended ? 2 : 0), as: UInt8.self)
    }

    /// Section 5.3.1.1: the header's type, and the chunk stream in one to three bytes; nil until they have come.
    static func basic(in bytes: ByteBuffer, at index: inout Int) -> (format: UInt8, chunkStream: UInt32)? {
        guard let first: UInt8 = bytes.getInteger(at: index) else { return nil }
        switch first & 0x3F {
        case 0:
            guard let low: UInt8 = bytes.getInteger(at: index + 1) else { return nil }
            index += 2
            return (first >> 6, 64 + UInt32(low))
        case 1:
            guard let rest: UInt16 = bytes.getInteger(at: index + 1, endianness: .little) else { return nil }
            index += 3
            return (first >> 6, 64 + UInt32(rest))
        case let id:
            index += 1
            return (first >> 6, UInt32(id))
        }
    }

    /// Reads a header of type 0, 1 or 2 that follows the basic one. False until all of it has come; the value is then
    /// half changed and to be thrown away.
    mutating func read(_ format: UInt8, in bytes: ByteBuffer, at index: inout Int) -> Bool {
        // The byte before is the basic header's last: with it, three bytes are one integer.
        guard let head: UInt32 = bytes.getInteger(at: index - 1) else { return false }
        var field = head & 0xFF_FFFF
        index += 3
        if format < 2 {
            guard let lengthAndType: UInt32 = bytes.getInteger(at: index) else { return false }
            self.length = Int32(lengthAndType >> 8)
            self.type = RTMPMessageType(rawValue: UInt8(truncatingIfNeeded: lengthAndType))
            index += 4
        }
        if format == 0 {
            guard let streamID: UInt32 = bytes.getInteger(at: index, endianness: .little) else { return false }
            self.streamID = streamID
            index += 4
        }
        self.isExtended = field == 0xFF_FFFF
        if self.isExtended {
            guard let extended: UInt32 = bytes.getInteger(at: index) else { return false }
            field = extended
            index += 4
        }
        self.field = field
        self.fieldIsAbsolute = format == 0
        self.timestamp = format == 0 ? field : self.timestamp &+ field
        return true
    }

    /// Sets the time of a message that a type-3 header begins.
    ///
    /// The specification (section 5.3.1.2.4) takes the absolute time of a preceding type-0 header for the delta, and
    /// ffmpeg writes so: first message at 23 ms, next one 23 ms later. librtmp writes the same bytes for "the same time
    /// again", whatever the time is. A delta of over a second between messages of one size is hardly a stream's, so it
    /// is librtmp's meaning then.
    mutating func advanceAsBefore() {
        if !self.fieldIsAbsolute || self.field <= 1000 {
            self.timestamp &+= self.field
        }
    }

    /// Whether a type-3 basic header is followed by the extended timestamp again, as Adobe's servers and most encoders
    /// write it and some do not; nil while too few bytes have come to tell.
    func repeatsExtendedTimestamp(in bytes: ByteBuffer, at index: Int) -> Bool? {
        let count = min(4, bytes.writerIndex - index)
        var value: UInt32 = 0
        for place in 0..<count {
            value = value << 8 | UInt32(bytes.getInteger(at: index + place, as: UInt8.self) ?? 0)
        }
        // Who wrote a delta may repeat the delta or the time it led to.
        let unknown = UInt32(8 * (4 - count))
        let agrees =
            self.field >> unknown == value || self.timestamp >> unknown == value
            || (self.timestamp &+ self.field) >> unknown == value
        return count < 4 && agrees ? nil : agrees
    }
}
