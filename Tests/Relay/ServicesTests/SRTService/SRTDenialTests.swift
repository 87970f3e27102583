import Contract
import Linux
import Logging
import RelayServer
import SRT
import Sessions
import Streams
import Testing
import Toolkit

/// Who was let through when it called, and cannot be let in when it is there: others came first.
@Suite(.ownThread) struct SRTDenialTests {
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

    private struct Ports: DatagramPorts {
        let destination: InternetAddress

        var answersSources: Bool { true }

        func lend(
            _ request: DatagramRequest,
            _ body: @escaping @Sendable (Result<DatagramLoan, DatagramRefusal>) -> Void
        ) {
            guard let own = try? UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)) else {
                return body(.failure(DatagramRefusal(sentence: "None.")))
            }
            body(.success(DatagramLoan(sockets: [HeldDescriptor(own)], port: 0, destination: self.destination)))
        }
    }

    private let lines = Observed<[String]>([])

    private func relay(_ spec: RelaySpec, ports: (any DatagramPorts)? = nil) throws -> RelayServer {
        let lines = self.lines
        return try RelayServer(
            RelayServer.Launch(
                spec: spec,
                listen: ListenSpec(http: ListenAddress("127.0.0.1:0")),
                threads: 1,
                ports: ports,
                log: Logger(label: "test") { _ in Causes(lines: lines) }
            )
        )
    }

    private static func listener(takeover: Bool = true, viewers: Int = 100) throws -> RelaySpec {
        try RelaySpec(
            name: RelayName("live"),
            publishKey: Secret("key"),
            takeover: takeover,
            limits: LimitsSpec(viewers: viewers),
            srt: SRTSpec(listen: [ListenAddress("127.0.0.1:0")]),
            // Who waits for a name that was made up gives way to others.
            streams: [StreamSpec(name: StreamName("main"))]
        )
    }

    /// Calls from threads of their own, all at once. What comes of each: a socket, or nil where it was refused.
    private static func call(_ count: Int, _ streamID: String, at server: RelayServer) async throws -> [SRTSocket?] {
        let listener = try #require(server.listening.srt)
        let address = try #require(InternetAddress(listener.description))
        return try await withThrowingTaskGroup(of: SRTSocket?.self) { group in
            for _ in 0..<count {
                var settings = SRTSettings()
                settings.streamID = streamID
                settings.connectTimeout = .seconds(30)
                let socket = try SRTSocket.make(settings)
                try socket.bind(taking: UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)))
                group.addTask {
                    await WorkerThread.value(named: "caller") {
                        do {
                            try socket.connect(to: address)
                            return socket
                        } catch {
                            return nil
                        }
                    }
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
    }

    private func count(_ words: String) -> Int { self.lines.state.count { $0.contains(words) } }

    @Test func ofThoseWhoPublishAtOnceOneIsOnAir() async throws {
        let server = try self.relay(Self.listener(takeover: false))
        let callers = try await Self.call(16, "publish:live/main:key", at: server)
        let refused = callers.count { $0 == nil }
        try await self.lines.wait(for: "the others to be closed") { lines in
            lines.count { $0.hasPrefix("closed ") } + refused == callers.count - 1
        }
        #expect(self.count("source on air") == 1)
        #expect(self.count("cannot take an SRT source") == 0)
        await server.drain()
    }

    @Test func ofThoseWhoWatchAtOnceAsManyAsMayAreLetIn() async throws {
        let server = try self.relay(Self.listener(viewers: 3))
        let callers = try await Self.call(16, "read:live/main", at: server)
        // Of the others each has been told when it called, or its line is closed.
        #expect(callers.count { $0 != nil } >= 3)
        try await self.lines.wait(for: "three viewers") { lines in lines.count { $0.hasPrefix("viewer joined") } == 3 }
        withExtendedLifetime(callers) {}
        #expect(server.snapshot(now: .init(monotonic: 0, wall: 0)).streams.reduce(0) { $0 + $1.viewers } == 3)
        await server.drain()
    }

    /// The memory of the relay is full of what it fetches by other lines.
    @Test func aLineWhoseStreamHasNoRoomSaysSo() async throws {
        let far = try self.relay(Self.listener())
        let address = try #require(far.listening.srt)
        let names = (1...40).map { "s\($0)" }
        let spec = try RelaySpec(
            name: RelayName("near"),
            limits: LimitsSpec(streams: names.count, memory: 32 << 20),
            streams: try names.map { name in
                try StreamSpec(
                    name: StreamName(name),
                    source: .call(
                        SRTCallSpec(call: HostPort(address.description), streamID: SRTStreamID("read:live/main"))
                    )
                )
            }
        )
        let destination = try #require(InternetAddress(address.description))
        let near = try self.relay(spec, ports: Ports(destination: destination))
        try await self.lines.wait(for: "a line that says so") { lines in
            lines.contains { $0.contains("SRT line cannot be made") && $0.contains("limits.memory") }
        }
        #expect(self.count("SRT line is up") > 0)
        await near.drain()
        await far.drain()
    }
}
