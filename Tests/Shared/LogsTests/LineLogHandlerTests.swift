import Logging
import Logs
import Synchronization
import Testing

@Suite struct LineLogHandlerTests {
    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    /// The lines that what is done with the logger writes.
    private func lines(level: Logger.Level = .trace, _ body: (inout Logger) -> Void) -> [String] {
        let lines = Lines()
        var logger = Logger(label: "test") { _ in
            LineLogHandler(level: level, now: { 1_700_000_000_250_000 }) { line in
                lines.all.withLock { $0.append(line) }
            }
        }
        body(&logger)
        return lines.all.withLock { $0 }
    }

    @Test func oneLineAnEvent() {
        let lines = self.lines { logger in
            logger[metadataKey: "stream"] = "live/main"
            logger.info("The publisher is on air.", metadata: ["viewers": "3", "encoder": "obs 30"])
        }
        #expect(
            lines == [
                "2023-11-14T22:13:20.250Z info The publisher is on air. encoder=\"obs 30\" stream=live/main viewers=3\n"
            ]
        )
    }

    @Test func whatIsBelowTheLevelIsDropped() {
        #expect(self.lines(level: .warning) { $0.info("Not this.") }.isEmpty)
    }

    @Test func noSecretGetsThrough() {
        let lines = self.lines { logger in
            logger[metadataKey: "publish_key"] = "hush-1"
            logger.info(
                "Refused rtmp://host/live/main?key=hush-2&x=1 and main?user=a&token=hush-3.",
                metadata: [
                    "KEY": "hush-4", "authToken": "hush-5", "password": "hush-6", "secret": "hush-7",
                    "url": "rtmp://host/live?Key=hush-8", "encoded": "app%3Fkey%3Dhush-9%26x=1",
                    "request": ["tcUrl": "rtmp://h/live?passphrase=hush-10", "key": "hush-11"],
                    "list": ["a?token=hush-12", "b"],
                    "object": "\(["publish-key=hush-13"])",
                ]
            )
            logger.error("It failed.", error: Leak(), metadata: ["streamKey": .stringConvertible(14)])
        }
        let text = lines.joined()
        #expect(lines.count == 2)
        #expect(!text.contains("hush"), "\(text)")
        #expect(text.contains("main?key=***&x=1"))
        #expect(text.contains("x=1"))
        #expect(text.contains("streamKey=***"))
    }

    private struct Leak: Error, CustomStringConvertible {
        var description: String { "cannot dial rtmp://host/live/main?key=hush-15" }
    }

    @Test(arguments: [
        ("keyframe=9", "keyframe=9"), ("monkey=1", "monkey=***"), ("key=", "key=***"), ("a=b", "a=b"), ("=", "="),
        ("key=a key=b", "key=*** key=***"), ("key%3da%26b=c", "key%3d***%26b=c"), ("%3", "%3"), ("", ""),
        ("key=\u{301}hush", "key=***"), ("app%3Fkey%3D\u{301}hush", "app%3Fkey%3D***"),
        ("\u{600}key=hush", "\u{600}key=***"),
        ("k%65y=hush&a=b", "k%65y=***&a=b"), ("x1=a&publish-key1=b", "x1=a&publish-key1=b"),
        ("key=hu\u{301}sh,b", "key=***,b"),
    ])
    func masks(_ text: String, masked: String) {
        #expect(Redaction.masked(text) == masked)
    }

    @Test func peersCannotWriteLinesOrTurnTheTerminal() {
        let lines = self.lines { logger in
            logger.info("a\nb", metadata: ["na\u{1b}me": "x\r\n2026 info forged\u{202e} \"q\""])
        }
        let text = lines.joined()
        #expect(text.split(separator: "\n").count == 1)
        #expect(!text.contains("\u{1b}"))
        #expect(!text.contains("\u{202e}"))
        #expect(text.contains("\\u{a}"))
        #expect(text.contains("\\\"q\\\""))
    }

    @Test(arguments: ["a b\"\u{301} admin=yes", "a b\\\" admin=yes", "a\"\u{301}b"])
    func peersCannotEndTheirQuotes(text: String) throws {
        let line = try #require(self.lines { $0.info("It left.", metadata: ["agent": "\(text)"]) }.first)
        let value = try #require(line.unicodeScalars.split(separator: "=", maxSplits: 1).last).dropLast()
        var quotes = 0
        var isEscaped = false
        for scalar in value {
            if scalar == "\"", !isEscaped { quotes += 1 }
            isEscaped = scalar == "\\" && !isEscaped
        }
        #expect(value.first == "\"" && value.last == "\"" && quotes == 2, "\(line)")
    }
}
