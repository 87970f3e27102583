import Contract
import Linux
import Logging
import RelayServer
import Sessions
import Synchronization
import Testing
import Toolkit

/// What can go wrong with a line that the configuration has the relay make itself: each is said, and it is tried again.
@Suite struct SRTLineFailureTests {
    /// Ports that answer as a test has them.
    private struct Ports: DatagramPorts {
        let answer: @Sendable () -> Result<DatagramLoan, DatagramRefusal>

        var answersSources: Bool { true }

        func lend(
            _ request: DatagramRequest,
            _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
        ) {
            body(self.answer())
        }
    }

    private struct Causes: LogHandler {
        let lines: Observed<[String]>
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let line = "\(event.message) \(self.metadata) \(event.metadata ?? [:])"
            self.lines.change { $0.append(line) }
        }
    }

    private let lines = Observed<[String]>([])

    private func relay(_ streams: [StreamSpec], ports: any DatagramPorts) throws -> RelayServer {
        let lines = self.lines
        return try RelayServer(
            RelayServer.Launch(
                spec: RelaySpec(
                    name: RelayName("live"),
                    publishKey: Secret("key"),
                    streams: streams
                ),
                listen: ListenSpec(http: ListenAddress("127.0.0.1:0")),
                threads: 1,
                ports: ports,
                log: Logger(label: "test") { _ in Causes(lines: lines) }
            )
        )
    }

    private static func fetched(_ name: String, from address: String) throws -> StreamSpec {
        try StreamSpec(
            name: StreamName(name),
            source: .call(SRTCallSpec(call: HostPort(address), streamID: SRTStreamID("read:live/main")))
        )
    }

    private func says(_ words: String...) async throws {
        try await self.lines.wait(for: words.joined(separator: " … ")) { lines in
            lines.contains { line in words.allSatisfy(line.contains) }
        }
    }

    @Test func noSocketIsLent() async throws {
        let server = try self.relay(
            [Self.fetched("a", from: "127.0.0.1:9")],
            ports: Ports { .failure(DatagramRefusal(sentence: "None.")) }
        )
        try await self.says("SRT line cannot be made", "None.")
        await server.drain()
    }

    @Test func aLoanWithoutASocketOrAnAddressIsNone() async throws {
        let server = try self.relay(
            [Self.fetched("a", from: "127.0.0.1:9")],
            ports: Ports { .success(DatagramLoan(sockets: [], port: 0, destination: nil)) }
        )
        try await self.says("SRT line cannot be made", "There is no socket to call with.")
        await server.drain()
    }

    /// It ends in the middle of a call that nobody answers, and does not wait for that.
    @Test func aCallIsBrokenOffWithTheRelay() async throws {
        let deaf = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let address = try UDPSocket.localAddress(of: deaf)
        let called = Observed(false)
        let ports = Ports {
            called.change { $0 = true }
            guard let own = try? UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)) else {
                return .failure(DatagramRefusal(sentence: "None."))
            }
            return .success(DatagramLoan(sockets: [HeldDescriptor(own)], port: 0, destination: address))
        }
        let server = try self.relay([Self.fetched("a", from: "\(address)")], ports: ports)
        try await called.wait(for: "a call") { $0 }
        await server.drain()
        withExtendedLifetime(deaf) {}
    }
}
