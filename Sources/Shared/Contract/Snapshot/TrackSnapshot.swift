/// One track as it has been arriving for the last seconds. Zero and nil mean not known.
package struct TrackSnapshot: Hashable, Sendable, Codable {
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable { case video, audio }

    package var kind: Kind

    /// 0 is the default track of its kind.
    package var index: Int

    /// `h264`, `aac`, …
    package var codec: String

    /// As RFC 6381 writes it: `avc1.64001f`.
    package var codecString: String?

    /// Pixels.
    package var width: Int
    package var height: Int

    /// Hz.
    package var sampleRate: Int
    package var channels: Int

    /// Bits a second.
    package var bitrate: Double

    /// Access units a second.
    package var frameRate: Double

    /// Between the last two keyframes.
    package var keyframeInterval: Duration?

    package var lastPacketAt: Instant?

    /// When the newest keyframe arrived; nil before the first, and for audio.
    package var lastKeyframeAt: Instant?

    /// Since the track was first seen.
    package var packets: UInt64
    package var bytes: UInt64

    package init(
        kind: Kind,
        index: Int = 0,
        codec: String,
        codecString: String? = nil,
        width: Int = 0,
        height: Int = 0,
        sampleRate: Int = 0,
        channels: Int = 0,
        bitrate: Double = 0,
        frameRate: Double = 0,
        keyframeInterval: Duration? = nil,
        lastPacketAt: Instant? = nil,
        lastKeyframeAt: Instant? = nil,
        packets: UInt64 = 0,
        bytes: UInt64 = 0
    ) {
        self.kind = kind
        self.index = index
        self.codec = codec
        self.codecString = codecString
        self.width = width
        self.height = height
        self.sampleRate = sampleRate
        self.channels = channels
        self.bitrate = bitrate
        self.frameRate = frameRate
        self.keyframeInterval = keyframeInterval
        self.lastPacketAt = lastPacketAt
        self.lastKeyframeAt = lastKeyframeAt
        self.packets = packets
        self.bytes = bytes
    }
}
