import NIOCore

/// One chunk stream of a peer: its last header, and the message it is in the middle of.
struct RTMPChunkStream: Sendable {
    let id: UInt32
    var header: RTMPChunkHeader

    /// Whether the message is counted and not kept.
    var isSkipped = false

    /// Bytes of the message that have not come; 0 between messages.
    var missing: Int32 = 0

    /// The bytes that have come.
    var assembly = ByteBuffer()

    init(id: UInt32, header: RTMPChunkHeader) {
        self.id = id
        self.header = header
    }

    /// Grows fourfold, up to the declared length: few moves, and never more than four times what has come.
    mutating func append(_ piece: ByteBuffer) {
        let whole = self.assembly.readableBytes + piece.readableBytes
        if whole > self.assembly.capacity {
            self.assembly.reserveCapacity(min(Int(self.header.length), whole * 4))
        }
        self.assembly.writeImmutableBuffer(piece)
    }

    func message(with payload: ByteBuffer) -> RTMPMessage {
        RTMPMessage(
            type: self.header.type,
            streamID: self.header.streamID,
            timestamp: self.header.timestamp,
            payload: payload
        )
    }
}
