import Foundation
import Glibc

/// A relay as people run it: the built program, with a configuration and a state directory of its own, on free ports.
package final class RelayProcess: Sendable {
    package let program: Program
    /// What listens where, by protocol: `rtmp` → `127.0.0.1:41935`.
    package let addresses: [String: String]
    package let configuration: RelayConfiguration
    package let scratch: Scratch

    private init(
        program: Program,
        addresses: [String: String],
        configuration: RelayConfiguration,
        scratch: Scratch
    ) {
        self.program = program
        self.addresses = addresses
        self.configuration = configuration
        self.scratch = scratch
    }

    /// It ends as an operator ends it, so that every test goes that way and what it has run of the relay is counted.
    deinit {
        self.program.dismiss(within: .seconds(10), keeping: self.scratch)
    }

    /// Starts it and waits for the line in which it says where it listens:
    /// `ready rtmp=127.0.0.1:41935 http=127.0.0.1:48080`.
    ///
    /// - Parameters:
    ///   - configuration: what its file says.
    ///   - arguments: options after those that name the file and the relay.
    ///   - environment: variables beside those of the tests.
    ///   - scratch: where its file and its state are; one that another relay left shows what a restart finds.
    ///   - deadline: how long it may take to be ready.
    /// - Returns: a relay that accepts connections.
    /// - Throws: ``ProgramError/endedBefore(_:line:lastWords:)`` where it refused to start.
    package static func start(
        _ configuration: RelayConfiguration = RelayConfiguration(),
        arguments: [String] = [],
        environment: [String: String] = [:],
        scratch: Scratch? = nil,
        deadline: Duration = .seconds(30)
    ) async throws -> RelayProcess {
        let scratch = try scratch ?? Scratch("relay")
        let state = scratch.file("state").path
        try FileManager.default.createDirectory(atPath: state, withIntermediateDirectories: true)
        let file = try scratch.write(configuration.text(state: state).utf8, to: "transponder.yaml")
        let program = try Program.start(
            Checkout.product("transponder-relay"),
            ["--config", file, "--relay", configuration.relay] + arguments,
            environment: environment
        )
        let line = try await program.line(containing: "ready ", within: deadline)
        return RelayProcess(
            program: program,
            addresses: self.addresses(in: line),
            configuration: configuration,
            scratch: scratch
        )
    }

    package var pid: Int32 { self.program.pid }

    /// Everything it has logged so far.
    package var log: String { self.program.said }

    /// Asks it to end as an operator does, and waits until it has.
    @discardableResult
    package func stop(within deadline: Duration = .seconds(20)) async throws(ProgramError) -> Program.Result {
        self.program.signal(SIGTERM)
        return try await self.program.result(within: deadline)
    }

    /// Ends it as a crash does.
    package func crash() async throws(ProgramError) {
        self.program.kill()
        _ = try await self.program.result(within: .seconds(20))
    }

    /// Where a publisher sends a stream.
    package func publishAddress(_ stream: String = "main", key: String? = nil) -> String {
        let key = key ?? self.configuration.publishKey
        return self.playAddress(stream) + (key.map { "?key=\($0)" } ?? "")
    }

    /// Where RTMP players find a stream.
    package func playAddress(_ stream: String = "main") -> String {
        "rtmp://\(self.addresses["rtmp"] ?? "")/\(self.configuration.relay)/\(stream)"
    }

    /// Where RTSP clients publish and play a stream.
    package func rtspAddress(_ stream: String = "main", key: String? = nil) -> String {
        "rtsp://\(self.addresses["rtsp"] ?? "")/\(self.configuration.relay)/\(stream)"
            + (key.map { "?key=\($0)" } ?? "")
    }

    /// An address of its HTTP server: `page("live/main.flv")`, `page("livez")`.
    package func page(_ path: String) -> String { "http://\(self.addresses["http"] ?? "")/\(path)" }

    /// A stream's HTTP address with an ending: `stream("main", ".flv")`.
    package func stream(_ name: String = "main", _ ending: String) -> String {
        self.page("\(self.configuration.relay)/\(name)\(ending)")
    }

    private static func addresses(in line: String) -> [String: String] {
        let words = line.components(separatedBy: "ready ").last?.split(separator: " ") ?? []
        let pairs = words.compactMap { word -> (String, String)? in
            let parts = word.split(separator: "=", maxSplits: 1)
            return parts.count == 2 ? (String(parts[0]), String(parts[1])) : nil
        }
        return Dictionary(pairs) { first, _ in first }
    }
}
