internal import ArgumentParser
internal import Console
internal import Contract
internal import Events
internal import Linux
internal import Operator

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract:
            "Gives the account of a relay's session: what was on air, what was missing and why, and what each room had.",
        discussion: """
            Without --since it is of the newest session: from the first source after three hours without any.
            """
    )

    @Argument(help: "The relay.")
    var relay: String

    @Option(help: "From when on: 2026-12-05T14:00:00Z, or how long ago: 90s, 10m, 2h, 1d.")
    var since: String?

    @Option(help: "Until when. (default: now)")
    var until: String?

    @Option(help: "Write the account as a page with plots into this file; it needs no other.")
    var html: String?

    @Flag(help: "Print JSON, as /api/v1/relays/RELAY/report gives it.")
    var json = false

    @OptionGroup var host: HostOptions

    func run() throws {
        let name: RelayName
        do {
            name = try RelayName(self.relay)
        } catch {
            throw CommandError("\(error)")
        }
        let query = [("since", self.since), ("until", self.until)].compactMap { name, value in value.map { (name, $0) }
        }
        let path = QueryText.path("/api/v1/relays/\(name)/report", query)
        let response = try self.host.client().send(try self.host.request("GET", path))
        guard response.status == 200 else { throw StatusCommand.refusal(response) }
        if self.json { return StandardStream.output.print(String(decoding: response.body, as: UTF8.self)) }
        do {
            let report = try JSONText.decode(RelayReport.self, from: response.body)
            guard let html = self.html else { return StandardStream.output.print(ReportText(report).text()) }
            try Files.write(Array(ReportPage(report).html().utf8), to: html)
            StandardStream.output.print("The report is in \(html).")
        } catch let error as CommandError {
            throw error
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }
}
