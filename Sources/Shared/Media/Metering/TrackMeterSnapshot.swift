/// What a ``TrackMeter`` knows at one moment. All times µs.
package struct TrackMeterSnapshot: Hashable, Sendable {
    /// Since the beginning.
    package var packets: UInt64
    package var bytes: UInt64

    /// Over the window, by arrival; falls to zero when nothing comes.
    package var bitsPerSecond = 0.0

    /// Over the window, by decoding times: the frame rate of video.
    package var packetsPerSecond = 0.0

    /// Between the last two keyframes without a break between them.
    package var keyframeInterval: Int64?

    /// The longest distance between two keyframes of which the second came within the window.
    package var longestKeyframeGap: Int64 = 0

    /// How much of the track has come since its last keyframe.
    package var sinceKeyframe: Int64?

    /// Monotonic time of the last packet; nil before the first.
    package var lastArrival: Int64?
}
