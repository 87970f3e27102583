internal import ArgumentParser
internal import Console
internal import Contract
internal import Glibc
internal import Linux
internal import Operator

struct ReplaceCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "replace",
        abstract: "Puts a fresh instance in the place of a relay's.",
        discussion: """
            The fresh one takes new connections as soon as it is ready; publishers and players of the old one are told to \
            come again. It makes settings take effect that only a fresh instance can.
            """
    )

    @Argument(help: "The relay.")
    var relay: String

    @OptionGroup var host: HostOptions

    /// From the order to the fresh instance: the host itself gives up before that.
    private static let timeout = Duration.seconds(15)

    func run() throws {
        let name: RelayName
        do {
            name = try RelayName(self.relay)
        } catch {
            throw CommandError("\(error)")
        }
        let client = try self.host.client()
        let before = try self.instance(name, client)
        let answer = try client.send(try self.host.request("POST", "/api/v1/relays/\(name)/replace"))
        guard (200...299).contains(answer.status) else { throw StatusCommand.refusal(answer) }
        let end = MonotonicClock.now.advanced(by: Self.timeout)
        while MonotonicClock.now < end {
            let now = try self.instance(name, client)
            if now.ready, now.instance?.id != before.instance?.id {
                let time = now.instance?.startSeconds.map { " within \(Int($0 * 1000)) ms" } ?? ""
                StandardStream.output.print("The relay '\(name)' has a fresh instance, ready\(time).")
                return
            }
            if now.ready, now.state == RelayState.ready.rawValue, now.restarts > before.restarts {
                throw CommandError(now.lastEnding?.sentence ?? "the fresh instance failed; the old one goes on")
            }
            usleep(50_000)
        }
        let seconds = Self.timeout.components.seconds
        throw CommandError("no fresh instance was ready within \(seconds) s; transponder status says more")
    }

    private func instance(_ name: RelayName, _ client: HostClient) throws -> RelayView {
        let response = try client.send(try self.host.request("GET", "/api/v1/relays/\(name)"))
        guard response.status == 200 else { throw StatusCommand.refusal(response) }
        do {
            return try JSONText.decode(RelayView.self, from: response.body)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }
}
