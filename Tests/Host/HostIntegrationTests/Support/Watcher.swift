import Foundation
import Toolkit

/// A viewer by HTTP that notes when bytes came, and every silence.
final class Watcher: Sendable {
    struct State: Sendable, CustomStringConvertible {
        var bytes = 0
        var last = ContinuousClock.now
        var longestSilence = Duration.zero
        var hasEnded = false

        var description: String {
            "\(self.bytes) bytes, longest silence \(self.longestSilence), ended \(self.hasEnded)"
        }
    }

    /// Encoders on a busy machine leave out as much by themselves; who is concerned by a relay that hangs waits longer.
    static let unconcerned = Duration.seconds(3)

    let seen = Observed(State())
    private let socket: Socket

    init(_ host: HostUnderTest, _ path: String, as format: String = "flv") throws {
        self.socket = try Socket(to: host.addresses["http"] ?? "")
        try self.socket.send("GET /\(path).\(format) HTTP/1.1\r\nHost: test\r\n\r\n")
        let seen = self.seen
        self.socket.follow { bytes in
            seen.change { state in
                let now = ContinuousClock.now
                // The wait for the first picture is no silence.
                if state.bytes > 2000 { state.longestSilence = max(state.longestSilence, now - state.last) }
                state.last = now
                state.bytes += bytes.count
                state.hasEnded = bytes.isEmpty
            }
        }
    }

    /// Until as many more bytes have come.
    func watch(_ count: Int = 100_000) async throws {
        let before = self.seen.change { $0.bytes }
        try await self.seen.wait(for: "the viewer to get \(count) bytes", within: .seconds(30)) {
            $0.bytes >= before + count
        }
    }
}
