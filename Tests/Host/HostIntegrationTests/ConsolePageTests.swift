import Foundation
import Glibc
import Testing
import Toolkit

/// The operator's console and the session page in real browsers.
@Suite(.serialized, .timeLimit(.minutes(3)), .enabled(if: Machine.runsContainers)) struct ConsolePageTests {
    private static func link(of host: HostUnderTest) async throws -> String {
        let text = try await host.command("console").outputText
        return try #require(
            text.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("http://") }.map(String.init)
        )
    }

    private static func says(_ text: String) -> String { "return document.body.innerText.includes(\"\(text)\")" }

    @Test func theOperatorSeesWhatHappensAndActs() async throws {
        let host = try await HostUnderTest.start([
            HostUnderTest.relay(
                "live",
                "venues: { kyoto: { token: k-secret } }",
                "streams: { main: { push: { wall: { to: 'udp://127.0.0.1:9' }, box: { to: 'srt://127.0.0.1:9' } } } }"
            )
        ])
        let publisher = try host.publish()
        try await host.waitForStream()
        let browsers = try PageWatcher.browsers.map { try PageDriver($0) }
        let links = try await [Self.link(of: host), Self.link(of: host), Self.link(of: host)]
        try await withThrowingTaskGroup { group in
            for (page, link) in zip(browsers, links) {
                group.addTask {
                    // The root leads to the only session.
                    try await page.tell("open \(host.page(""))")
                    let address = try await page.run(String.self, "return location.href")
                    #expect(address == host.page("live/"), "\(page.browser)")
                    try await page.waits(for: Self.says("Live · 320 × 180"))
                    #expect(try await page.run(Bool.self, "return document.querySelector('.qr svg') !== null"))
                    try await page.pictures("session")

                    try await page.tell("open \(link)")
                    let console = try await page.run(String.self, "return location.pathname + location.search")
                    #expect(console == "/", "\(page.browser): the code has left the address")
                    try await page.waits(for: "return document.querySelector('.stream')?.dataset.tone === 'green'")
                    for text in [
                        "Live: 320×180", "kyoto has not been seen yet", "between keyframes", "last 10 minutes",
                    ] {
                        try await page.waits(for: Self.says(text))
                    }
                    for (name, tone) in [("main → wall", "green"), ("main → box", "red")] {
                        try await page.waits(
                            for: "return document.querySelector('[data-key=\"\(name)\"]')?.dataset.tone === '\(tone)'"
                        )
                    }
                    try await page.waits(for: Self.says("nobody answers there. Check that it listens"))
                    try await page.tell("click .venue .buttons button")
                    try await page.waits(for: "return document.getElementById('code').open")
                    let url = try await page.run(String.self, "return document.getElementById('address').value")
                    #expect(url == host.page("live/?venue=kyoto&token=k-secret"), "\(page.browser)")
                    #expect(try await page.run(Bool.self, "return document.querySelector('#picture svg') !== null"))
                    try await page.tell("click #close")
                    try await page.picture("console")
                }
            }
            try await group.waitForAll()
        }
        let victim = try await host.relayProcess()
        #expect(kill(victim, SIGKILL) == 0)
        for page in browsers {
            try await page.waits(for: Self.says("An instance of the relay 'live' ended: "))
            try await page.waits(for: Self.says("1 restart, the last "))
        }
        let player = try Program.start(
            FFmpeg.system,
            ["-loglevel", "error", "-i", host.rtmp("live/main"), "-f", "null", "-"]
        )
        let encoder = try host.publish()
        try await host.waitForStream()
        try await browsers[0].waits(for: "return document.querySelector('.stream').innerText.includes('1 viewer')")
        try await browsers[0].tell("click .title .buttons button:first-child")
        try await browsers[0].waits(for: Self.says("main · rtmp · 127.0.0.1:"))
        for _ in 0..<2 { try await browsers[0].tell("click #viewer-list li:last-child button") }
        try await browsers[0].waits(for: Self.says("The viewer was disconnected."))
        _ = try await player.result(within: .seconds(20))
        try await browsers[0].tell("click #close-viewers")
        // What interrupts people is pressed twice.
        let page = browsers[0]
        try await page.tell("click .title .buttons button:last-child")
        try await page.waits(for: Self.says("Replace it? Press again"))
        #expect(try await host.status().relay("live")?.restarts == 1)
        try await page.tell("click .title .buttons button:last-child")
        try await page.waits(for: Self.says("2 restarts, the last "))
        // The key that stands in the configuration is the operator's, and that is said.
        for _ in 0..<2 { try await page.tell("click .title .buttons button:nth-last-child(2)") }
        try await page.waits(for: Self.says("which only you may write"))
        try await page.tell("size 390x844")
        try await page.picture("console-phone")
        try await page.tell("size 1920x1080")
        try await page.picture("console-large")
        #expect(!host.program.said.contains("k-secret"))
        #expect(publisher.isRunning || encoder.isRunning)
    }

    /// A key has leaked: it is pressed twice, the publisher goes, the old key is refused, and the new one is shown.
    @Test func aNewKeyEndsTheOldOne() async throws {
        let scratch = try Scratch("key")
        let file = try scratch.write("the-old-key\n".utf8, to: "key")
        let host = try await HostUnderTest.start(["  live: { publish_key_file: '\(file)' }"], scratch: scratch)
        let old = host.rtmp("live/main?key=the-old-key")
        let publisher = try HostUnderTest.publish(to: old)
        try await host.waitForStream()
        let page = try PageDriver("chromium")
        try await page.tell("open \(Self.link(of: host))")
        let button = "click .title .buttons button:nth-last-child(2)"
        try await page.waits(for: "return document.querySelector('.stream')?.dataset.tone === 'green'")
        try await page.tell(button)
        try await page.waits(for: Self.says("Stop the old key? Press again"))
        #expect(publisher.isRunning)
        try await page.tell(button)
        try await page.waits(for: "return document.getElementById('new-key').open")
        #expect(try await page.run(Bool.self, Self.says("The publisher of live/main was sent away.")))
        let settings = try await page.run(String.self, "return document.getElementById('settings').value")
        let key = try String(contentsOfFile: file, encoding: .utf8).dropLast()
        #expect(settings == "Server: \(host.rtmp("live"))\nStream Key: main?key=\(key)")
        try await page.pictures("new-key")
        try await page.tell("click #close-new-key")
        try await page.waits(for: "return document.getElementById('settings').value === ''")
        _ = try await publisher.result(within: .seconds(20))

        _ = try await HostUnderTest.publish(to: old).result(within: .seconds(20))
        try await page.waits(for: Self.says("its key is wrong"))
        let again = try HostUnderTest.publish(to: host.rtmp("live/main?key=\(key)"))
        try await page.waits(for: "return document.querySelector('.stream')?.dataset.tone === 'green'")
        let answer = try await host.command("new-key", "live").outputText
        #expect(answer.contains("The publisher of live/main was sent away."))
        #expect(answer.contains("Stream Key  main?key="))
        _ = try await again.result(within: .seconds(20))
        let newest = try String(contentsOfFile: file, encoding: .utf8).dropLast()
        #expect(newest != key && answer.contains(newest))
        for secret in ["the-old-key", String(key), String(newest)] { #expect(!host.program.said.contains(secret)) }
    }
}
