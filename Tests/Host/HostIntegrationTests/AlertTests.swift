import Foundation
import Testing
import Toolkit

/// Whoever is told when something is wrong, and what can be read of it afterwards.
@Suite(.ownThread) struct AlertTests {
    /// A receiver that nobody here wrote: it says each body that it is given as a line.
    static let receiver = """
        import http.server
        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body=self.rfile.read(int(self.headers['Content-Length'])).decode()
                print('signed' if self.headers['X-Transponder-Signature'] else 'bare', body, flush=True)
                self.send_response(200)
                self.end_headers()
            def log_message(self,*a): pass
        server=http.server.HTTPServer(('127.0.0.1',0),Handler)
        print('port',server.server_address[1],flush=True)
        server.serve_forever()
        """

    @Test func `a publisher that is killed is told of, and so is its return`() async throws {
        let receiver = try Program.start("/usr/bin/python3", ["-c", Self.receiver])
        let port = try await receiver.line(containing: "port ").split(separator: " ").last ?? ""
        let host = try await HostUnderTest.start(
            isolation: "none",
            more:
                "alerts: { after: 0, group: 0, receivers: { hook: { webhook: \"http://127.0.0.1:\(port)/\", secret: hush } } }"
        )
        let tested = try await host.command("alert", "test", "hook")
        #expect(tested.outputText == "hook was told: HTTP status 200\n", "\(tested.outputText) \(tested.errorText)")
        #expect(try await host.command("alert", "test", "nobody").ending == .exit(2))
        let first = try host.publish()
        try await host.waitForStream()
        first.kill()
        let lost = try await receiver.line(containing: "\"status\":\"firing\"")
        #expect(lost.hasPrefix("signed ") && lost.contains("connection of the encoder"), "\(lost)")
        let second = try host.publish()
        let back = try await receiver.line(containing: "\"status\":\"recovered\"")
        #expect(back.contains("Recovered after") && back.contains("live/main"), "\(back)")
        let events = try await host.command("events")
        #expect(
            events.outputText.contains("live/main lost its source (connection broke), back "),
            "\(events.outputText)"
        )
        #expect(events.outputText.contains("'hook' was told"))
        let report = try await host.command("report", "live", "--json")
        struct Report: Decodable {
            struct Stream: Decodable {
                struct Gap: Decodable {
                    var cause: String
                    var seconds: Double
                }

                var stream: String
                var gaps: [Gap]
            }

            var streams: [Stream]
        }
        let account = try JSONDecoder().decode(Report.self, from: report.output)
        #expect(account.streams.map(\.stream) == ["main"])
        #expect(account.streams.first?.gaps.map(\.cause) == ["disconnected"])
        #expect(account.streams.first?.gaps.allSatisfy { $0.seconds > 0.1 && $0.seconds < 60 } == true)
        let page = host.scratch.file("report.html").path
        #expect(try await host.command("report", "live", "--html", page).ending == .exit(0))
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("connection broke"))
        second.kill()
        _ = try await host.stop()
    }
}
