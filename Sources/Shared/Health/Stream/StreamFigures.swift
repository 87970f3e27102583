package import Contract

/// What is measured of a stream, as every answer that tells of it writes it.
package struct StreamFigures: Hashable, Sendable {
    /// Of all tracks together, bits a second.
    package let bitrate: Double
    /// Pictures a second of the track that players show; nil without pictures.
    package let fps: Double?
    /// Seconds from one keyframe to the next, once there were two.
    package let keyframeInterval: Double?
    /// `WIDTHxHEIGHT`, once it is known.
    package let resolution: String?
    /// RFC 6381 names where they are known, else the codings' own.
    package let codecs: [String]
    package let viewers: Int

    package init(_ stream: StreamSnapshot) {
        let video = stream.defaultTrack(.video)
        self.bitrate = AnswerForm.number(stream.tracks.reduce(0) { $0 + $1.bitrate })
        self.fps = video.map { AnswerForm.number($0.frameRate) }
        self.keyframeInterval = video?.keyframeInterval.map { AnswerForm.seconds($0) }
        self.resolution = video.flatMap { $0.width > 0 ? "\($0.width)x\($0.height)" : nil }
        self.codecs = stream.tracks.map { $0.codecString ?? $0.codec }
        self.viewers = stream.viewers
    }
}
