/// How the packets of a source come, or those of a viewer go, where they can be lost on the way. Since the source was let
/// on air or the viewer in.
package struct LinkSnapshot: Hashable, Sendable, Codable {
    /// What is counted apart.
    package var tracks: [LinkTrack]

    /// Packets from others than the one that is listened to.
    package var foreign: UInt64

    /// Packets that could not be read.
    package var malformed: UInt64

    /// There and back; nil where it is not measured.
    package var roundTrip: Duration?

    /// Packets that came because they were asked for again; nil where nobody asks.
    package var retransmitted: UInt64?

    /// What both ends wait for losses to be repaired; nil where nothing is.
    package var latency: Duration?

    package init(
        tracks: [LinkTrack] = [],
        foreign: UInt64 = 0,
        malformed: UInt64 = 0,
        roundTrip: Duration? = nil,
        retransmitted: UInt64? = nil,
        latency: Duration? = nil
    ) {
        self.tracks = tracks
        self.foreign = foreign
        self.malformed = malformed
        self.roundTrip = roundTrip
        self.retransmitted = retransmitted
        self.latency = latency
    }

    package static let tracksLimit = 64

    package var packets: UInt64 { self.tracks.reduce(0) { $0 &+ $1.packets } }
    package var lost: UInt64 { self.tracks.reduce(0) { $0 &+ $1.lost } }
    package var held: UInt64 { self.tracks.reduce(0) { $0 &+ $1.held } }

    /// Whether pictures are being held back now, until one comes that a decoder can start at.
    package var isHolding: Bool { self.tracks.contains(where: \.isHolding) }
}

/// The packets of one track, or of all where they come as one transport stream.
package struct LinkTrack: Hashable, Sendable, Codable {
    /// The raw values are labels of metrics: they never change.
    package enum Kind: String, Hashable, Sendable, Codable, CaseIterable {
        case video, audio
        /// Everything in one.
        case transportStream = "mpegts"
    }

    package var kind: Kind

    /// Among those of its kind.
    package var index: Int

    package var packets: UInt64

    /// Packets that never came, or too late.
    package var lost: UInt64

    /// Packets that came after a later one, in time to be used.
    package var reordered: UInt64
    package var duplicates: UInt64

    /// Mean deviation of the time between packets (RFC 3550 appendix A.8).
    package var jitter: Duration

    /// Access units that were whole but held back after a loss.
    package var held: UInt64
    package var isHolding: Bool

    package init(
        kind: Kind,
        index: Int = 0,
        packets: UInt64 = 0,
        lost: UInt64 = 0,
        reordered: UInt64 = 0,
        duplicates: UInt64 = 0,
        jitter: Duration = .zero,
        held: UInt64 = 0,
        isHolding: Bool = false
    ) {
        self.kind = kind
        self.index = index
        self.packets = packets
        self.lost = lost
        self.reordered = reordered
        self.duplicates = duplicates
        self.jitter = jitter
        self.held = held
        self.isHolding = isHolding
    }
}
