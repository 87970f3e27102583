import Contract
import Health

/// The last ten minutes of a relay, a point every 2 s: bits a second of each stream, seconds of latency of each venue.
package struct HistoryView: Codable, Hashable, Sendable {
    package var relay: String
    package var streams: [Line]
    package var venues: [Line]

    package struct Line: Codable, Hashable, Sendable {
        package var name: String
        package var points: [Point]
    }

    package struct Point: Codable, Hashable, Sendable {
        /// Seconds ago.
        package var age: Double
        package var value: Double
    }

    static func age(_ then: Instant, _ now: Instant) -> Double { AnswerForm.seconds(now - then) }
}

/// What people are sent to publish and to watch with; keys and tokens stand in it.
/// A publish key that was made just now. It is shown here, and with the other links of the relay.
package struct NewKeyView: Codable, Hashable, Sendable {
    package var relay: String
    package var sentence: String
    package var publishKey: String

    /// Absent where nobody can publish by RTMP.
    package var encoder: LinksView.Encoder?

    package init(relay: String, sentence: String, publishKey: String, encoder: LinksView.Encoder?) {
        self.relay = relay
        self.sentence = sentence
        self.publishKey = publishKey
        self.encoder = encoder
    }
}

package struct LinksView: Codable, Hashable, Sendable {
    package var relay: String

    /// Absent where nobody can publish by RTMP.
    package var encoder: Encoder?
    package var venues: [Venue]

    package struct Encoder: Codable, Hashable, Sendable {
        package var server: String
        package var streamKeys: [String]

        package init(server: String, streamKeys: [String]) {
            self.server = server
            self.streamKeys = streamKeys
        }
    }

    package struct Venue: Codable, Hashable, Sendable {
        package var venue: String
        package var url: String

        package init(venue: String, url: String) {
            self.venue = venue
            self.url = url
        }
    }

    package init(relay: String, encoder: Encoder?, venues: [Venue]) {
        self.relay = relay
        self.encoder = encoder
        self.venues = venues
    }
}
