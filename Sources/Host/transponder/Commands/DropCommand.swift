internal import ArgumentParser
internal import Console
internal import Contract
internal import Linux
internal import Operator

struct DropCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "drop",
        abstract: "Sends a stream's publisher away, or stops waiting for one that was lost.",
        discussion: """
            A publisher that is on air is disconnected; its encoder may come again. One that was lost is not missed any more, and \
            neither health nor an alert speaks of it until the stream is published again.
            """
    )

    @OptionGroup var stream: StreamArgument
    @OptionGroup var host: HostOptions

    func run() throws {
        let path = try self.stream.path()
        let client = try self.host.client()
        let address = "/api/v1/relays/\(path.relay)/streams/\(path.stream)"
        let before = try client.send(try self.host.request("GET", address))
        guard before.status == 200 else { throw StatusCommand.refusal(before) }
        let answer = try client.send(try self.host.request("DELETE", "\(address)/publisher"))
        guard answer.status == 204 else { throw StatusCommand.refusal(answer) }
        let isOnAir = (try? JSONText.decode(StreamView.self, from: before.body))?.source != nil
        StandardStream.output.print(
            isOnAir ? "The publisher of \(path) was sent away." : "\(path) is not waited for any more."
        )
    }
}
