internal import ArgumentParser
internal import Console
internal import Linux
internal import Operator

struct ConsoleCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "console",
        abstract: "Prints a link that opens the console of a running host in a browser.",
        discussion: """
            The link is good once, for ten minutes; the browser that opens it stays logged in for a day's event. From another \
            machine reach the console through ssh -L 8081:127.0.0.1:8081 HOST.
            """
    )

    @OptionGroup var host: HostOptions

    func run() throws {
        let answer = try self.host.client().send(try self.host.request("POST", "/api/v1/console/links"))
        guard answer.status == 201 else { throw StatusCommand.refusal(answer) }
        do {
            StandardStream.output.print(try JSONText.decode(ConsoleLink.self, from: answer.body).url)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }
}
