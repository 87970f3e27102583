internal import ArgumentParser
internal import Console
internal import Contract
internal import Linux
internal import Operator

struct NewKeyCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new-key",
        abstract: "Makes a new publish key of a relay, and sends away who publishes by the old one.",
        discussion: """
            For when a key has got about. The new settings for OBS are printed. A key that stands in the configuration itself is \
            yours to change; one in a file that publish_key_file names, or that the host keeps, is written anew.
            """
    )

    @Argument(help: "The relay.")
    var relay: String

    @OptionGroup var host: HostOptions

    func run() throws {
        let name: RelayName
        do {
            name = try RelayName(self.relay)
        } catch {
            throw CommandError("\(error)")
        }
        let answer = try self.host.client().send(try self.host.request("POST", "/api/v1/relays/\(name)/key"))
        guard answer.status == 201 else { throw StatusCommand.refusal(answer) }
        let made: NewKeyView
        do {
            made = try JSONText.decode(NewKeyView.self, from: answer.body)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
        StandardStream.output.print(Self.lines(made).joined(separator: "\n"))
    }

    private static func lines(_ made: NewKeyView) -> [String] {
        guard let encoder = made.encoder else { return [made.sentence, "Key         \(made.publishKey)"] }
        return [made.sentence, "Server      \(encoder.server)"] + encoder.streamKeys.map { "Stream Key  \($0)" }
    }
}
