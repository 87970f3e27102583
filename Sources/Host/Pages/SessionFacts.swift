package import Contract
import FoundationEssentials

/// What the session page is told of a relay: what anybody may know who asks its health.
package struct SessionFacts: Sendable, Hashable, Encodable {
    package let relay: RelayName

    /// Streams that are declared or were published.
    package let streams: [StreamName]

    /// Whether viewers need the token of a venue.
    package let venues: Bool

    /// Where the host listens, by protocol.
    package let ports: [String: UInt16]

    package init(relay: RelayName, streams: [StreamName], venues: Bool, ports: [String: UInt16]) {
        self.relay = relay
        self.streams = streams
        self.venues = venues
        self.ports = ports
    }
}

extension Encodable {
    /// As a page holds it for its script. Names have no character that ends a script's element.
    var json: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys]
        return (try? encoder.encode(self)).map { String(decoding: $0, as: UTF8.self) } ?? "null"
    }
}
