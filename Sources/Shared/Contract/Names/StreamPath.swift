/// Where a stream is found in every protocol: `relay/stream`.
package struct StreamPath: Hashable, Sendable, Comparable, CustomStringConvertible, Codable {
    package let relay: RelayName
    package let stream: StreamName

    package init(relay: RelayName, stream: StreamName) {
        self.relay = relay
        self.stream = stream
    }

    /// Reads `live/main`; slashes before and after are forgiven, for encoders add them.
    /// It comes already percent-decoded and without a query.
    package init(_ text: some StringProtocol) throws(NameError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: true)
        guard let relay = parts.first else { throw .empty(.relay) }
        guard parts.count > 1 else { throw .pathHasNoStream }
        guard parts.count == 2 else { throw .forbidden(.stream, character: "/") }
        try self.init(relay: RelayName(relay), stream: StreamName(parts[1]))
    }

    package var description: String { "\(self.relay)/\(self.stream)" }

    package static func < (left: StreamPath, right: StreamPath) -> Bool {
        (left.relay, left.stream) < (right.relay, right.stream)
    }
}
