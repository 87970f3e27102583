/// Why a connection cannot go on, and where in the bytes that were received.
package struct RTSPError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        case lineTooLong(limit: Int)
        case tooManyHeaders(limit: Int)
        case headTooLong(limit: Int)
        case bodyTooLong(bytes: Int, limit: Int)
        case malformedContentLength
        /// Not a request, an answer or an interleaved frame (RFC 2326 sections 6, 7 and 10.12).
        case malformedStartLine
        /// RTSP 2.0, or HTTP.
        case unsupportedVersion
        case malformedHeader
        case tooManyUndecidedBytes(limit: Int)
        case tooManyStrayBytes(limit: Int)
        case tooManyRefusals(limit: Int)
    }

    package let reason: Reason

    /// Bytes of the connection before the line or body at fault.
    package let offset: UInt64

    package init(_ reason: Reason, at offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(self.sentence), after byte \(self.offset)" }

    /// What the peer is told.
    var status: RTSPStatus {
        switch self.reason {
        case .lineTooLong: .requestURITooLarge
        case .bodyTooLong, .tooManyUndecidedBytes: .requestEntityTooLarge
        case .unsupportedVersion: .versionNotSupported
        case .tooManyRefusals: .forbidden
        case .tooManyHeaders, .headTooLong, .malformedContentLength, .malformedStartLine, .malformedHeader,
            .tooManyStrayBytes:
            .badRequest
        }
    }

    var sentence: String {
        switch self.reason {
        case .lineTooLong(let limit): "an RTSP line is longer than \(limit) bytes"
        case .tooManyHeaders(let limit): "an RTSP message has more than \(limit) headers"
        case .headTooLong(let limit): "the headers of an RTSP message have more than \(limit) bytes"
        case .bodyTooLong(let bytes, let limit): "an RTSP body declares \(bytes) bytes, more than \(limit)"
        case .malformedContentLength: "an RTSP Content-Length is not a number"
        case .malformedStartLine: "not RTSP: neither a request nor an answer nor an interleaved frame"
        case .unsupportedVersion: "a request of another version than RTSP/1.0"
        case .malformedHeader: "an RTSP header without a colon"
        case .tooManyUndecidedBytes(let limit): "more than \(limit) bytes before the RTSP request was answered"
        case .tooManyStrayBytes(let limit): "more than \(limit) bytes in a row are of no RTSP message and no frame"
        case .tooManyRefusals(let limit): "refused more than \(limit) times"
        }
    }
}
