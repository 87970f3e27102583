import Foundation
import Testing
import Toolkit

/// What the image is told to run and to ask, run here with the programs of this build.
@Suite(.timeLimit(.minutes(1))) struct ImageTests {
    /// A list of words behind an instruction: `ENTRYPOINT ["…"]`.
    private static func words(_ instruction: String, in text: String) throws -> [String] {
        let lines = text.replacingOccurrences(of: "\\\n", with: " ").components(separatedBy: "\n")
        let line = try #require(lines.first { $0.hasPrefix(instruction + " ") })
        let list = try #require(line.firstIndex(of: "[").map { line[$0...] })
        return try JSONDecoder().decode([String].self, from: Data(list.utf8))
    }

    @Test func theHealthCheckIsTrueOfARelayThatRunsByItself() async throws {
        let text = try String(
            contentsOf: Checkout.root.appendingPathComponent("configs/container/Containerfile"),
            encoding: .utf8
        )
        let scratch = try Scratch("image")
        let ports = try FreePorts.take(2)
        // As if it were mounted over the image's own file.
        let file = try scratch.write(
            """
            listen: { rtmp: 0.0.0.0:\(ports[0]), http: 0.0.0.0:\(ports[1]) }
            state: \(scratch.file("state").path)
            relays: { live: { publish_key: key-of-the-image } }
            """.utf8,
            to: "transponder.yaml"
        )
        func translated(_ words: [String]) throws -> (program: String, arguments: [String]) {
            let words = words.map { $0 == "/etc/transponder/transponder.yaml" ? file : $0 }
            let name = try #require(words.first).components(separatedBy: "/").last ?? ""
            return (try Checkout.product(name), Array(words.dropFirst()))
        }
        let entry = try translated(Self.words("ENTRYPOINT", in: text) + Self.words("CMD", in: text))
        let check = try translated(Self.words("HEALTHCHECK", in: text))

        let before = try await Program.start(check.program, check.arguments).result(within: .seconds(20))
        #expect(before.ending == .exit(2))
        let address = "http://127.0.0.1:\(ports[1])"
        #expect(before.errorText.contains("no transponder answers at \(address)"), "\(before.errorText)")

        let relay = try Program.start(entry.program, entry.arguments)
        _ = try await relay.line(containing: "ready ")
        let healthy = try await Program.start(check.program, check.arguments).result(within: .seconds(20))
        #expect(healthy.ending == .exit(0), "\(healthy.errorText)")
        // Who publishes is none of its business: a lost encoder is no reason to end the relay that its viewers wait at.
        let encoder = try HostUnderTest.publish(to: "rtmp://127.0.0.1:\(ports[0])/live/main?key=key-of-the-image")
        _ = try await HTTP.get("\(address)/health/live/main") { $0.status == 200 }
        encoder.signal(SIGKILL)
        _ = try await HTTP.get("\(address)/health/live/main") { $0.status == 503 }
        let lost = try await Program.start(check.program, check.arguments).result(within: .seconds(20))
        #expect(lost.ending == .exit(0), "\(lost.errorText)")
        relay.signal(SIGSTOP)
        let hung = try await Program.start(check.program, check.arguments).result(within: .seconds(20))
        #expect(hung.ending == .exit(2))
        #expect(hung.errorText.contains("gave no answer within"), "\(hung.errorText)")
        relay.signal(SIGCONT)
        relay.signal(SIGTERM)
        _ = try await relay.result(within: .seconds(20))
    }
}
