internal import ArgumentParser
internal import Doctor
internal import FoundationEssentials
internal import Linux
internal import Settings

struct DoctorCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "doctor",
        abstract: "Checks whether this machine is ready for transponder up, and says what to fix.",
        discussion: """
            It changes nothing, but starts a container that ends at once. It exits with 0 where transponder up should work, with 1 where something must be fixed \
            first. Run it as the user that will run transponder up.
            """
    )

    @OptionGroup var source: ConfigurationOptions

    @Option(help: ArgumentHelp("The state directory, in place of the configuration's.", valueName: "directory"))
    var state: String?

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        var report = DoctorReport()
        do {
            let environment = ProcessInfo.processInfo.environment
            let configuration = try ConfigurationFile.load(self.source.path, environment: environment)
            report.add(DoctorCheck("configuration", .good, "\(self.source.path ?? "The defaults") can be used."))
            for warning in configuration.warnings {
                report.add(DoctorCheck("configuration", .warning, warning.description))
            }
            for shortage in configuration.shortages {
                report.add(
                    DoctorCheck("memory", .problem, shortage.description, remedy: "Correct it; see configs/.")
                )
            }
            let examination = Examination(
                configuration: configuration,
                state: self.state ?? environment["TRANSPONDER_STATE"] ?? configuration.state
            )
            for check in await examination.checks() { report.add(check) }
        } catch {
            for problem in error.problems {
                report.add(
                    DoctorCheck("configuration", .problem, problem.description, remedy: "Correct it; see configs/.")
                )
            }
        }
        if self.json {
            StandardStream.output.print(String(decoding: report.json, as: UTF8.self))
        } else {
            StandardStream.output.print(report.text())
        }
        guard report.exitCode == 0 else { throw ExitCode(report.exitCode) }
    }
}
