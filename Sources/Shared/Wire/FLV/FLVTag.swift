package import NIOCore

/// One message of audio, video or script data, as FLV files and RTMP both carry it.
package struct FLVTag: Hashable, Sendable {
    /// The tag's type in a file and the message's type in RTMP (FLV 10.1 annex E.4.1, RTMP 1.0 section 7.1).
    package enum Kind: UInt8, Hashable, Sendable {
        case audio = 8
        case video = 9
        case script = 18
    }

    package var kind: Kind

    /// Decoding time in milliseconds on the source's clock; wraps after 49.7 days.
    package var timestamp: UInt32

    /// What follows the tag's header: coding, sequence header or frame, or AMF0 values for a script.
    package var body: ByteBuffer

    package init(kind: Kind, timestamp: UInt32, body: ByteBuffer) {
        self.kind = kind
        self.timestamp = timestamp
        self.body = body
    }
}
