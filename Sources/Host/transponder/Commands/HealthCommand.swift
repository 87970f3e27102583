internal import ArgumentParser
internal import Linux
internal import Operator

struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Says in a sentence whether a host, a relay or a stream is well.",
        discussion: """
            It exits with 0 when it is, with 1 when it is not, and with 2 when nobody could be asked: fit for the \
            HEALTHCHECK of a container. It also asks a transponder-relay that runs by itself:

              transponder health live/main --url http://127.0.0.1:8080
            """
    )

    @Argument(help: "What is asked for: RELAY or RELAY/STREAM. (default: the host and all its relays)")
    var target: String?

    @Option(help: "Ask as a probe does: livez, whether the process works; readyz, whether it takes connections.")
    var probe: Probe?

    @OptionGroup var host: HostOptions

    /// The addresses that container engines ask.
    enum Probe: String, ExpressibleByArgument, CaseIterable {
        case livez, readyz
    }

    func validate() throws {
        guard self.probe == nil || self.target == nil else {
            throw ValidationError("--probe asks the whole process: leave out '\(self.target ?? "")'.")
        }
    }

    func run() throws {
        let path = self.probe.map { "/\($0.rawValue)" } ?? HealthAnswer.path(of: self.target)
        guard path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "?") }) else {
            throw CommandError("'\(self.target ?? "")' is neither a relay nor a stream; write it as live or live/main")
        }
        let answer = HealthAnswer(try self.host.client().send(ClientRequest("GET", path)))
        (answer.exitCode == 2 ? StandardStream.error : .output).print(answer.sentence)
        guard answer.exitCode == 0 else { throw ExitCode(answer.exitCode) }
    }
}
