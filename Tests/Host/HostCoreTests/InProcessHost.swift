import Containers
import Foundation
import HostCore
import Logging
import Settings
import SupervisorToolkit
import Synchronization
import Toolkit

/// A host in this process, with instances that are made up, on free ports and with files of its own.
final class InProcessHost: Sendable {
    /// Asks for the end when a test does.
    private final class TestEnd: EndRequest {
        private let request: AsyncStream<Void>

        init(_ request: AsyncStream<Void>) {
            self.request = request
        }

        func received() async {
            for await _ in self.request { return }
        }
    }

    static let listen = #"{ rtmp: "127.0.0.1:0", http: "127.0.0.1:0", admin: "127.0.0.1:0" }"#

    let runtime = FakeRuntime()
    let scratch: Scratch

    /// What it has said to people and scripts.
    let said = Observed("")
    private let launch: HostLaunch
    private let request = AsyncStream.makeStream(of: Void.self)
    private let running = Mutex<Task<Void, any Error>?>(nil)

    /// - Parameters:
    ///   - relays: The lines below `relays:`.
    ///   - listen: The value of `listen:`.
    ///   - isListening: Whether its options leave it the configuration's listeners.
    ///   - scratch: Where its files are; another host's, or a directory of its own.
    /// - Throws: where files cannot be written.
    init(
        relays: String = "  live: {}\n",
        listen: String = InProcessHost.listen,
        isListening: Bool = true,
        scratch: Scratch? = nil
    ) throws {
        let scratch = try scratch ?? Scratch("host")
        self.scratch = scratch
        let (runtime, said) = (self.runtime, self.said)
        self.launch = HostLaunch(
            settings: HostSettings(
                file: scratch.file("transponder.yaml").path,
                environment: [:],
                state: scratch.file("state").path,
                rtmp: isListening ? nil : .off,
                http: isListening ? nil : .off
            ),
            relayProgram: "/bin/relay",
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            runtimes: { _ in runtime },
            print: { text in said.change { $0 += text } }
        )
        try self.configure(relays: relays, listen: listen)
    }

    /// Writes the configuration that it reads.
    func configure(
        relays: String,
        listen: String = InProcessHost.listen
    ) throws {
        let text = "listen: \(listen)\nisolation: none\nrelays:\n\(relays)"
        try Data(text.utf8).write(to: self.scratch.file("transponder.yaml"), options: .atomic)
    }

    /// Runs it to its end, which ``end()`` asks for.
    func run() async throws {
        let (launch, request) = (self.launch, self.request.stream)
        try await launch.run { _ in TestEnd(request) }
    }

    /// Starts it, and waits until every relay is ready.
    func start() async throws {
        let running = Task {
            do {
                try await self.run()
            } catch {
                self.said.change { $0 += "failed: \(error)\n" }
                throw error
            }
        }
        self.running.withLock { $0 = running }
        try await self.said.wait(for: "the ready line") { $0.contains("ready ") || $0.contains("failed: ") }
    }

    /// Asks for the end, and waits for it.
    func end() async throws {
        self.request.continuation.yield()
        try await self.running.withLock { $0 }?.value
    }

    /// Where it listens for HTTP.
    var http: String { "http://" + self.address(of: "http") }

    /// The API, at its own listener.
    var api: HostAPI { HostAPI(address: self.address(of: "admin"), state: self.scratch.file("state")) }

    /// Where it listens, from its ready line.
    private func address(of name: String) -> String {
        let line = self.said.state.split(separator: "\n").last { $0.hasPrefix("ready ") } ?? ""
        let word = line.split(separator: " ").first { $0.hasPrefix("\(name)=") } ?? ""
        return String(word.dropFirst(name.count + 1))
    }
}
