package import NIOCore

/// What comes over an RTSP connection.
package enum RTSPMessage: Hashable, Sendable {
    indirect case request(RTSPRequest)
    indirect case response(RTSPResponse)
    /// RTP or RTCP between the messages (RFC 2326 section 10.12).
    case interleaved(RTSPFrame)
}

package struct RTSPFrame: Hashable, Sendable {
    package let channel: UInt8

    /// At most 65,535 bytes.
    package let payload: ByteBuffer

    package init(channel: UInt8, payload: ByteBuffer) {
        self.channel = channel
        self.payload = payload
    }
}

/// RFC 2326 section 6. Its address and headers may hold keys: it prints its method alone.
package struct RTSPRequest: Hashable, Sendable {
    package let method: RTSPMethod
    package let uri: String
    package var headers: RTSPHeaders
    package var body: ByteBuffer

    package init(
        _ method: RTSPMethod,
        _ uri: String,
        headers: RTSPHeaders = RTSPHeaders(),
        body: ByteBuffer = ByteBuffer()
    ) {
        self.method = method
        self.uri = uri
        self.headers = headers
        self.body = body
    }
}

extension RTSPRequest: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "RTSPRequest(\(self.method.rawValue))" }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}

/// RFC 2326 section 7.
package struct RTSPResponse: Hashable, Sendable {
    package let status: RTSPStatus
    package let reason: String
    package var headers: RTSPHeaders
    package var body: ByteBuffer

    package init(
        _ status: RTSPStatus,
        reason: String? = nil,
        headers: RTSPHeaders = RTSPHeaders(),
        body: ByteBuffer = ByteBuffer()
    ) {
        self.status = status
        self.reason = reason ?? status.phrase
        self.headers = headers
        self.body = body
    }
}

/// RFC 2326 section 10. Methods are told apart by case.
package struct RTSPMethod: RawRepresentable, Hashable, Sendable {
    package let rawValue: String

    package init(rawValue: String) {
        self.rawValue = rawValue
    }

    package static let options = RTSPMethod(rawValue: "OPTIONS")
    package static let describe = RTSPMethod(rawValue: "DESCRIBE")
    package static let announce = RTSPMethod(rawValue: "ANNOUNCE")
    package static let setup = RTSPMethod(rawValue: "SETUP")
    package static let play = RTSPMethod(rawValue: "PLAY")
    package static let record = RTSPMethod(rawValue: "RECORD")
    package static let pause = RTSPMethod(rawValue: "PAUSE")
    package static let teardown = RTSPMethod(rawValue: "TEARDOWN")
    package static let getParameter = RTSPMethod(rawValue: "GET_PARAMETER")
    package static let setParameter = RTSPMethod(rawValue: "SET_PARAMETER")

    /// What a server here understands, in the order it says so.
    static let served: [RTSPMethod] = [
        .options, .describe, .announce, .setup, .play, .record, .pause, .teardown, .getParameter, .setParameter,
    ]

    static let publicHeader = Self.served.map(\.rawValue).joined(separator: ", ")
}
