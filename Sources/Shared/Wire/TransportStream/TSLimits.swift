/// What one transport stream may cost. Memory follows the bytes that came, never the lengths they declare.
package struct TSLimits: Hashable, Sendable {
    /// Bytes of one packetised unit of video that are put together; which of them a stream takes is its relay's
    /// `limits.frame`.
    package var videoUnitBytes = 16 << 20

    /// Bytes of one packetised unit of audio: most hold a few frames, some a second.
    package var audioUnitBytes = 512 << 10

    /// Bytes of the units of all tracks together that have begun and not ended. Multiplexers send one unit of a track
    /// after the other, so one large picture and the sound beside it are what is open.
    package var openBytes = 24 << 20

    /// Programmes of the association table that are looked at.
    package var programs = 32

    /// Tracks of the programme that is taken.
    package var tracks = 16

    /// No counter comes to so much: a packet every nanosecond for more than a hundred days.
    static let counted: UInt64 = 1 << 53

    package init() {}
}
