package import Media
import Wire

/// Which of a stream's tracks a wire format carries, and why it leaves out the others: the one place where that is decided.
package struct Carriage: Hashable, Sendable {
    package private(set) var tracks: [TrackID: CodecConfiguration] = [:]
    package private(set) var omissions: [MediaOmission] = []

    /// Sounds that HLS offers beside the one in its main segments.
    package static let renditionLimit = 4
    /// Sounds in an MPEG transport stream.
    private static let soundLimit = 16

    package init() {}

    package init(of tracks: [TrackID: CodecConfiguration], in format: WireFormat) {
        for (track, configuration) in tracks.sorted(by: { $0.key < $1.key }) {
            if let omission = format.omission(of: track, configuration) {
                self.omissions.append(omission)
            } else {
                self.tracks[track] = configuration
            }
        }
        switch format {
        case .rtmp:
            self.leaveOutWhatOldPlayersDoNotKnow()
            self.keepFirst(1, of: .video, in: "RTMP without multitrack")
            self.keepFirst(1, of: .audio, in: "RTMP without multitrack")
        case .rtmpEnhanced:
            self.keepFirst(1, of: .video, in: "RTMP without multitrack")
            self.keepFirst(1, of: .audio, in: "RTMP without multitrack")
        case .flv:
            self.keepFirst(1, of: .video, in: "FLV")
            self.keepFirst(1, of: .audio, in: "FLV")
        case .ts:
            self.keepFirst(1, of: .video, in: "MPEG-TS")
            self.keepFirst(Self.soundLimit, of: .audio, in: "MPEG-TS")
        case .mp4:
            self.keepFirst(1, of: .video, in: "MP4 and HLS")
            self.keepSounds()
        case .mp4Sound(let index):
            self.tracks = self.tracks.filter { $0.key == TrackID(.audio, index) }
            self.omissions = []
        case .rtmpMultitrack, .rtp, .rtpTracks:
            break
        }
    }

    /// Leaves out what the library does not take although nothing was seen to speak against it.
    ///
    /// - Parameters:
    ///   - format: what people call the format.
    ///   - attempt: tries one track alone.
    mutating func leaveOut(in format: String, unless attempt: (TrackID, CodecConfiguration) throws -> Void) {
        for (track, configuration) in self.sorted {
            do {
                try attempt(track, configuration)
            } catch {
                self.tracks[track] = nil
                self.omissions.append(
                    MediaOmission(
                        notIn: format,
                        track,
                        configuration,
                        reason: .unsupportedForm,
                        because: "\(error)",
                        instead: "change how the encoder codes it"
                    )
                )
            }
        }
    }

    /// Video first.
    package var sorted: [(id: TrackID, configuration: CodecConfiguration)] {
        self.tracks.sorted { $0.key < $1.key }.map { (id: $0.key, configuration: $0.value) }
    }

    /// The sounds of fragmented MP4 that have segments of their own, beside the one that is in the main ones.
    static func renditions(
        of tracks: [TrackID: CodecConfiguration]
    ) -> [(id: TrackID, configuration: CodecConfiguration)] {
        let sounds = tracks.sorted { $0.key < $1.key }.filter { track, configuration in
            track.kind == .audio && WireFormat.mp4.omission(of: track, configuration) == nil
        }
        return sounds.dropFirst().prefix(Self.renditionLimit).map { (id: $0.key, configuration: $0.value) }
    }

    /// A player of several pictures in one file takes any of them, and one that does not expect several none.
    private mutating func keepFirst(_ count: Int, of kind: TrackKind, in format: String) {
        let all = self.sorted.filter { $0.id.kind == kind }
        for (track, configuration) in all.dropFirst(count) {
            self.tracks[track] = nil
            self.omissions.append(
                MediaOmission(
                    notIn: format,
                    track,
                    configuration,
                    because: "its players are sent \(count == 1 ? "one" : "\(count)")",
                    instead: kind == .video ? "play it by RTSP" : "play it by .m3u8, SRT or RTSP"
                )
            )
        }
    }

    /// Browsers play one sound of a file; the others are renditions of a playlist.
    private mutating func keepSounds() {
        let all = self.sorted.filter { $0.id.kind == .audio }
        for (track, _) in all.dropFirst() { self.tracks[track] = nil }
        for (track, configuration) in all.dropFirst(1 + Self.renditionLimit) {
            self.omissions.append(
                MediaOmission(
                    notIn: "HLS",
                    track,
                    configuration,
                    because: "a playlist offers \(1 + Self.renditionLimit)",
                    instead: "play it by SRT or RTSP"
                )
            )
        }
    }

    /// Of who has not said that it knows Enhanced RTMP most know it and some do not. Those show nothing at all of a stream in
    /// which only the sound is of that kind (ffmpeg 5.1, mpv, GStreamer); where the picture is, there is nothing to save.
    private mutating func leaveOutWhatOldPlayersDoNotKnow() {
        guard let video = self.sorted.first, video.id.kind == .video, MediaTagEncoder.isLegacy(video.configuration)
        else { return }
        for (track, configuration) in self.sorted
        where track.kind == .audio && !MediaTagEncoder.isLegacy(configuration) {
            self.tracks[track] = nil
            self.omissions.append(
                MediaOmission(
                    notIn: "RTMP",
                    track,
                    configuration,
                    because: "a player that has not said it knows Enhanced RTMP may show nothing at all then",
                    instead: "send AAC, or play it by .flv, .m3u8, SRT or RTSP"
                )
            )
        }
    }
}
