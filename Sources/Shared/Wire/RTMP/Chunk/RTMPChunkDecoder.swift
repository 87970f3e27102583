package import Media
package import NIOCore

/// Puts chunks together to messages (RTMP 1.0 section 5.3).
///
/// Set Chunk Size and Abort are obeyed here, before the next chunk, and not passed on. A message that is in one piece is
/// a slice of the bytes it came in; one of several pieces is copied once, as they come.
package struct RTMPChunkDecoder: Sendable {
    /// Which messages are worth their memory.
    package enum Intake: Hashable, Sendable {
        /// Commands and control: who does not publish has no media to send, so it is skipped unread.
        case commands
        case everything
    }

    package var intake: Intake {
        didSet {
            guard self.intake == .commands else { return }
            for place in self.streams.indices where self.streams[place].header.type.isMedia {
                self.unfinishedBytes -= self.streams[place].assembly.readableBytes
                self.streams[place].assembly = ByteBuffer()
                self.streams[place].isSkipped = true
            }
            self.arrival = MediaArrival()
        }
    }

    /// Bytes of the connection read so far.
    package internal(set) var offset: UInt64

    /// Bytes held of messages that have begun and not ended.
    package internal(set) var unfinishedBytes = 0

    /// Of media messages that have begun and not ended: whether bytes came since this was last taken.
    package var arrival = MediaArrival()

    /// As the peer set it.
    var chunkSize = Int32(RTMPChunkEncoder.initialChunkSize)

    let limits: RTMPLimits
    var streams: [RTMPChunkStream] = []

    /// The chunk whose payload is being read: the place of its stream, and its bytes that have not come.
    var chunk: (place: Int, missing: Int)?

    /// Where that chunk began, for errors: how its bytes were cut into reads makes no difference.
    private var chunkOffset: UInt64 = 0

    /// The offset counts the bytes of the connection before the first chunk.
    package init(limits: RTMPLimits = RTMPLimits(), intake: Intake = .everything, offset: UInt64 = 0) {
        self.limits = limits
        self.intake = intake
        self.offset = offset
    }

    /// The next whole message, or nil until more bytes arrive. At most a chunk's header (18 bytes) is then left unread.
    package mutating func next(from bytes: inout ByteBuffer) throws(RTMPError) -> RTMPMessage? {
        while true {
            let before = bytes.readableBytes
            defer { self.offset += UInt64(before - bytes.readableBytes) }
            if self.chunk == nil {
                self.chunkOffset = self.offset
                guard try self.readHeader(from: &bytes) else { return nil }
            }
            guard let chunk = self.chunk else { return nil }
            let piece = min(chunk.missing, bytes.readableBytes)
            let message = try self.readPayload(piece, of: chunk.place, from: &bytes)
            guard piece == chunk.missing else {
                self.chunk = (chunk.place, chunk.missing - piece)
                return nil
            }
            self.chunk = nil
            if let message, try !self.obey(message) {
                return message
            }
        }
    }

    // MARK: - Headers

    /// Reads a chunk's header and makes it the current chunk; reads nothing until all of it has come.
    private mutating func readHeader(from bytes: inout ByteBuffer) throws(RTMPError) -> Bool {
        var index = bytes.readerIndex
        guard let (format, id) = RTMPChunkHeader.basic(in: bytes, at: &index) else { return false }
        let known = self.streams.firstIndex { $0.id == id }
        // A type-1 header on a fresh chunk stream is librtmp's ping: it counts from nothing.
        guard format < 2 || known != nil else { throw self.error(.noPrecedingHeader(chunkStream: id)) }
        var header = known.map { self.streams[$0].header } ?? RTMPChunkHeader()
        let begins = format < 3 || known.map { self.streams[$0].missing == 0 } ?? true

        if format < 3 {
            guard header.read(format, in: bytes, at: &index) else { return false }
        } else {
            if header.isExtended {
                guard let repeats = header.repeatsExtendedTimestamp(in: bytes, at: index) else { return false }
                index += repeats ? 4 : 0
            }
            if begins {
                header.advanceAsBefore()
            }
        }
        bytes.moveReaderIndex(to: index)

        let place = if let known { known } else { try self.makeStream(id) }
        if begins {
            try self.begin(header, at: place)
        }
        self.chunk = (place, Int(min(self.chunkSize, self.streams[place].missing)))
        return true
    }

    private mutating func makeStream(_ id: UInt32) throws(RTMPError) -> Int {
        guard self.streams.count < self.limits.chunkStreams else {
            throw self.error(.tooManyChunkStreams(limit: self.limits.chunkStreams))
        }
        self.streams.append(RTMPChunkStream(id: id, header: RTMPChunkHeader()))
        return self.streams.count - 1
    }

    /// Begins a message. What its chunk stream had of another is dropped: a full header in the middle of a message is
    /// how encoders that lost their place start anew.
    private mutating func begin(_ header: RTMPChunkHeader, at place: Int) throws(RTMPError) {
        self.abandon(at: place)
        let isSkipped = self.intake == .commands && header.type.isMedia
        let limit = self.limit(for: header.type)
        guard isSkipped || header.length <= limit else {
            throw self.error(.messageTooLarge(header.type, bytes: Int(header.length), limit: limit))
        }
        self.streams[place].header = header
        self.streams[place].isSkipped = isSkipped
        self.streams[place].missing = header.length
    }

    private func limit(for type: RTMPMessageType) -> Int {
        switch type {
        case .audio, .video, .aggregate: self.limits.mediaBytes
        case .dataAMF0, .dataAMF3: self.limits.dataBytes
        default: self.limits.commandBytes
        }
    }

    // MARK: - Payloads

    /// Reads that many bytes of the current message, and makes them a message when they are its last.
    private mutating func readPayload(
        _ count: Int,
        of place: Int,
        from bytes: inout ByteBuffer
    ) throws(RTMPError) -> RTMPMessage? {
        guard let piece = bytes.readSlice(length: count) else { return nil }
        let isFirst = self.streams[place].missing == self.streams[place].header.length
        self.streams[place].missing -= Int32(count)
        let isLast = self.streams[place].missing == 0
        if self.streams[place].isSkipped { return nil }
        if isLast {
            for kind in self.streams[place].header.type.mediaKinds { self.arrival[kind] = false }
        }
        if isFirst && isLast {
            return self.streams[place].message(with: piece)
        }
        self.unfinishedBytes += count
        let limit = self.limits.unfinishedBytes(self.intake)
        guard self.unfinishedBytes <= limit else { throw self.error(.tooManyUnfinishedBytes(limit: limit)) }
        self.streams[place].append(piece)
        guard isLast else {
            if count > 0 { for kind in self.streams[place].header.type.mediaKinds { self.arrival[kind] = true } }
            return nil
        }
        let message = self.streams[place].message(with: self.streams[place].assembly)
        self.abandon(at: place)
        return message
    }

    private mutating func abandon(at place: Int) {
        self.unfinishedBytes -= self.streams[place].assembly.readableBytes
        self.streams[place].assembly = ByteBuffer()
        self.streams[place].missing = 0
    }

    /// Sections 5.4.1 and 5.4.2. False for a message that is not the decoder's to obey.
    private mutating func obey(_ message: RTMPMessage) throws(RTMPError) -> Bool {
        switch message.type {
        case .setChunkSize:
            guard let size: UInt32 = message.payload.getInteger(at: message.payload.readerIndex) else {
                throw self.error(.truncatedMessage(.setChunkSize))
            }
            guard let valid = Int32(exactly: size), valid > 0 else { throw self.error(.invalidChunkSize(size)) }
            self.chunkSize = valid
            return true
        case .abort:
            guard let id: UInt32 = message.payload.getInteger(at: message.payload.readerIndex) else {
                throw self.error(.truncatedMessage(.abort))
            }
            if let place = self.streams.firstIndex(where: { $0.id == id }) {
                self.abandon(at: place)
            }
            return true
        default: return false
        }
    }

    private func error(_ reason: RTMPError.Reason) -> RTMPError { RTMPError(reason, at: self.chunkOffset) }
}
