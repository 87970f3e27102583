extension RTMPChunkDecoder {
    /// Where a decoder stands between two messages, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        struct Stream: Sendable, Codable {
            fileprivate var id: UInt32
            fileprivate var header: RTMPChunkHeader
        }

        fileprivate var offset: UInt64
        fileprivate var chunkSize: Int32
        fileprivate var streams: [Stream]
    }

    /// Whether no message has begun and not ended.
    var isBetweenMessages: Bool {
        self.chunk == nil && self.unfinishedBytes == 0 && self.streams.allSatisfy { $0.missing == 0 }
    }

    /// Nil in the midst of a message.
    var standing: Standing? {
        guard self.isBetweenMessages else { return nil }
        return Standing(
            offset: self.offset,
            chunkSize: self.chunkSize,
            streams: self.streams.map { Standing.Stream(id: $0.id, header: $0.header) }
        )
    }

    /// Goes on where a decoder of what a publisher sends stood; nil where none can have stood so.
    init?(resuming standing: Standing, limits: RTMPLimits) {
        guard standing.chunkSize > 0, standing.offset < 1 << 60, standing.streams.count <= limits.chunkStreams,
            standing.streams.allSatisfy({ (0...0xFF_FFFF).contains($0.header.length) })
        else { return nil }
        self.init(limits: limits, intake: .everything, offset: standing.offset)
        self.chunkSize = standing.chunkSize
        self.streams = standing.streams.map { RTMPChunkStream(id: $0.id, header: $0.header) }
    }
}
