import NIOCore

/// Protocol control and user control messages as this side writes them (RTMP 1.0 sections 5.4, 6.2 and 7.1.7).
package enum RTMPControl: Hashable, Sendable {
    case setChunkSize(Int)
    case acknowledgement(UInt32)
    case windowAcknowledgementSize(UInt32)
    /// The limit is "dynamic": the peer may take it or leave it.
    case setPeerBandwidth(UInt32)
    case streamBegin(UInt32)
    case streamEOF(UInt32)
    case setBufferLength(streamID: UInt32, milliseconds: UInt32)
    case pingRequest(UInt32)
    case pingResponse(UInt32)

    package var message: RTMPMessage {
        var payload = ByteBuffer()
        let type: RTMPMessageType
        switch self {
        case .setChunkSize(let size):
            type = .setChunkSize
            payload.writeInteger(UInt32(size))
        case .acknowledgement(let bytes):
            type = .acknowledgement
            payload.writeInteger(bytes)
        case .windowAcknowledgementSize(let bytes):
            type = .windowAcknowledgementSize
            payload.writeInteger(bytes)
        case .setPeerBandwidth(let bytes):
            type = .setPeerBandwidth
            payload.writeMultipleIntegers(bytes, UInt8(2))
        case .streamBegin(let streamID):
            type = .userControl
            payload.writeMultipleIntegers(UInt16(0), streamID)
        case .streamEOF(let streamID):
            type = .userControl
            payload.writeMultipleIntegers(UInt16(1), streamID)
        case .setBufferLength(let streamID, let milliseconds):
            type = .userControl
            payload.writeMultipleIntegers(UInt16(3), streamID, milliseconds)
        case .pingRequest(let time):
            type = .userControl
            payload.writeMultipleIntegers(UInt16(6), time)
        case .pingResponse(let time):
            type = .userControl
            payload.writeMultipleIntegers(UInt16(7), time)
        }
        return RTMPMessage(type: type, payload: payload)
    }
}
