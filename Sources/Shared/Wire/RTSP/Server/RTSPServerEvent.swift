package import NIOCore

/// What a server session wants done, in this order.
///
/// `describe`, `announce`, `setup`, `play`, `record` and `control` are questions: each comes last, and nothing more is read until
/// it is answered.
package enum RTSPServerEvent: Hashable, Sendable {
    case send(ByteBuffer)
    indirect case describe(RTSPDescribeRequest)
    indirect case announce(RTSPAnnounceRequest)
    indirect case setup(RTSPSetupRequest)
    /// Every track the client wants is set up; see ``RTSPServerSession/setups``.
    case play
    case record
    /// A request for a session of another connection.
    indirect case control(RTSPControlRequest)
    /// A packet of the stream that is being recorded.
    case packet(RTSPPacket)
    /// The viewer or publisher paused or went on.
    case pause(Bool)
    /// The client ended its session; the connection goes on, and may have another.
    case teardown
    /// Everything so far shall be sent and then the connection closed. Nothing comes after it.
    case close(RTSPError?)

    /// Whether it is to be answered before anything more is read.
    package var isQuestion: Bool {
        switch self {
        case .describe, .announce, .setup, .play, .record, .control: true
        case .send, .packet, .pause, .teardown, .close: false
        }
    }
}

package struct RTSPDescribeRequest: Hashable, Sendable {
    package let address: RTSPAddress
    package let credentials: RTSPCredentials?
    /// What the client calls itself.
    package let agent: String?
}

package struct RTSPAnnounceRequest: Hashable, Sendable {
    package let address: RTSPAddress
    package let credentials: RTSPCredentials?
    package let agent: String?
    /// As it came.
    package let description: ByteBuffer
}

package struct RTSPSetupRequest: Hashable, Sendable {
    package let address: RTSPAddress
    package let credentials: RTSPCredentials?
    package let agent: String?
    /// The track's place in the description.
    package let media: Int
    /// Whether the client will send it.
    package let records: Bool
    /// In the order of its wishes; at least one.
    package let offers: [RTSPTransport]
}

/// What a client wants of a session that it has from another connection.
package struct RTSPControlRequest: Hashable, Sendable {
    package enum Action: Hashable, Sendable {
        case keepAlive, play, pause, teardown
    }

    /// The session's name.
    package let session: String
    package let action: Action
    /// Without a relay where the request has `*`.
    package let address: RTSPAddress
}

/// RTP or RTCP of a track that came interleaved.
package struct RTSPPacket: Hashable, Sendable {
    /// The track's place in the description.
    package let media: Int
    package let isRTCP: Bool
    package let payload: ByteBuffer

    package init(media: Int, isRTCP: Bool, payload: ByteBuffer) {
        self.media = media
        self.isRTCP = isRTCP
        self.payload = payload
    }
}

/// Why a question is answered with no. The sentence stands in the status line, where ffmpeg and GStreamer print it from.
package struct RTSPRefusal: Hashable, Sendable {
    package let status: RTSPStatus
    package let sentence: String

    package init(_ status: RTSPStatus, _ sentence: String) {
        self.status = status
        self.sentence = sentence
    }
}
