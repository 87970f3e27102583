package import NIOCore

/// One access unit as a source sent it, before the timeline gives it a time on the stream's clock.
package struct SourcePacket: Hashable, Sendable {
    package var track: TrackID

    /// Decoding time on the source's clock, µs, as received: it may wrap, jump and go backwards.
    package var timestamp: Int64

    /// Presentation time minus decoding time, µs.
    package var compositionOffset: Int64

    package var isKeyframe: Bool

    /// The coded bytes, as in ``Packet/payload``.
    package var payload: ByteBuffer

    package init(
        track: TrackID,
        timestamp: Int64,
        compositionOffset: Int64 = 0,
        isKeyframe: Bool,
        payload: ByteBuffer
    ) {
        self.track = track
        self.timestamp = timestamp
        self.compositionOffset = compositionOffset
        self.isKeyframe = isKeyframe
        self.payload = payload
    }
}
