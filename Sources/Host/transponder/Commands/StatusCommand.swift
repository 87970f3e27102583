internal import ArgumentParser
internal import Console
internal import Glibc
internal import Linux
internal import Operator

struct StatusCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows relays, streams, sources and viewers of a running host.",
        discussion:
            "It exits with 2 where the host could not be asked. TRANSPONDER_API_TOKEN holds the token for --url."
    )

    @OptionGroup var host: HostOptions

    @Flag(help: "Print JSON, as /api/v1/status gives it.")
    var json = false

    @Flag(help: "Show it anew every two seconds, until Ctrl-C.")
    var watch = false

    func run() throws {
        let client = try self.host.client()
        let request = try self.host.request("GET", "/api/v1/status")
        repeat {
            let response = try client.send(request)
            guard response.status == 200 else { throw Self.refusal(response) }
            let text = try self.shown(response)
            StandardStream.output.print(self.watch ? Self.screen(text) : text)
            if self.watch { sleep(2) }
        } while self.watch
    }

    /// The cursor goes home and what is below is wiped, so that nothing flickers. What does not fit into the window is left
    /// out at its end, or the heading would go out of sight at its top.
    private static func screen(_ text: String) -> String {
        guard let size = StandardStream.output.windowSize else { return text }
        return "\u{1b}[H\u{1b}[J" + StatusTable.fitted(text, rows: size.rows - 1, columns: size.columns)
    }

    private func shown(_ response: ResponseReader.Response) throws(CommandError) -> String {
        if self.json { return String(decoding: response.body, as: UTF8.self) }
        do {
            return StatusTable(try JSONText.decode(HostView.self, from: response.body)).text()
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }

    /// The sentence of a problem, or what status it had.
    static func refusal(_ response: ResponseReader.Response) -> CommandError {
        guard let problem = try? JSONText.decode(ProblemDetails.self, from: response.body) else {
            return CommandError("the host answered with HTTP status \(response.status)")
        }
        return CommandError(problem.cause.map { "\(problem.detail) (\($0))" } ?? problem.detail)
    }
}
