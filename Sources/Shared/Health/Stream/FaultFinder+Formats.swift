import Contract

/// What is wrong with single forms of the stream, while others are well.
extension FaultFinder {
    /// For how long everybody must have been refused, or must have got nothing.
    private static let absence = Duration.seconds(5)
    /// How long the last refusal is told: players that try again do so within this.
    private static let absenceMemory = Duration.seconds(5)

    func findUnavailableFormats(_ found: inout [StreamFault: FaultFinding]) {
        let absent = self.snapshot.formats.filter { format in
            guard let absence = format.absence else { return false }
            return absence.last - absence.first >= Self.absence && self.now - absence.last < Self.absenceMemory
        }
        guard let first = absent.first, let absence = first.absence else { return }
        let codecs = self.snapshot.tracks.map { $0.codec.uppercased() }.joined(separator: ", ")
        // Viewers of the other forms have the stream, and whoever asks for one that cannot be is no fault of it.
        found[.formatUnavailable] = FaultFinding(
            Self.wording(first, of: absent) { $0.unavailable(absence, codecs: codecs) },
            isMinor: true
        )
    }

    /// A playlist is late where it has not grown for longer than one and a half target durations (RFC 8216 section 6.2.1), and
    /// a second for what lies on the way.
    private static let late = 1.5
    private static let slack = Duration.seconds(1)
    /// How long after the last question a playlist is judged: players ask once per target duration, and wait for 18 s where there is
    /// too little yet.
    private static let asked = Duration.seconds(20)
    /// The longest target that is believed.
    private static let longestTarget = Duration.seconds(3600)

    func findStoppedPlaylists(_ found: inout [StreamFault: FaultFinding]) {
        // Where there is no picture, that is what there is to say.
        guard found[.videoStopped] == nil else { return }
        let late = self.snapshot.formats.filter { format in
            guard let playlist = format.playlist else { return false }
            let target = min(max(playlist.target, .zero), Self.longestTarget)
            return playlist.last - playlist.first > target * Self.late + Self.slack
                && self.now - playlist.last < .seconds(2) && self.now - playlist.askedAt < max(Self.asked, target * 2)
        }
        guard let first = late.first, let playlist = first.playlist else { return }
        let time = playlist.last - playlist.first
        let cause = self.cause(of: playlist, isShort: first.shortage != nil)
        found[.playlistStopped] = FaultFinding(Self.wording(first, of: late) { $0.stopped(for: time, cause) })
    }

    private func cause(of playlist: PlaylistSnapshot, isShort: Bool) -> FormatSentences.StopCause {
        if let trouble = playlist.trouble { return .trouble(trouble) }
        if isShort { return .shortTape }
        // A segment ends at a keyframe, and none has come since the newest one did.
        guard let video = self.snapshot.defaultTrack(.video) else { return .unknown }
        let isWithout = video.lastKeyframeAt.map { $0 <= playlist.first + .milliseconds(500) } ?? true
        return isWithout ? .noKeyframe : .unknown
    }

    /// Less than a second is no loss to anybody.
    private static let shortage = Duration.seconds(1)

    func findShortTapes(_ found: inout [StreamFault: FaultFinding]) {
        let short = self.snapshot.formats.filter { format in
            format.shortage.map { $0.wanted - $0.kept >= Self.shortage } ?? false
        }
        guard let first = short.first, let shortage = first.shortage else { return }
        found[.tapeShort] = FaultFinding(Self.wording(first, of: short) { $0.short(shortage) }, isMinor: true)
    }

    private static func wording(
        _ first: FormatSnapshot,
        of all: [FormatSnapshot],
        _ text: (FormatSentences) -> String
    ) -> Wording {
        Wording { text(FormatSentences(noun: first.noun, others: all.count - 1, in: $0)) }
    }
}
