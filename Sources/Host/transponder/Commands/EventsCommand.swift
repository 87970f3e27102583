internal import ArgumentParser
internal import Console
internal import Events
internal import Glibc
internal import Linux
internal import Operator

struct EventsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "events",
        abstract: "Prints what has happened: sources that came and were lost, states, replacements, orders.",
        discussion: """
            Times are this machine's. Without --since the newest are printed. What is printed is kept in the state directory, \
            for as long as history.keep says.
            """
    )

    @Flag(help: "Print what happens from here on, too, until Ctrl-C.")
    var follow = false

    @Option(help: "From when on: 2026-12-05T14:00:00Z, or how long ago: 90s, 10m, 2h, 1d.")
    var since: String?

    @Option(help: "Of this relay alone.")
    var relay: String?

    @Option(help: "How many at most.")
    var limit = 200

    @Flag(help: "Print JSON: with --follow a line for each event.")
    var json = false

    @OptionGroup var host: HostOptions

    private static let pause: UInt32 = 500_000

    func run() throws {
        let client = try self.host.client()
        var query = [("limit", "\(self.limit)")]
        if let since { query.append(("since", since)) }
        if let relay { query.append(("relay", relay)) }
        let first = try client.send(try self.host.request("GET", QueryText.path("/api/v1/events/recorded", query)))
        var recorded = try self.events(first)
        var lines = EventLines()
        if !self.json {
            for line in lines.lines(recorded.events) { StandardStream.output.print(line) }
        } else if !self.follow {
            StandardStream.output.print(String(decoding: first.body, as: UTF8.self))
        } else {
            for event in recorded.events { StandardStream.output.print(JSONText.line(event)) }
        }
        while self.follow {
            usleep(Self.pause)
            let path = QueryText.path(
                "/api/v1/events/recorded",
                [("after", "\(recorded.last)")] + (self.relay.map { [("relay", $0)] } ?? [])
            )
            recorded = try self.events(try client.send(try self.host.request("GET", path)))
            for event in recorded.events {
                if self.json {
                    StandardStream.output.print(JSONText.line(event))
                } else {
                    for line in lines.lines(event) { StandardStream.output.print(line) }
                }
            }
        }
    }

    private func events(_ response: ResponseReader.Response) throws(CommandError) -> RecordedEvents {
        guard response.status == 200 else { throw StatusCommand.refusal(response) }
        do {
            return try JSONText.decode(RecordedEvents.self, from: response.body)
        } catch {
            throw CommandError("the host's answer cannot be understood; is it of another version?")
        }
    }
}

/// Addresses with a query.
enum QueryText {
    static func path(_ path: String, _ query: [(String, String)]) -> String {
        guard !query.isEmpty else { return path }
        return path + "?" + query.map { "\($0.0)=\(self.escaped($0.1))" }.joined(separator: "&")
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }
}
