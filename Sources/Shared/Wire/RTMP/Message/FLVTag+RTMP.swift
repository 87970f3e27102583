import NIOCore

extension FLVTag {
    /// The tag that a message of audio, video or data is; nil for other messages, and for data that takes data back.
    ///
    /// Data becomes what an FLV file would hold: AMF0, the leading byte of AMF3 messages gone, and without the
    /// `@setDataFrame` that tells a server to keep it.
    package init?(_ message: RTMPMessage) {
        switch message.type {
        case .audio: self.init(kind: .audio, timestamp: message.timestamp, body: message.payload)
        case .video: self.init(kind: .video, timestamp: message.timestamp, body: message.payload)
        case .dataAMF0, .dataAMF3:
            var body = message.payload
            if message.type == .dataAMF3, body.getInteger(at: body.readerIndex, as: UInt8.self) == 0 {
                body.moveReaderIndex(forwardBy: 1)
            }
            if body.startsWithAMF0("@clearDataFrame") { return nil }
            if body.startsWithAMF0("@setDataFrame") {
                body.moveReaderIndex(forwardBy: 3 + "@setDataFrame".utf8.count)
            }
            self.init(kind: .script, timestamp: message.timestamp, body: body)
        default: return nil
        }
    }

    /// The same as a message of a stream.
    package func message(streamID: UInt32) -> RTMPMessage {
        RTMPMessage(
            type: RTMPMessageType(rawValue: self.kind.rawValue),
            streamID: streamID,
            timestamp: self.timestamp,
            payload: self.body
        )
    }
}

extension ByteBuffer {
    fileprivate func startsWithAMF0(_ string: StaticString) -> Bool {
        let text = string.description
        return self.getInteger(at: self.readerIndex) == UInt8(0x02)
            && self.getInteger(at: self.readerIndex + 1) == UInt16(text.utf8.count)
            && self.getString(at: self.readerIndex + 3, length: text.utf8.count) == text
    }
}
