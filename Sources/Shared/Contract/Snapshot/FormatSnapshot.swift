/// What keeps viewers of one wire format of a stream from having it, or all of it. What is nil is as it should be, or is asked for
/// by nobody.
package struct FormatSnapshot: Hashable, Sendable, Codable {
    /// `ts`, `mp4`, …
    package var format: String

    /// As viewers call it: `MPEG-TS`.
    package var noun: String

    package var absence: FormatAbsence?
    package var playlist: PlaylistSnapshot?
    package var shortage: TapeShortage?

    /// How many are told of a stream.
    package static let limit = 32

    package init(
        format: String,
        noun: String,
        absence: FormatAbsence? = nil,
        playlist: PlaylistSnapshot? = nil,
        shortage: TapeShortage? = nil
    ) {
        self.format = format
        self.noun = noun
        self.absence = absence
        self.playlist = playlist
        self.shortage = shortage
    }
}

/// Why a format that is asked for cannot be had.
package struct FormatAbsence: Hashable, Sendable, Codable {
    package enum Reason: String, Hashable, Sendable, Codable, CaseIterable {
        /// It has no place for any of the stream's tracks.
        case noTracks = "no_tracks"
        /// The relay has no memory for its tape.
        case noMemory = "no_memory"
        /// It is muxed, and nothing is written.
        case unwritten
    }

    package var reason: Reason

    /// The first and the last time since it could be had that somebody was refused, or that media came of which nothing was written.
    package var first: Instant
    package var last: Instant

    /// What the relay may use, bytes.
    package var memory: Int

    package init(_ reason: Reason, first: Instant, last: Instant, memory: Int) {
        self.reason = reason
        self.first = first
        self.last = last
        self.memory = memory
    }
}

/// How the playlist of a format grows.
package struct PlaylistSnapshot: Hashable, Sendable, Codable {
    /// Why the last of its media could not be written. The raw values stand in reports: they never change.
    package enum Trouble: String, Hashable, Sendable, Codable, CaseIterable {
        case noMemory = "no_memory"
        case tooLarge = "too_large"
        /// The relay does not keep up with the stream.
        case tooSlow = "too_slow"
        case failed
    }

    /// When it, or a segment of it, was last asked for.
    package var askedAt: Instant

    /// `EXT-X-TARGETDURATION`.
    package var target: Duration

    /// The first and the last media that came since its newest segment was finished.
    package var first: Instant
    package var last: Instant

    /// Nil where all of that media was taken.
    package var trouble: Trouble?

    package init(askedAt: Instant, target: Duration, first: Instant, last: Instant, trouble: Trouble? = nil) {
        self.askedAt = askedAt
        self.target = target
        self.first = first
        self.last = last
        self.trouble = trouble
    }
}

/// A tape that holds less than its viewers are promised.
package struct TapeShortage: Hashable, Sendable, Codable {
    package var kept: Duration
    package var wanted: Duration

    /// Whether the relay's memory is full; otherwise the tape is as large as one may be.
    package var isMemoryFull: Bool

    /// The setting that bounds it, bytes: `limits.memory` or `limits.tape`.
    package var limit: Int

    package init(kept: Duration, wanted: Duration, isMemoryFull: Bool, limit: Int) {
        self.kept = kept
        self.wanted = wanted
        self.isMemoryFull = isMemoryFull
        self.limit = limit
    }
}
