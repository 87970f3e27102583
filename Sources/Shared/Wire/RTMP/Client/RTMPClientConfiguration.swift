/// Where a client session goes and what for.
package struct RTMPClientConfiguration: Hashable, Sendable {
    package enum Role: Hashable, Sendable {
        case publish, play
    }

    package var role: Role

    /// The application, with its query where it has one.
    package var app: String

    package var tcUrl: String

    /// The stream's name, with its query where it has one.
    package var stream: String

    package var limits = RTMPLimits()

    /// Bytes of a message between two chunk headers, in what this side sends.
    package var chunkSize = 60_000

    /// Bytes after which this side acknowledges unless the server asks otherwise.
    package var window: UInt32 = 2_500_000

    /// Whether it tells the server that it connects again when it is asked to (Enhanced RTMP v2).
    package var obeysReconnectRequests = false

    package init(role: Role, app: String, tcUrl: String, stream: String) {
        self.role = role
        self.app = app
        self.tcUrl = tcUrl
        self.stream = stream
    }

    /// Reads `rtmp://host[:port]/app/stream[?query]`: the stream's name is what follows the path's first component.
    package init?(role: Role, url: String) {
        let scheme = "rtmp://"
        guard url.hasPrefix(scheme) else { return nil }
        let parts = url.dropFirst(scheme.count).split(separator: "/", maxSplits: 2, omittingEmptySubsequences: false)
        guard parts.count == 3, !parts[0].isEmpty, !parts[1].isEmpty else { return nil }
        self.init(
            role: role,
            app: String(parts[1]),
            tcUrl: "\(scheme)\(parts[0])/\(parts[1])",
            stream: String(parts[2])
        )
    }
}

extension RTMPClientConfiguration: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// The address without the keys in it.
    package var description: String {
        let (app, _) = RTMPStreamAddress.split(self.app)
        let (stream, query) = RTMPStreamAddress.split(self.stream)
        return "\(self.role) \(app)/\(stream)\(query.isEmpty ? "" : "?\(query)")"
    }

    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
