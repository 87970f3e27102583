import Foundation
import Testing
import Toolkit

/// A publish key that has got about is replaced where it stands, or it is said where that is.
@Suite(.timeLimit(.minutes(1))) struct NewKeyTests {
    private struct Answer: Decodable {
        struct Encoder: Decodable {
            var server: String
            var streamKeys: [String]

            enum CodingKeys: String, CodingKey {
                case server
                case streamKeys = "stream_keys"
            }
        }

        var sentence: String
        var publishKey: String
        var encoder: Encoder

        enum CodingKeys: String, CodingKey {
            case sentence, encoder
            case publishKey = "publish_key"
        }
    }

    private struct Problem: Decodable {
        var code: String
        var detail: String
    }

    private static let place = "relays/live/key"

    private static func text(_ file: URL) throws -> String { try String(contentsOf: file, encoding: .utf8) }

    @Test func theOneThatTheHostKeepsIsMadeAnew() async throws {
        let host = try InProcessHost()
        try await host.start()
        let file = host.scratch.file("state").appending(path: "relays/live/publish_key")
        let before = try Self.text(file)
        let answer = try await host.api.request(Self.place, method: "POST")
        #expect(answer.status == 201 && answer["Cache-Control"]?.contains("no-store") == true)
        let made: Answer = try answer.json()
        #expect(try Self.text(file) == made.publishKey + "\n" && made.publishKey + "\n" != before)
        #expect(made.encoder.streamKeys == ["main?key=\(made.publishKey)"])
        #expect(made.sentence.hasSuffix("the old one is refused from now on. Nobody was publishing."))
        // It is in force, and nobody is told of it but who asked.
        let links = try await host.api.request("relays/live/links").text
        #expect(links.contains(made.publishKey) && !links.contains(before.dropLast()))
        #expect(!host.said.state.contains(made.publishKey))
        let events = try await host.api.get("events/recorded") { $0.text.contains("has a new publish key") }
        #expect(!events.text.contains(made.publishKey))
        #expect(try await host.api.request("relays/none/key", method: "POST").status == 404)
        try await host.end()
    }

    @Test func theOneInAFileIsReplacedThere() async throws {
        let scratch = try Scratch("key")
        let file = scratch.file("secret")
        try Data("the-old-key\n".utf8).write(to: file)
        try FileManager.default.setAttributes([.posixPermissions: 0o640], ofItemAtPath: file.path)
        let link = scratch.file("link")
        try FileManager.default.createSymbolicLink(at: link, withDestinationURL: file)
        let host = try InProcessHost(relays: "  live: { publish_key_file: '\(link.path)' }\n", scratch: scratch)
        try await host.start()
        let made: Answer = try await host.api.request(Self.place, method: "POST").json()
        #expect(try Self.text(file) == made.publishKey + "\n")
        let attributes = try FileManager.default.attributesOfItem(atPath: file.path)
        #expect((attributes[.posixPermissions] as? NSNumber)?.intValue == 0o640)
        #expect(try FileManager.default.destinationOfSymbolicLink(atPath: link.path) == file.path)
        #expect(try await host.api.request("relays/live/links").text.contains(made.publishKey))
        try await host.end()
    }

    @Test func theOneInTheConfigurationIsTheOperators() async throws {
        let host = try InProcessHost(relays: "  live: { publish_key: mine }\n")
        try await host.start()
        let answer = try await host.api.request(Self.place, method: "POST")
        let problem: Problem = try answer.json()
        #expect(answer.status == 409 && problem.code == "key_elsewhere")
        #expect(problem.detail.contains("stands in the configuration ("))
        #expect(problem.detail.contains("transponder.yaml:4)"))
        #expect(try await host.api.request("relays/live/links").text.contains("key=mine"))
        try await host.end()
    }

    /// A secret that an engine mounts is not the host's: nothing changes.
    @Test func oneThatCannotBeWrittenStays() async throws {
        let scratch = try Scratch("key")
        // Nothing can be made beside what lies there, not by root either.
        let relay = "  live: { publish_key_file: /proc/sys/kernel/ostype }\n"
        let host = try InProcessHost(relays: relay, scratch: scratch)
        try await host.start()
        let answer = try await host.api.request(Self.place, method: "POST")
        let problem: Problem = try answer.json()
        #expect(answer.status == 409)
        #expect(problem.detail.contains("stands in /proc/sys/kernel/ostype, which the host cannot write ("))
        #expect(try await host.api.request("relays/live/links").text.contains("key=Linux"))
        try await host.end()
    }

    @Test func aConfigurationWithAMistakeIsToldBeforeTheOldKeyIsLost() async throws {
        let host = try InProcessHost()
        try await host.start()
        let file = host.scratch.file("state").appending(path: "relays/live/publish_key")
        let before = try Self.text(file)
        try host.configure(relays: "  live: { tik: 1 }\n")
        #expect(try await host.api.request(Self.place, method: "POST").status == 422)
        #expect(try Self.text(file) == before)
        try await host.end()
    }
}
