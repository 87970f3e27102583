internal import ArgumentParser
internal import Console
internal import Linux
internal import Operator

struct ReloadCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reload",
        abstract: "Makes a running host read its configuration again.",
        discussion: "What changed is applied; nobody else is disturbed. One that is wrong changes nothing."
    )

    @OptionGroup var host: HostOptions

    func run() throws {
        let answer = try self.host.client().send(try self.host.request("POST", "/api/v1/reload"))
        guard answer.status == 200 else { throw StatusCommand.refusal(answer) }
        let view: ReloadView
        do {
            view = try JSONText.decode(ReloadView.self, from: answer.body)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
        for line in view.lines { StandardStream.output.print(line) }
    }
}
