/// The answer of `/api/v1/status`. Keys never change; new ones may come. Times are RFC 3339, in UTC.
package struct HostView: Codable, Hashable, Sendable {
    package var version: String
    package var pid: Int
    package var now: String
    package var startedAt: String
    package var isolation: String

    /// As `/readyz` answers.
    package var ready: Bool
    package var sentence: String
    package var draining: Bool
    package var listeners: [Listener]
    package var frontDoor: FrontDoor
    package var configuration: ConfigurationView

    /// How it stands with the process itself, apart from its relays; absent in answers of hosts that do not know of it.
    package var process: Process?

    /// Absent while no certificate is shown.
    package var certificate: Certificate?
    package var usage: UsageView?

    /// Absent while nothing is written down.
    package var history: Recording?

    /// Absent while nobody is told of anything.
    package var alerts: AlertsView?
    package var relays: [RelayView]

    package struct Listener: Codable, Hashable, Sendable {
        package var name: String

        /// Absent while the port is not open.
        package var address: String?
    }

    package struct FrontDoor: Codable, Hashable, Sendable {
        package var open: Int
        package var waiting: Int
        package var handedOver: UInt64
        package var refusals: [String: UInt64]
    }

    package struct Process: Codable, Hashable, Sendable {
        package var state: String
        package var since: String
        package var sentence: String
        package var japanese: String

        /// Worst first.
        package var faults: [Fault]

        package struct Fault: Codable, Hashable, Sendable {
            package var fault: String
            package var since: String
            package var sentence: String
            package var japanese: String
        }
    }

    package struct Certificate: Codable, Hashable, Sendable {
        package var expiresAt: String
        package var state: String
        package var sentence: String
    }

    /// How the telling of what is wrong goes.
    package struct AlertsView: Codable, Hashable, Sendable {
        /// What is wrong now and was told.
        package var firing: Int
        package var receivers: [Receiver]

        package struct Receiver: Codable, Hashable, Sendable {
            package var name: String
            package var kind: String
            package var sent: UInt64
            package var failed: UInt64
            package var leftOut: UInt64
            package var waiting: Int

            /// Why the last try came to nothing; absent once one has not.
            package var trouble: String?
        }
    }

    /// How the writing down of what happens goes.
    package struct Recording: Codable, Hashable, Sendable {
        package var written: UInt64
        package var dropped: UInt64
        package var waiting: Int

        /// Bytes on the disk.
        package var size: Int

        /// Why nothing can be written; absent while it can.
        package var trouble: String?
    }

    package struct ConfigurationView: Codable, Hashable, Sendable {
        package var appliedAt: String?
        package var reloads: UInt64
        package var refusedReloads: UInt64

        /// What is wrong with the newest file; absent while it is in force.
        package var problem: String?

        /// What takes effect only when the host starts again.
        package var deferred: [String]
    }
}

package struct UsageView: Codable, Hashable, Sendable {
    package var cpuSeconds: Double

    /// Bytes.
    package var residentMemory: Int
    package var openDescriptors: Int
}

/// A relay, whichever instance serves it.
package struct RelayView: Codable, Hashable, Sendable {
    package var name: String
    package var state: String
    package var since: String

    /// Whether publishers and viewers find an instance.
    package var ready: Bool
    package var sentence: String

    /// How it stands with the relay as a whole; absent in answers of hosts that do not know of it.
    package var health: Health?
    package var instance: Instance?
    package var restarts: UInt64
    package var restartsByCause: [String: UInt64]
    package var lastEnding: Ending?

    /// What only a fresh instance will do.
    package var deferred: [String]
    package var problems: [String]
    package var play: String

    /// Absent where any stream may be published.
    package var declaredStreams: [String]?
    package var connections: Int

    /// Those of them that the host holds, too, so that they outlive the instance.
    package var keptConnections: Int

    /// Those that went on with another instance when one had ended, ever.
    package var handedOnConnections: UInt64
    package var viewers: Int

    /// Of all sources together, bits a second.
    package var bitrate: Double
    package var publishRefusals: [String: UInt64]
    package var playRefusals: [String: UInt64]
    package var usage: UsageView?
    package var streams: [StreamView]

    /// Those of the configuration; absent in answers of hosts that do not know of them.
    package var venues: [VenueView]?

    /// Where the configuration has its streams sent to; absent while the relay tells nothing.
    package var destinations: [DestinationView]?

    package struct Health: Codable, Hashable, Sendable {
        package var state: String
        package var since: String

        /// A code; absent where there is nothing to explain.
        package var reason: String?
        package var sentence: String
        package var japanese: String
    }

    package struct Instance: Codable, Hashable, Sendable {
        package var id: String
        package var pid: Int?
        package var startedAt: String

        /// From being made to being ready.
        package var startSeconds: Double?
    }

    package struct Ending: Codable, Hashable, Sendable {
        package var at: String
        package var cause: String
        package var sentence: String
    }
}

package struct RelayList: Codable, Hashable, Sendable {
    package var relays: [RelayView]
}
