/// What the host knows of one venue, from what its screen reports.
package struct VenueStatus: Hashable, Sendable, Codable {
    package var name: VenueName
    package var state: VenueState

    /// When it came to be in this state.
    package var since: Instant

    /// What is so, or what is wrong.
    package var reason: VenueReason

    /// For a person: "kyoto has not reported for 8 s."
    package var sentence: String
    package var japanese: String

    /// When its screen last reported; nil before it first has.
    package var reportedAt: Instant?

    /// How far its picture is behind the main venue's; nil while it shows none.
    package var latency: Duration?

    /// Media that lies ready there; nil while it shows none.
    package var buffer: Duration?

    /// Bits a second that arrive there; nil while nobody measured.
    package var arriving: Double?

    /// The largest picture that is shown there, `1920x1080`.
    package var resolution: String?

    /// Times that the picture stood still for want of media, and pictures that were not shown, ever.
    package var stalls: UInt64
    package var droppedFrames: UInt64

    /// Reports that were taken, ever.
    package var reports: UInt64

    package init(
        name: VenueName,
        state: VenueState,
        since: Instant,
        reason: VenueReason,
        sentence: String,
        japanese: String,
        reportedAt: Instant? = nil,
        latency: Duration? = nil,
        buffer: Duration? = nil,
        arriving: Double? = nil,
        resolution: String? = nil,
        stalls: UInt64 = 0,
        droppedFrames: UInt64 = 0,
        reports: UInt64 = 0
    ) {
        self.name = name
        self.state = state
        self.since = since
        self.reason = reason
        self.sentence = sentence
        self.japanese = japanese
        self.reportedAt = reportedAt
        self.latency = latency
        self.buffer = buffer
        self.arriving = arriving
        self.resolution = resolution
        self.stalls = stalls
        self.droppedFrames = droppedFrames
        self.reports = reports
    }
}

/// The raw values are labels of metrics: they never change.
package enum VenueState: String, Hashable, Sendable, Codable, CaseIterable {
    /// No screen has reported yet.
    case unseen
    case green
    /// Somebody should look.
    case amber
    /// The people there do not see what they should.
    case red

    /// How bad it is.
    package var rank: Int {
        switch self {
        case .unseen: 0
        case .green: 1
        case .amber: 2
        case .red: 3
        }
    }
}

/// Why a venue is as it is. The raw values are codes of the API: they never change.
package enum VenueReason: String, Hashable, Sendable, Codable, CaseIterable {
    /// Nobody has opened its link yet.
    case unseen
    /// Its screen was closed.
    case closed
    case silent
    /// Its line does not carry the stream.
    case slow
    /// The picture stood still there, again and again or now and then.
    case stalling
    /// Its browser does not play the stream.
    case unplayable
    /// The relay has no room for it.
    case refused
    case pictureless
    case connecting
    /// Nobody has pressed the button there that a browser wants before it plays sound.
    case unpressed
    /// It shows the test card.
    case ready
    /// What it waits for, which no room can mend.
    case relayMissed = "relay_missed"
    case pictureMissed = "picture_missed"
    case soundMissed = "sound_missed"
    case sourceMissed = "source_missed"
    case late
    /// Its computer leaves pictures out.
    case dropping
    /// Another window is in front.
    case covered
    case playing
}
