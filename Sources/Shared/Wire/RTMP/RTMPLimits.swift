/// What one peer may cost. Memory follows the bytes that came, never the lengths they declare.
package struct RTMPLimits: Hashable, Sendable {
    /// Bytes of one audio, video or aggregate message. A chunk header can declare 16 MiB less one (RTMP 1.0 section
    /// 5.3.1.2).
    package var mediaBytes = 16 * 1024 * 1024

    /// Messages in one aggregate: more than the seconds of media that servers of old put into one. Each can be fifteen
    /// bytes long.
    package var aggregateMessages = 4096

    /// Bytes of one data message (metadata, cue points).
    package var dataBytes = 1024 * 1024

    /// Bytes of one command, control or unknown message.
    package var commandBytes = 64 * 1024

    /// Chunk streams with a header to remember. Encoders use three to six of the 65,597 there can be.
    package var chunkStreams = 64

    /// Bytes of all messages that have begun and not ended, on all chunk streams together, of who publishes. All others
    /// have twice ``commandBytes``.
    package var unfinishedBytes = 24 * 1024 * 1024

    /// Bytes kept while the session waits for an answer to `connect`, `publish` or `play`: encoders do not wait.
    package var undecidedBytes = 4 * 1024 * 1024

    /// Bytes of an application, stream or URL, queries included.
    package var nameBytes = 1024

    package var amf = AMFLimits()

    package init() {}

    func unfinishedBytes(_ intake: RTMPChunkDecoder.Intake) -> Int {
        switch intake {
        case .commands: 2 * self.commandBytes
        case .everything: self.unfinishedBytes
        }
    }
}
