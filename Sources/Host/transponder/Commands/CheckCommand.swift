internal import ArgumentParser
internal import Contract
internal import FoundationEssentials
internal import Linux
internal import Settings

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Only checks a configuration, and says all that is wrong with it.",
        discussion: "It exits with 0 when the configuration is fine and with 1 when it is not."
    )

    @OptionGroup var source: ConfigurationOptions

    func run() throws {
        do throws(ConfigurationError) {
            let configuration = try ConfigurationFile.load(
                self.source.path,
                environment: ProcessInfo.processInfo.environment
            )
            for warning in configuration.warnings { StandardStream.error.print("transponder: warning: \(warning)") }
            let names = configuration.relays.map(\.name.rawValue).joined(separator: ", ")
            StandardStream.output.print("OK: \(configuration.relays.count == 1 ? "relay" : "relays") \(names)")
        } catch {
            for problem in error.problems { StandardStream.error.print("transponder: error: \(problem)") }
            throw ExitCode(1)
        }
    }
}
