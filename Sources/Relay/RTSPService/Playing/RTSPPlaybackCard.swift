import Admission
import Contract
import Foundation
import Linux
import Streams
import Wire

/// A session of a player that is sent datagrams, written down for the process that goes on with it when this one dies.
struct RTSPPlaybackCard: Codable, Sendable {
    struct Track: Codable, Sendable {
        let media: Int
        /// Of the keeper of its sockets.
        let rtp: UInt64
        let rtcp: UInt64
        /// From which it is sent.
        let port: UInt16

        private enum CodingKeys: String, CodingKey { case media = "m", rtp = "r", rtcp = "c", port = "p" }
    }

    /// The session's.
    let name: String
    let stream: StreamName
    /// Of the keeper of the tape that is sent.
    private(set) var tape: UInt64
    /// `host:port` of its player.
    let peer: String
    private let venue: VenueName?
    private let token: String?
    let since: Instant
    let tracks: [Track]

    private enum CodingKeys: String, CodingKey {
        case name = "u", stream = "s", tape = "t", peer = "p", venue = "w", token = "x", since = "i", tracks = "l"
    }

    init(
        _ name: String,
        _ viewer: AdmittedViewer,
        tape: UInt64,
        peer: InternetAddress,
        since: Instant,
        tracks: [Track]
    ) {
        self.name = name
        self.stream = viewer.session.stream
        self.tape = tape
        self.peer = "\(peer)"
        self.venue = viewer.session.identity.venue
        self.token = viewer.session.identity.token?.revealed
        self.since = since
        self.tracks = tracks
    }

    /// Nil where the bytes are no card, or one that no session can have had.
    init?(reading bytes: [UInt8]) {
        guard let card = try? JSONDecoder().decode(Self.self, from: Data(bytes)), card.isPlausible else { return nil }
        self = card
    }

    var isPlausible: Bool {
        !self.tracks.isEmpty && self.tracks.allSatisfy { (0..<Self.mostTracks).contains($0.media) }
            && Set(self.tracks.map(\.media)).count == self.tracks.count
    }

    private static let mostTracks = RTSPLimits().tracks

    var bytes: [UInt8]? { (try? JSONEncoder().encode(self)).map(Array.init) }

    var identity: ViewerIdentity { ViewerIdentity(venue: self.venue, token: self.token) }

    /// The same on the tape of that number; nil where nothing is written down of it.
    func with(tape: UInt64?) -> RTSPPlaybackCard? {
        guard let tape else { return nil }
        var card = self
        card.tape = tape
        return card
    }

    /// Of all its tracks.
    var sockets: [UInt64] { self.tracks.flatMap { [$0.rtp, $0.rtcp] } }
}

/// The connection of such a session, written down beside it.
struct RTSPConnectionCard: Codable, Sendable {
    let playback: RTSPPlaybackCard
    let session: RTSPServerSession.Playing

    private enum CodingKeys: String, CodingKey { case playback = "u", session = "d" }

    init(_ playback: RTSPPlaybackCard, _ session: RTSPServerSession.Playing) {
        self.playback = playback
        self.session = session
    }

    /// Nil where the bytes are no card.
    init?(reading bytes: [UInt8]) {
        guard let card = try? JSONDecoder().decode(Self.self, from: Data(bytes)), card.playback.isPlausible else {
            return nil
        }
        self = card
    }

    var bytes: [UInt8]? { (try? JSONEncoder().encode(self)).map(Array.init) }
}
