import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Pushing by SRT")
    struct SRTPushing {
        private struct Page: Decodable {
            var state: String
            var sentence: String
            var faults: [String]
        }

        private static func listener(_ port: UInt16, _ passphrase: String) throws -> Program {
            try Program.start(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-loglevel", "quiet", "-i"]
                    + [
                        "srt://127.0.0.1:\(port)?mode=listener&passphrase=\(passphrase)", "-c", "copy", "-f", "null",
                        "-",
                    ]
            )
        }

        @Test("A destination with another passphrase is told, without its address, and its end is")
        func otherPassphrase() async throws {
            let port = try FreePorts.take(2)[0]
            let relay = try await RelayProcess.quick { configuration in
                let push = "{ to: 'srt://127.0.0.1:\(port)?streamid=hush', passphrase: the-one-that-is-right }"
                configuration.more = ["streams: { main: { push: { box: \(push) } } }"]
            }
            var listener = try Self.listener(port, "another-passphrase")
            let source = try await Sample(.h264, .aac).path()
            let publisher = try Encoder.start(source, to: relay.publishAddress(), program: FFmpeg.system, repeats: 1000)
            func page(_ isWanted: @escaping @Sendable (Page) -> Bool) async throws -> Page {
                try await HTTP.get(relay.page("health/live/main")) {
                    (try? $0.json(Page.self)).map(isWanted) ?? false
                }.json(Page.self)
            }
            let told = try await page { $0.faults == ["push_failed"] && $0.sentence.contains("passphrase") }
            #expect(told.state == "live" && told.sentence.contains("has not reached 'box'"))
            #expect(told.sentence.contains("it has another passphrase, or none"), "\(told.sentence)")
            #expect(!told.sentence.contains("\(port)") && !told.sentence.contains("hush"))
            let series = "transponder_destination_state{relay=\"live\",stream=\"main\",destination=\"box\",state="
            let metrics = try await HTTP.get(relay.page("metrics")).text
            #expect(metrics.contains("\(series)\"failing\"} 1\n"))
            listener.kill()
            listener = try Self.listener(port, "the-one-that-is-right")
            _ = try await page { $0.state == "live" && $0.faults == [] }
            #expect(try await HTTP.get(relay.page("metrics")).text.contains("\(series)\"sending\"} 1\n"))
            #expect(!relay.log.contains("the-one-that-is-right") && !relay.log.contains("hush"))
            withExtendedLifetime((listener, publisher)) {}
        }
    }
}
