import Media

/// Which tracks are in force at a place on a packet tape.
///
/// A join brings the whole set, because the tape writes every configuration again in front of it; a configuration
/// between joins adds or replaces one track.
struct ActiveTracks {
    typealias Track = (id: TrackID, configuration: CodecConfiguration)

    private(set) var tracks: [Track] = []
    private var joining: [TrackID: CodecConfiguration]?
    private var hasChanged = false

    /// The track whose keyframes are the join points: the first video track, or the first of all.
    var primary: TrackID? { self.tracks.first?.id }

    subscript(track: TrackID) -> CodecConfiguration? {
        self.tracks.first { $0.id == track }?.configuration
    }

    mutating func note(_ configuration: CodecConfiguration, for track: TrackID, isRepeat: Bool) {
        guard !isRepeat else {
            self.joining = self.joining ?? [:]
            self.joining?[track] = configuration
            return
        }
        guard self[track] != configuration else { return }
        var all = self.byID
        all[track] = configuration
        self.replace(with: all)
    }

    /// Called at a packet.
    ///
    /// - Returns: whether the set differs from the one at the packet before.
    mutating func settle() -> Bool {
        if let joining = self.joining {
            self.joining = nil
            if joining != self.byID { self.replace(with: joining) }
        }
        defer { self.hasChanged = false }
        return self.hasChanged
    }

    /// The tracks by their numbers.
    var byID: [TrackID: CodecConfiguration] {
        Dictionary(uniqueKeysWithValues: self.tracks.map { ($0.id, $0.configuration) })
    }

    private mutating func replace(with tracks: [TrackID: CodecConfiguration]) {
        self.tracks = tracks.sorted { $0.key < $1.key }.map { (id: $0.key, configuration: $0.value) }
        self.hasChanged = true
    }
}
