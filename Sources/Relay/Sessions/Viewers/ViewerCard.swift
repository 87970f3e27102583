package import Admission
package import Contract
import Fanout
import Foundation
package import Streams

/// Who a viewer is, written down for the process that goes on with it when this one dies.
package struct ViewerCard: Hashable, Sendable, Codable {
    /// Of the keeper of the tape that it is sent.
    package let tape: UInt64
    package let stream: StreamName
    private let formatName: String
    private let formatVariant: UInt32
    package let kind: ViewerProtocol
    /// Its own latency budget, ms; nil takes the relay's.
    private let tick: Int64?
    /// `host:port`.
    package let peer: String
    private let venue: VenueName?
    private let token: String?
    package let since: Instant
    /// What another process has to know to understand what the viewer says.
    package private(set) var dialogue: String?

    private enum CodingKeys: String, CodingKey {
        case tape = "t", stream = "s", formatName = "f", formatVariant = "v", kind = "k", tick = "b", peer = "p"
        case venue = "w", token = "x", since = "i"
        case dialogue = "d"
    }

    init?(_ viewer: NegotiatedViewer, since: Instant) {
        guard let tape = viewer.lease.kept else { return nil }
        self.tape = tape
        self.stream = viewer.session.stream
        self.formatName = viewer.lease.format.name
        self.formatVariant = viewer.lease.format.variant
        self.kind = viewer.session.kind
        self.tick = viewer.tick.map { $0.components.seconds * 1000 + $0.components.attoseconds / 1_000_000_000_000_000 }
        self.peer = "\(viewer.peer)"
        self.venue = viewer.session.identity.venue
        self.token = viewer.session.identity.token?.revealed
        self.since = since
        self.dialogue = viewer.dialogue?.standing
    }

    /// Nil where the bytes are no card.
    package init?(reading bytes: [UInt8]) {
        guard let card = try? JSONDecoder().decode(Self.self, from: Data(bytes)) else { return nil }
        self = card
    }

    /// Without what would make it too long to be kept: then nobody hears the viewer, which goes on all the same.
    var bytes: [UInt8]? {
        guard let whole = (try? JSONEncoder().encode(self)).map(Array.init) else { return nil }
        guard whole.count > Viewer.longestCard, self.dialogue != nil else { return whole }
        var card = self
        card.dialogue = nil
        return (try? JSONEncoder().encode(card)).map(Array.init)
    }

    package var format: WireFormat? { WireFormat(named: self.formatName, variant: self.formatVariant) }

    package var latency: Duration? {
        self.tick.flatMap { (0...60_000).contains($0) ? .milliseconds($0) : nil }
    }

    package var identity: ViewerIdentity { ViewerIdentity(venue: self.venue, token: self.token) }
}
