import ArgumentParser
import Contract
import Foundation
import Libav
import Linux
import Logging
import Logs
import RelayServer
import SRT
import Sessions
import Settings

/// One relay instance as a process that opens its own sockets.
@main struct RelayCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transponder-relay",
        abstract: "Takes live streams in and sends them to many viewers.",
        discussion: """
            Every setting can also be given by a variable, such as TRANSPONDER_RELAYS_LIVE_PUBLISH_KEY=… or \
            TRANSPONDER_LISTEN_RTMP=0.0.0.0:1936. Options win over variables, variables over the file.
            """,
        version: BuildInfo.version
    )

    @Option(help: ArgumentHelp("The configuration file. Without one, the defaults hold.", valueName: "path"))
    var config: String?

    @Option(help: ArgumentHelp("Which relay of the configuration to be, if it has several.", valueName: "name"))
    var relay: String?

    @Option(
        help: ArgumentHelp(
            "Where to listen for RTMP, or 'off'; several with commas between them. Port 0 takes any free one.",
            valueName: "addresses"
        ),
        transform: RelayChoice.Override.parse
    )
    var rtmp: RelayChoice.Override?

    @Option(
        help: ArgumentHelp(
            "Where to listen for HTTP, or 'off'; several with commas between them. Port 0 takes any free one.",
            valueName: "addresses"
        ),
        transform: RelayChoice.Override.parse
    )
    var http: RelayChoice.Override?

    @Option(help: ArgumentHelp("The directory that keeps keys and history.", valueName: "directory"))
    var state: String?

    @Option(
        help: ArgumentHelp(
            "The publish key. Everybody on this machine can see it here: better use the variable.",
            valueName: "key"
        )
    )
    var publishKey: String?

    @Option(help: ArgumentHelp("One of \(LogLevel.names).", valueName: "level"), transform: LogLevel.named)
    var logLevel: Logger.Level?

    @Option(
        help: ArgumentHelp("Threads that send to viewers; as many as there are cores if left out.", valueName: "count")
    )
    var threads: Int?

    /// Short in tests, which would otherwise wait for those who keep a relay waiting. `--patience` is how it was written
    /// before.
    @Option(
        name: [.long, .customLong("patience")],
        help: ArgumentHelp(
            "How long a connection may take to say what it wants, instead of 10 s (RTMP) and 15 s (HTTP).",
            valueName: "time",
            visibility: .hidden
        ),
        transform: DurationText.parse
    )
    var negotiationTimeout: Duration?

    @Option(
        help: ArgumentHelp(
            "The open descriptor of a control channel; everything else comes over it. Started by 'transponder up'.",
            valueName: "descriptor",
            visibility: .hidden
        )
    )
    var control: Int32?

    @Option(
        help: ArgumentHelp(
            "How long to go on with those who are connected when the host has died.",
            valueName: "time",
            visibility: .hidden
        ),
        transform: DurationText.parse
    )
    var withoutHost: Duration?

    /// Otherwise the first to wait for that would be viewers in the midst of a stream.
    @Flag(help: ArgumentHelp("Load at once what the first publisher would be waited for with.", visibility: .hidden))
    var ahead = false

    @Flag(help: "Only check the configuration.")
    var check = false

    /// Who makes a root file system for it asks this: what is loaded later does not stand in the program.
    @Flag(help: ArgumentHelp("Only print the libraries that are loaded once they are needed.", visibility: .hidden))
    var libraries = false

    func validate() throws {
        if let threads, !(1...256).contains(threads) { throw ValidationError("--threads goes from 1 to 256.") }
        if let control, control < 3 { throw ValidationError("--control wants a descriptor from 3 up.") }
        if self.control != nil, self.config != nil || self.rtmp != nil || self.http != nil {
            throw ValidationError("With --control the host gives the configuration and the connections.")
        }
    }

    func run() async throws {
        if self.libraries {
            for name in [LibavLibrary.name] + SRTLibrary.names { StandardStream.output.print(name) }
            return
        }
        let environment = ProcessInfo.processInfo.environment
        let level = try self.logLevel ?? LogLevel.of(environment)
        let logger = Logger(label: "transponder-relay") { _ in LineLogHandler(level: level) }
        do {
            if let control { try await self.serveControlled(control, logger) }
            let source = ConfigurationSource(
                file: self.config ?? environment["TRANSPONDER_CONFIG"],
                environment: environment
            )
            let configuration = try source.load()
            let choice = RelayChoice(
                relay: self.relay ?? environment["TRANSPONDER_RELAY"],
                rtmp: self.rtmp,
                http: self.http,
                publishKey: try self.publishKey.map { try Secret($0) }
            )
            if self.check {
                try self.report(configuration, choice)
                return
            }
            for warning in configuration.warnings + configuration.shortages { logger.warning("\(warning.description)") }
            for name in configuration.listen.hostOnly {
                logger.warning("listen.\(name) is left out: TLS ends in 'transponder up', and this opens none itself.")
            }
            if self.publishKey != nil {
                logger.warning("A key on the command line can be seen by everybody on this machine.")
            }
            let (spec, listen) = try choice.pick(from: configuration)
            let keyed = try KeyedRelay(
                spec,
                state: StateDirectory(preparing: self.state ?? configuration.state)
            )
            try await serve(
                RelayLaunch(
                    spec: keyed.spec,
                    listen: listen,
                    key: keyed.origin,
                    state: self.state ?? configuration.state,
                    source: source,
                    choice: choice,
                    threads: self.threads,
                    deadlines: self.negotiationTimeout.map(ConnectionDeadlines.init(negotiation:))
                        ?? ConnectionDeadlines(),
                    logger: logger
                )
            )
        } catch let exit as ExitCode {
            throw exit
        } catch {
            complain("\(error)")
            throw ExitCode(self.check ? ExitStatus.failed : ExitStatus.of(error))
        }
    }

    private func serveControlled(_ descriptor: Int32, _ logger: Logger) async throws {
        if self.ahead { LibavLibrary.loadAhead() }
        let threads = self.threads
        try await transponder_relay.serveControlled(
            descriptor,
            ControlledRelay.Launch(
                threads: { threads ?? ControlledRelay.Launch.threads($0) },
                deadlines: self.negotiationTimeout.map(ConnectionDeadlines.init(negotiation:)) ?? ConnectionDeadlines(),
                withoutHost: self.withoutHost ?? .zero,
                log: logger
            )
        )
    }

    /// `--check`: says OK, or lets what is wrong be told. A file with several relays is fine as long as it is only read.
    private func report(_ configuration: Configuration, _ choice: RelayChoice) throws {
        if choice.relay != nil { _ = try choice.pick(from: configuration) }
        guard configuration.shortages.isEmpty else { throw ConfigurationError(configuration.shortages) }
        for warning in configuration.warnings { complain(warning.description, as: "warning") }
        let names = configuration.relays.map(\.name.rawValue).joined(separator: ", ")
        print("OK: \(configuration.relays.count == 1 ? "relay" : "relays") \(names)")
    }
}

/// Says on standard error what is wrong, a line each.
func complain(_ text: String, as kind: String = "error") {
    StandardStream.error.print(text, of: "transponder-relay", as: kind)
}
