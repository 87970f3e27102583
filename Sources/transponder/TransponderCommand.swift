internal import ArgumentParser

struct TransponderCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "transponder",
        abstract: "Takes one live stream in and sends it to many.",
        subcommands: [RehearseCommand.self]
    )
}
