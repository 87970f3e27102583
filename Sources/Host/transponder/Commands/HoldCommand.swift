internal import ArgumentParser
internal import FoundationEssentials
internal import Glibc
internal import Holder
internal import Linux
internal import Settings

/// What a host starts beside itself: it holds the connections and the memory of relays, so that they outlive the host.
struct HoldCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "hold",
        abstract: "Holds connections for a host; started by 'transponder up'.",
        shouldDisplay: false
    )

    /// The path of this program.
    static var program: String { URL(filePath: "/proc/self/exe").resolvingSymlinksInPath().path }

    /// For who looks at the list of processes.
    @Argument(help: ArgumentHelp("Where the next host finds it.", valueName: "path"))
    var socket: String

    @Option(
        help: ArgumentHelp("How long no host may be there.", valueName: "time"),
        transform: DurationText.parse
    )
    var withoutHost: Duration

    func run() async throws {
        // An interrupt of a terminal is for the host, which ends this.
        for number in [SIGINT, SIGHUP, SIGPIPE] { signal(number, SIG_IGN) }
        OpenFileLimit.raise()
        let service = HolderService(listener: OwnedDescriptor(takingOwnership: 4), absence: self.withoutHost)
        switch await service.run(OwnedDescriptor(takingOwnership: 3)) {
        case .dismissed: return
        case .abandoned, .failed: throw ExitCode.failure
        }
    }
}
