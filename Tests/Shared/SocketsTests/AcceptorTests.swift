import Glibc
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

    /// In a process of its own: the limit is the whole process's.
    @Test func `where few descriptors are left a newcomer has another's place, or none`() async {
        await #expect(processExitsWith: .success) {
            let taken = Observed(0)
            let hasRoom = Observed(false)
            let acceptor = try Acceptor(
                name: "test",
                on: try InternetAddress(parsing: "127.0.0.1:0"),
                makeRoom: { hasRoom.state },
                log: Logger(label: "test")
            ) { _ in
                taken.change { $0 += 1 }
            }
            var limit = rlimit(rlim_cur: 100, rlim_max: 20_000)
            try #require(unsafe setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0)
            while case let number = dup(STDIN_FILENO), number >= 0, number < 87 {}
            let early = try Socket(to: "\(acceptor.address)")
            #expect(try await early.receive().isEmpty)
            #expect(taken.state == 0)
            hasRoom.change { $0 = true }
            let late = try Socket(to: "\(acceptor.address)")
            try await taken.wait(for: "the connection that another's place was made for") { $0 == 1 }
            await acceptor.stop()
            withExtendedLifetime((early, late)) {}
        }
    }
}
