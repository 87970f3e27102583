/// Why a connection cannot go on, and where in the bytes that were received.
package struct RTMPError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Error, Hashable, Sendable {
        /// The first byte of the handshake is not version 3: another protocol, or RTMPE (6, 8).
        case unsupportedVersion(UInt8)
        case messageTooLarge(RTMPMessageType, bytes: Int, limit: Int)
        case tooManyChunkStreams(limit: Int)
        case tooManyUnfinishedBytes(limit: Int)
        /// A chunk leans on a header that never came (RTMP 1.0 section 5.3.1.2).
        case noPrecedingHeader(chunkStream: UInt32)
        case invalidChunkSize(UInt32)
        /// A protocol control message or an aggregate shorter than what it must hold.
        case truncatedMessage(RTMPMessageType)
        /// An aggregate of more than the limit.
        case tooManyMessages(limit: Int)
        case malformedCommand(AMFError)
        /// A command without a name, or before `connect`.
        case unexpectedCommand
        case tooManyUndecidedBytes(limit: Int)
    }

    package let reason: Reason

    /// Bytes of the connection before the message or chunk at fault.
    package let offset: UInt64

    package init(_ reason: Reason, at offset: UInt64) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String { "\(self.sentence), after byte \(self.offset)" }

    private var sentence: String {
        switch self.reason {
        case .unsupportedVersion(let version): "not RTMP: the handshake begins with \(version) instead of 3"
        case .messageTooLarge(let type, let bytes, let limit):
            "RTMP message of type \(type.rawValue) declares \(bytes) bytes, more than \(limit)"
        case .tooManyChunkStreams(let limit): "more than \(limit) RTMP chunk streams"
        case .tooManyUnfinishedBytes(let limit): "more than \(limit) bytes of unfinished RTMP messages"
        case .noPrecedingHeader(let chunkStream): "RTMP chunk stream \(chunkStream) begins without a header"
        case .invalidChunkSize(let size): "RTMP chunk size \(size) is not between 1 and 2147483647"
        case .truncatedMessage(let type): "RTMP message of type \(type.rawValue) is cut short"
        case .tooManyMessages(let limit): "more than \(limit) messages in one RTMP aggregate"
        case .malformedCommand(let error): "malformed RTMP command: \(error)"
        case .unexpectedCommand: "RTMP command without a name or before connect"
        case .tooManyUndecidedBytes(let limit): "more than \(limit) bytes before the RTMP request was answered"
        }
    }
}
