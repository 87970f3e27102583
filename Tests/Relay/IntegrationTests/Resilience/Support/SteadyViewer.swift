import Toolkit

/// A viewer of a stream that is sent at its own pace, who notes how long nothing came.
final class SteadyViewer: Sendable {
    private struct State {
        var last: ContinuousClock.Instant?
        var longest = Duration.zero
    }

    private let seen = Observed(State())
    private let socket: Socket

    init(_ relay: RelayProcess, _ stream: String) throws {
        self.socket = try Socket(to: relay.addresses["http"] ?? "")
        try self.socket.send("GET /live/\(stream).flv HTTP/1.1\r\nHost: relay\r\n\r\n")
        self.socket.follow { [seen] _ in
            let now = ContinuousClock.now
            seen.change { state in
                if let last = state.last { state.longest = max(state.longest, now - last) }
                state.last = now
            }
        }
    }

    /// From the first bytes until now.
    var longestPause: Duration {
        let now = ContinuousClock.now
        return self.seen.change { state in
            guard let last = state.last else { return .seconds(3600) }
            return max(state.longest, now - last)
        }
    }
}
