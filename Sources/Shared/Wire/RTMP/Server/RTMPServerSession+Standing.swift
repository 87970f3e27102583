import NIOCore

extension RTMPServerSession {
    /// Where the session of a publisher stands between two messages, written down for the process that goes on with it.
    package struct Standing: Sendable, Codable {
        fileprivate var decoder: RTMPChunkDecoder.Standing
        fileprivate var flow: RTMPFlow.Standing
        fileprivate var connection: Connection
    }

    /// Where it stood behind the last whole message of the last read, and how many of the bytes that it was given come behind
    /// that; nil where it does not publish, and where messages were under way side by side.
    package var standing: (Standing, bytesBehind: Int)? {
        guard case .publishing(let connection) = self.state, let boundary = self.boundary?.decoder,
            let decoder = boundary.standing,
            let behind = Int(exactly: self.decoder.offset - boundary.offset)
        else { return nil }
        let standing = Standing(decoder: decoder, flow: self.flow.standing, connection: connection)
        return (standing, behind + self.unread.readableBytes)
    }

    /// Nil where no session of a publisher can have stood so.
    package init?(resuming standing: Standing, configuration: RTMPSessionConfiguration, nonce: UInt64) {
        guard let decoder = RTMPChunkDecoder(resuming: standing.decoder, limits: configuration.limits) else {
            return nil
        }
        self.init(
            publishing: standing.connection,
            decoder,
            RTMPFlow(resuming: standing.flow, window: configuration.window),
            configuration: configuration,
            nonce: nonce
        )
    }
}
