internal import ArgumentParser
internal import Console
internal import Contract
internal import Linux
internal import Operator

struct HealthCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "health",
        abstract: "Says in a sentence whether a host, a relay or a stream is well.",
        subcommands: [HealthQuestion.self, HealthAcceptance.self],
        defaultSubcommand: HealthQuestion.self
    )
}

struct HealthAcceptance: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "accept",
        abstract: "Says that a stream is as it should be.",
        discussion: """
            Its bitrate, its frame rate and its tracks as they are now are usual from now on, and a fault that they differ from \
            what was usual before is over.
            """
    )

    @OptionGroup var stream: StreamArgument
    @OptionGroup var host: HostOptions

    func run() throws {
        let path = try self.stream.path()
        let address = "/api/v1/relays/\(path.relay)/streams/\(path.stream)/accept"
        let answer = try self.host.client().send(try self.host.request("POST", address))
        guard answer.status == 200 else { throw StatusCommand.refusal(answer) }
        do {
            StandardStream.output.print(try JSONText.decode(AcceptedView.self, from: answer.body).sentence)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }
}

struct HealthQuestion: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "ask",
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
