internal import ArgumentParser
internal import Contract

struct TransponderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transponder",
        abstract: "Takes one live stream in and sends it to many.",
        version: BuildInfo.version,
        subcommands: [
            UpCommand.self, CheckCommand.self, StatusCommand.self, ConsoleCommand.self, ReplaceCommand.self,
            DropCommand.self, NewKeyCommand.self,
            ReloadCommand.self, EventsCommand.self, ReportCommand.self, AlertCommand.self, DoctorCommand.self,
            HealthCommand.self,
            RehearseCommand.self, HoldCommand.self,
        ]
    )

    /// Runs what the command line asks for. (Outside of a function that is `async`, the `run` that does not wait would be
    /// chosen.)
    static func perform() async throws {
        var command = try Self.parseAsRoot()
        if var waiting = command as? any AsyncParsableCommand {
            try await waiting.run()
        } else {
            try command.run()
        }
    }
}
