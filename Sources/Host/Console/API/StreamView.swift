/// A stream with everything that is known of it; `/health/{relay}/{stream}` gives the part that is for everybody.
package struct StreamView: Codable, Hashable, Sendable {
    package var relay: String
    package var stream: String
    package var state: String
    package var since: String
    package var sentence: String

    /// The same; absent, as ``findings`` is, in answers of hosts that do not say it.
    package var japanese: String?
    package var faults: [String]

    /// What is said of each of the faults.
    package var findings: [Finding]?

    /// What of the source is left out; absent in answers of hosts that do not know of it.
    package var omissions: [Omission]?

    /// Bits a second.
    package var bitrate: Double
    package var fps: Double?

    /// Seconds.
    package var keyframeInterval: Double?
    package var resolution: String?
    package var codecs: [String]
    package var viewers: Int

    /// Of each channel of the sound that is looked into; absent where none is.
    package var levels: [Level]?
    package var source: Source?
    package var lastLoss: Loss?
    package var lastRefusal: Refusal?
    package var slate: Bool
    package var counters: Counters
    package var outputs: [String: Output]

    package struct Finding: Codable, Hashable, Sendable {
        package var fault: String
        package var since: String
        package var sentence: String
        package var japanese: String
    }

    /// Decibels of full scale.
    package struct Level: Codable, Hashable, Sendable {
        package var peak: Double
        package var rms: Double
    }

    package struct Source: Codable, Hashable, Sendable {
        /// Another source has another; dates are by the wall clock, which moves.
        package var id: Int
        package var `protocol`: String
        package var address: String
        package var encoder: String?
        package var since: String
        package var lastHeard: String?
        package var link: Link?
    }

    /// How its packets come, where some can be lost on the way.
    package struct Link: Codable, Hashable, Sendable {
        package var foreign: UInt64
        package var malformed: UInt64

        /// Seconds.
        package var roundTrip: Double?
        package var retransmitted: UInt64?
        package var tracks: [Track]

        package struct Track: Codable, Hashable, Sendable {
            package var kind: String
            package var index: Int
            package var packets: UInt64
            package var lost: UInt64
            package var reordered: UInt64
            package var duplicates: UInt64

            /// Seconds.
            package var jitter: Double
            package var held: UInt64
            package var holding: Bool
        }
    }

    package struct Omission: Codable, Hashable, Sendable {
        /// The wire format that has no place for it; absent where no viewer gets it.
        package var format: String?
        package var part: String
        package var codec: String
        package var reason: String
        package var sentence: String
        package var japanese: String?
        package var since: String
        package var last: String
        package var count: UInt64
    }

    package struct Loss: Codable, Hashable, Sendable {
        package var at: String
        package var cause: String
        package var address: String
    }

    package struct Refusal: Codable, Hashable, Sendable {
        /// As that of a source.
        package var id: Int
        package var at: String
        package var reason: String
        package var address: String
    }

    package struct Counters: Codable, Hashable, Sendable {
        package var bytesIn: UInt64
        package var packetsIn: UInt64
        package var packetsDropped: UInt64
        package var discontinuities: UInt64
        package var reconnects: UInt64
        package var takeovers: UInt64
        package var timestampRegressions: UInt64
        package var linkPackets: UInt64
        package var linkLost: UInt64
        package var linkHeld: UInt64
    }

    package struct Output: Codable, Hashable, Sendable {
        package var viewers: Int
        package var muxing: Bool
        package var joins: UInt64
        package var bytes: UInt64
        package var skips: UInt64
        package var stalls: UInt64
    }
}

package struct StreamList: Codable, Hashable, Sendable {
    package var streams: [StreamView]
}

package struct ViewerView: Codable, Hashable, Sendable {
    package var number: UInt64
    package var stream: String
    package var `protocol`: String
    package var address: String
    package var venue: String?
    package var since: String
    package var bytes: UInt64
    package var skips: UInt64
}

package struct ViewerList: Codable, Hashable, Sendable {
    package var viewers: [ViewerView]
}

/// What has come of reading the configuration again; relays that stayed as they are stand nowhere.
package struct ReloadView: Codable, Hashable, Sendable {
    package var added: [String]
    package var changed: [String]
    package var removed: [String]
    package var deferred: [String]

    /// What the reading before this one changed; absent before the first.
    package var previous: Change?

    package struct Change: Codable, Hashable, Sendable {
        package var at: String

        /// Seconds ago.
        package var age: Double
        package var added: [String]
        package var changed: [String]
        package var removed: [String]
    }
}

/// An order that was accepted.
package struct AcceptedView: Codable, Hashable, Sendable {
    package var sentence: String
}
