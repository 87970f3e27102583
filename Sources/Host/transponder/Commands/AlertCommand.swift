internal import ArgumentParser
internal import Console
internal import Linux
internal import Operator

struct AlertCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alert",
        abstract: "Tries the receivers of alerts.",
        subcommands: [AlertTestCommand.self]
    )
}

struct AlertTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Has a running host send a test to a receiver of alerts, and says what that answered.",
        discussion: "It exits with 0 where all could be told, with 1 where one could not."
    )

    @Argument(help: "The receiver, as alerts.receivers names it. (default: all of them)")
    var receiver: String?

    @OptionGroup var host: HostOptions

    func run() throws {
        let query = self.receiver.map { [("receiver", $0)] } ?? []
        // A receiver has ten seconds to answer.
        let client = try self.host.client(atLeast: .seconds(15))
        let answer = try client.send(try self.host.request("POST", QueryText.path("/api/v1/alerts/test", query)))
        guard answer.status == 200 else { throw StatusCommand.refusal(answer) }
        let list: AlertTrialList
        do {
            list = try JSONText.decode(AlertTrialList.self, from: answer.body)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
        for trial in list.trials {
            let sentence = StatusTable.plain(trial.sentence)
            StandardStream.output.print(
                trial.delivered
                    ? "\(trial.receiver) was told: \(sentence)" : "\(trial.receiver) could not be told: \(sentence)"
            )
        }
        guard list.trials.allSatisfy(\.delivered) else { throw ExitCode(1) }
    }
}
