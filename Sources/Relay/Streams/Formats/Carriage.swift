package import Media

/// Which of a stream's tracks a wire format carries, and why it leaves out the others.
package struct Carriage: Hashable, Sendable {
    package private(set) var tracks: [TrackID: CodecConfiguration] = [:]
    package private(set) var omissions: [MediaOmission] = []

    /// Sounds that HLS offers beside the one in its main segments.
    package static let renditionLimit = 4

    package init() {}

    package init(of tracks: [TrackID: CodecConfiguration], in format: WireFormat) {
        for (track, configuration) in tracks.sorted(by: { $0.key < $1.key }) {
            if let omission = format.omission(of: track, configuration) {
                self.omissions.append(omission)
            } else {
                self.tracks[track] = configuration
            }
        }
        format.definition.select(from: &self)
    }

    /// Leaves a track out; where a reason is told, it stands among the omissions.
    mutating func leaveOut(_ track: TrackID, because omission: MediaOmission?) {
        self.tracks[track] = nil
        if let omission { self.omissions.append(omission) }
    }

    /// Carries one track, and tells nothing of the others.
    mutating func keepOnly(_ track: TrackID) {
        self.tracks = self.tracks.filter { $0.key == track }
        self.omissions = []
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

    /// A player of several pictures in one file takes any of them, and one that does not expect several none.
    mutating func keepFirst(_ count: Int, of kind: TrackKind, in format: String) {
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
}
