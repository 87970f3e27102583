internal import ArgumentParser
internal import Contract
internal import Doctor
internal import FoundationEssentials
internal import Linux
internal import Settings

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Only checks a configuration, and says all that is wrong with it.",
        discussion: """
            It exits with 0 when the configuration is fine and with 1 when it is not. It computes, too, whether the memory of \
            each relay holds the streams it admits: it warns where they are kept for fewer seconds than is meant, and refuses \
            where not even one fits. It reads each certificate, too: whether its key belongs to it, whether it has expired or \
            will soon, and whether it is for the names that it is to be shown for.
            """
    )

    @OptionGroup var source: ConfigurationOptions

    func run() throws {
        do throws(ConfigurationError) {
            let configuration = try ConfigurationFile.load(
                self.source.path,
                environment: ProcessInfo.processInfo.environment
            )
            for warning in configuration.warnings { StandardStream.error.print("transponder: warning: \(warning)") }
            guard configuration.shortages.isEmpty else { throw ConfigurationError(configuration.shortages) }
            let certificates = configuration.tls.map(Examination.certificates) ?? []
            for check in certificates where check.outcome != .good {
                let word = check.outcome == .problem ? "error" : "warning"
                let remedy = check.remedy.map { " \($0)" } ?? ""
                StandardStream.error.print("transponder: \(word): tls: \(check.finding)\(remedy)")
            }
            guard certificates.allSatisfy({ $0.outcome != .problem }) else { throw ConfigurationError([]) }
            let names = configuration.relays.map(\.name.rawValue).joined(separator: ", ")
            StandardStream.output.print("OK: \(configuration.relays.count == 1 ? "relay" : "relays") \(names)")
        } catch {
            for problem in error.problems { StandardStream.error.print("transponder: error: \(problem)") }
            throw ExitCode(1)
        }
    }
}
