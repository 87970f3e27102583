/// What is true of a stream at one moment. Counters count from when the stream was first seen by its process.
package struct StreamSnapshot: Hashable, Sendable, Codable {
    package var path: StreamPath
    package var createdAt: Instant

    /// The publisher on air; nil while there is none.
    package var source: SourceSnapshot?

    /// How the one before went; nil before the first loss. Stays when the next source arrives.
    package var loss: SourceLoss?

    /// The last one that was not let on air; nil where there was none.
    package var refusal: SourceRefusal?

    /// Whether viewers are shown a slate in place of the source.
    package var isShowingSlate: Bool

    /// In force now; those of the last source while there is none.
    package var tracks: [TrackSnapshot]

    package var outputs: [ViewerProtocol: OutputSnapshot]

    /// What keeps viewers from having the wire formats that they ask for.
    package var formats: [FormatSnapshot]

    /// What of the source on air is left out.
    package var omissions: [OmissionSnapshot]
    package var counters: StreamCounters

    /// How long media took from when it was read until the viewers of a format had been given it.
    package var delays = DurationHistogram<DelaySteps>()

    /// What is seen and heard in it; nil where nobody looks.
    package var inspection: InspectionSnapshot?

    package init(
        path: StreamPath,
        createdAt: Instant,
        source: SourceSnapshot? = nil,
        loss: SourceLoss? = nil,
        refusal: SourceRefusal? = nil,
        isShowingSlate: Bool = false,
        tracks: [TrackSnapshot] = [],
        outputs: [ViewerProtocol: OutputSnapshot] = [:],
        formats: [FormatSnapshot] = [],
        omissions: [OmissionSnapshot] = [],
        counters: StreamCounters = StreamCounters(),
        inspection: InspectionSnapshot? = nil
    ) {
        self.path = path
        self.createdAt = createdAt
        self.source = source
        self.loss = loss
        self.refusal = refusal
        self.isShowingSlate = isShowingSlate
        self.tracks = tracks
        self.outputs = outputs
        self.formats = formats
        self.omissions = omissions
        self.counters = counters
        self.inspection = inspection
    }

    /// Of all protocols together, now.
    package var viewers: Int { self.outputs.values.reduce(0) { $0 + $1.viewers } }
}

package struct StreamCounters: Hashable, Sendable, Codable {
    /// Bytes of media received, containers and chunk headers not counted.
    package var bytesIn: UInt64 = 0

    /// Access units received.
    package var packetsIn: UInt64 = 0

    /// Access units thrown away: of unknown codings, before the first configuration, undecodable.
    package var packetsDropped: UInt64 = 0

    /// Marks a player must know of: sources lost and back, timestamps that jumped, codec settings that changed.
    package var discontinuities: UInt64 = 0

    /// Times a source came after one had been lost.
    package var reconnects: UInt64 = 0

    /// Times a source replaced another on air.
    package var takeovers: UInt64 = 0

    /// Access units whose timestamp went backwards at the source, where those behind it did not go on from there.
    package var timestampRegressions: UInt64 = 0

    /// Times one track's timestamps stepped against the others', back or ahead, and went on from there: sound and picture stand to
    /// one another as before no more, which is not what a clock that goes backwards does.
    package var trackSteps: UInt64 = 0

    /// Packets of the network that came, where some can be lost on the way, and that never came.
    package var linkPackets: UInt64 = 0
    package var linkLost: UInt64 = 0

    /// Access units held back after a loss.
    package var linkHeld: UInt64 = 0

    package init() {}
}
