import Contract
package import Fanout
import Foundation

/// Which destination a viewer of datagrams is, written down for the process that goes on with it when this one dies.
struct PushCard: Codable, Sendable {
    let stream: StreamName
    let name: DestinationName
    /// As the configuration had it.
    let to: String
    /// Of the keeper of the tape that is sent.
    let tape: UInt64

    private enum CodingKeys: String, CodingKey { case stream = "s", name = "n", to = "a", tape = "t" }

    var bytes: [UInt8]? { (try? JSONEncoder().encode(self)).map(Array.init) }
}

/// Where sending to a destination stopped when its process died.
package struct PushStanding: Sendable {
    let card: PushCard
    let viewer: StoredViewers.DatagramStanding

    /// Nil where the viewer is none.
    package init?(_ viewer: StoredViewers.DatagramStanding) {
        guard let card = try? JSONDecoder().decode(PushCard.self, from: Data(viewer.card)) else { return nil }
        self.card = card
        self.viewer = viewer
    }

    /// Where it goes on, if that tape is the one that it was sent.
    func continuation(on tape: UInt64?) -> DatagramContinuation {
        DatagramContinuation(place: tape == self.card.tape ? self.viewer.place : nil, sequence: self.viewer.sequence)
    }
}
