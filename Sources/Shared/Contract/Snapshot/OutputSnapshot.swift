/// How a viewer is served. The raw values are labels of metrics: they never change.
package enum ViewerProtocol: String, Hashable, Sendable, Codable, CaseIterable, CodingKeyRepresentable {
    case rtmp
    /// FLV over HTTP.
    case flv
    /// MPEG-TS over HTTP.
    case ts
    /// Fragmented MP4 over HTTP.
    case mp4
    /// HLS with fragmented MP4 segments; a viewer is somebody who asked lately.
    case hls
    /// HLS with MPEG-TS segments.
    case hlsTS = "hls_ts"
    case rtsp, rtp, srt
    /// MPEG-TS over UDP.
    case udp
}

/// What one wire format of a stream has done.
package struct OutputSnapshot: Hashable, Sendable, Codable {
    /// Viewers that are connected now.
    package var viewers: Int

    /// Whether its muxer is running.
    package var isMuxing: Bool

    /// Viewers that ever joined.
    package var joins: UInt64

    /// Bytes sent.
    package var bytes: UInt64

    /// Times a viewer was too slow and was moved forward to a keyframe.
    package var skips: UInt64

    /// Viewers dropped because they took nothing for too long.
    package var stalls: UInt64

    /// How long viewers took from being let in to their first picture, of those that came when the stream had been published.
    package var firstPictures = DurationHistogram<FirstPictureSteps>()

    package init(
        viewers: Int = 0,
        isMuxing: Bool = false,
        joins: UInt64 = 0,
        bytes: UInt64 = 0,
        skips: UInt64 = 0,
        stalls: UInt64 = 0
    ) {
        self.viewers = viewers
        self.isMuxing = isMuxing
        self.joins = joins
        self.bytes = bytes
        self.skips = skips
        self.stalls = stalls
    }
}
