internal import ArgumentParser
internal import Contract
internal import FoundationEssentials
internal import HostCore
internal import Linux
internal import Logging
internal import Logs
internal import Settings

struct UpCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "up",
        abstract: "Starts the host: listeners, one container for each relay, console and API.",
        discussion: """
            Every setting can also be given by a variable, such as TRANSPONDER_LISTEN_RTMP=0.0.0.0:1936. Options win over \
            variables, variables over the file.

            Ctrl-C ends everything in good order; a second one ends it at once. SIGHUP, and a change of the file, make it \
            read the configuration again.
            """
    )

    @OptionGroup var source: ConfigurationOptions

    @Option(help: ArgumentHelp("The directory that keeps keys and history.", valueName: "directory"))
    var state: String?

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

    @Option(
        help: ArgumentHelp(
            "Where to listen for the console and the API, or 'off'; several with commas between them.",
            valueName: "addresses"
        ),
        transform: RelayChoice.Override.parse
    )
    var admin: RelayChoice.Override?

    @Option(help: "What keeps relays from the rest of the machine: runc, crun, podman, or none if you mean it.")
    var isolation: Isolation?

    @Option(help: ArgumentHelp("One of \(LogLevel.names).", valueName: "level"), transform: LogLevel.named)
    var logLevel: Logger.Level?

    @Option(help: ArgumentHelp("The program that runs in the containers.", valueName: "path", visibility: .hidden))
    var relayProgram: String?

    func run() async throws {
        let environment = ProcessInfo.processInfo.environment
        let level = try self.logLevel ?? LogLevel.of(environment)
        let settings = HostSettings(
            file: self.source.path,
            environment: environment,
            state: self.state,
            rtmp: self.rtmp,
            http: self.http,
            admin: self.admin,
            isolation: self.isolation
        )
        let launch = HostLaunch(
            settings: settings,
            relayProgram: try self.relayProgram ?? RelayProgram.beside(),
            holderProgram: HoldCommand.program,
            log: Logger(label: "transponder") { _ in LineLogHandler(level: level) }
        )
        do {
            try await launch.run { ShutdownSignal(atOnce: $0) }
        } catch {
            StandardStream.error.print("\(error)", of: "transponder", as: "error")
            throw ExitCode(ExitStatus.of(error))
        }
    }
}

/// Which file is read.
struct ConfigurationOptions: ParsableArguments {
    @Option(help: ArgumentHelp("The configuration file. Without one, the defaults hold.", valueName: "path"))
    var config: String?

    var path: String? {
        if let config { return config }
        let named = ProcessInfo.processInfo.environment["TRANSPONDER_CONFIG"] ?? ""
        return named.isEmpty ? nil : named
    }
}

extension Isolation: ExpressibleByArgument {}
