import Linux
import Logging
import Sockets
import Testing
import Toolkit

@Suite struct AcceptorTests {
    private struct Seen {
        var questions = 0
        /// How often it had been asked when a connection was taken.
        var accepted: [Int] = []
    }

    @Test func `connections wait until whoever serves them is ready`() async throws {
        let seen = Observed(Seen())
        let acceptor = try Acceptor(
            name: "test",
            on: try InternetAddress(parsing: "127.0.0.1:0"),
            isReady: {
                seen.change { seen in
                    seen.questions += 1
                    return seen.questions > 20
                }
            },
            log: Logger(label: "test")
        ) { _ in
            seen.change { $0.accepted.append($0.questions) }
        }
        let peers = try (0..<3).map { _ in try Socket(to: "\(acceptor.address)") }
        try await seen.wait(for: "three connections to be taken") { $0.accepted.count == 3 }
        #expect(seen.state.accepted.allSatisfy { $0 > 20 })
        await acceptor.stop()
        withExtendedLifetime(peers) {}
    }
}
