import Media
package import NIOCore

/// One RTMP message: what chunks add up to (RTMP 1.0 section 6).
package struct RTMPMessage: Hashable, Sendable {
    package var type: RTMPMessageType

    /// 0 for the connection itself, otherwise the stream that `createStream` named.
    package var streamID: UInt32

    /// Milliseconds on the sender's clock; wraps after 49.7 days.
    package var timestamp: UInt32

    package var payload: ByteBuffer

    package init(type: RTMPMessageType, streamID: UInt32 = 0, timestamp: UInt32 = 0, payload: ByteBuffer) {
        self.type = type
        self.streamID = streamID
        self.timestamp = timestamp
        self.payload = payload
    }
}

/// A message type (RTMP 1.0 sections 5.4, 6.2 and 7.1). Peers may send ones that have no name here; they are ignored.
package struct RTMPMessageType: RawRepresentable, Hashable, Sendable, Codable {
    package let rawValue: UInt8

    package init(rawValue: UInt8) {
        self.rawValue = rawValue
    }

    package static let setChunkSize = RTMPMessageType(rawValue: 1)
    package static let abort = RTMPMessageType(rawValue: 2)
    package static let acknowledgement = RTMPMessageType(rawValue: 3)
    package static let userControl = RTMPMessageType(rawValue: 4)
    package static let windowAcknowledgementSize = RTMPMessageType(rawValue: 5)
    package static let setPeerBandwidth = RTMPMessageType(rawValue: 6)
    package static let audio = RTMPMessageType(rawValue: 8)
    package static let video = RTMPMessageType(rawValue: 9)
    package static let dataAMF3 = RTMPMessageType(rawValue: 15)
    package static let sharedObjectAMF3 = RTMPMessageType(rawValue: 16)
    package static let commandAMF3 = RTMPMessageType(rawValue: 17)
    package static let dataAMF0 = RTMPMessageType(rawValue: 18)
    package static let sharedObjectAMF0 = RTMPMessageType(rawValue: 19)
    package static let commandAMF0 = RTMPMessageType(rawValue: 20)
    package static let aggregate = RTMPMessageType(rawValue: 22)

    /// Whether it carries a stream's content: audio, video, data or an aggregate of them.
    package var isMedia: Bool {
        switch self {
        case .audio, .video, .dataAMF0, .dataAMF3, .aggregate: true
        default: false
        }
    }

    /// What of picture and sound is in it; nothing of either is in data.
    var mediaKinds: [TrackKind] {
        switch self {
        case .audio: [.audio]
        case .video: [.video]
        case .aggregate: [.video, .audio]
        default: []
        }
    }
}
