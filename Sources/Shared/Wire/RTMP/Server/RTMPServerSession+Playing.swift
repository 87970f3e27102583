package import NIOCore

extension RTMPServerSession {
    /// What a version of this writes begins with.
    private static let version: UInt8 = 1

    /// Chunk headers have fewer bytes; more are never left unread.
    private static let mostUnread = 64

    /// Where the session of a player stands behind all that the player has said, for the process that goes on with it; nil where
    /// nobody plays, and where a message has begun that is long.
    ///
    /// It says nothing of what the player was let in by.
    package var player: ByteBuffer? {
        guard case .playing = self.state, self.unread.readableBytes <= Self.mostUnread else { return nil }
        var bytes = ByteBuffer()
        bytes.writeInteger(Self.version)
        self.flow.standing.write(to: &bytes)
        bytes.writeInteger(UInt8(self.unread.readableBytes))
        bytes.writeImmutableBuffer(self.unread)
        return self.decoder.write(to: &bytes) ? bytes : nil
    }

    /// Nil where no session of a player can have stood so; the bytes may be anybody's.
    package init?(player standing: ByteBuffer, configuration: RTMPSessionConfiguration, nonce: UInt64) {
        var bytes = standing
        guard bytes.readInteger(as: UInt8.self) == Self.version, let flow = RTMPFlow.Standing(reading: &bytes),
            let count = bytes.readInteger(as: UInt8.self), count <= Self.mostUnread,
            let unread = bytes.readSlice(length: Int(count)),
            let decoder = RTMPChunkDecoder(readingPlayersFrom: &bytes, limits: configuration.limits),
            bytes.readableBytes == 0
        else { return nil }
        self.init(
            playing: decoder,
            RTMPFlow(resuming: flow, window: configuration.window),
            unread: ByteBuffer(bytes: unread.readableBytesView),
            configuration: configuration,
            nonce: nonce
        )
    }
}
