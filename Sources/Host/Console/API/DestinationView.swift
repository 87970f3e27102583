/// A place that the configuration has a stream sent to.
package struct DestinationView: Codable, Hashable, Sendable {
    package var stream: String
    package var destination: String

    /// Without what is a key in it.
    package var address: String
    package var state: String
    package var since: String
    package var sentence: String

    /// The same; absent in answers of hosts that do not say it.
    package var japanese: String?

    /// Why it fails; absent while it does not.
    package var reason: String?
    package var failures: UInt64
    package var bytes: UInt64
}
