import Foundation
import Glibc
import Testing
import Toolkit

/// What is wrong within ten seconds is told once, and once that it is over: one host, many streams side by side.
@Suite(.ownThread, .timeLimit(.minutes(3))) struct AlertTableTests {
    private struct Alert: Decodable, Hashable {
        var status: String
        var kind: String
        var subject: String
        var code: String?

        var name: String { "\(self.kind) \(self.subject) \(self.code ?? "")" }
    }

    private struct Message: Decodable {
        var alerts: [Alert]
    }

    private static let during = "enable='between(t,14,24)'"
    private static let moving = "testsrc2=size=320x180:rate=15"
    private static let tone = "sine=frequency=440:sample_rate=48000,aformat=channel_layouts=stereo"

    /// Faults of the picture and the sound, by the stream that has them: one of each, and all of them where
    /// TRANSPONDER_LONG_HEALTH asks for it. An encoder for each is more than a machine with two cores has beside other tests.
    private static let coded = Self.all.filter { fault, _ in
        ["black", "silent"].contains(fault) || ProcessInfo.processInfo.environment["TRANSPONDER_LONG_HEALTH"] != nil
    }

    private static let all = [
        "black": ("\(moving),drawbox=color=black:t=fill:\(during)", tone),
        "frozen": ("\(moving)[a];smptehdbars=size=320x180:rate=15[b];[a][b]overlay=\(during)", tone),
        "flat": ("\(moving),drawbox=color=0x2255aa:t=fill:\(during)", tone),
        "silent": (moving, "\(tone),volume=0:\(during)"),
        "channel_missing": (moving, "\(tone),aeval=val(0)*not(between(t\\,14\\,24))|val(1)"),
    ]

    private static func publish(_ host: HostUnderTest, _ stream: String, _ video: String, _ audio: String) throws
        -> Program
    {
        try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-f", "lavfi", "-i", video]
                + [
                    "-re", "-f", "lavfi", "-i", audio, "-c:v", "libx264", "-preset", "ultrafast", "-tune",
                    "zerolatency",
                ]
                + ["-pix_fmt", "yuv420p", "-threads", "1", "-g", "30", "-sc_threshold", "0", "-b:v", "400k"]
                + ["-minrate", "400k", "-maxrate", "400k", "-bufsize", "400k", "-x264-params"]
                + ["nal-hrd=cbr:force-cfr=1", "-c:a", "aac", "-f", "flv"]
                + [host.rtmp("live/\(stream)?key=\(HostUnderTest.key)")]
        )
    }

    /// Collects what is told until all of these have been, or a time is over.
    private static func alerts(
        _ receiver: Program,
        until wanted: Set<String>,
        within deadline: Duration
    ) async throws -> [Alert] {
        let start = ContinuousClock.now
        while true {
            let told = receiver.said.split(separator: "\n").flatMap { line -> [Alert] in
                guard let begin = line.firstIndex(of: "{") else { return [] }
                return (try? JSONDecoder().decode(Message.self, from: Data(line[begin...].utf8)))?.alerts ?? []
            }
            let names = Set(told.map { "\($0.status) \($0.name)" })
            if names.isSuperset(of: wanted) || ContinuousClock.now - start > deadline { return told }
            try await Task.sleep(for: .milliseconds(250))
        }
    }

    @Test func `each fault is told once, and once that it is over`() async throws {
        let receiver = try Program.start("/usr/bin/python3", ["-c", AlertTests.receiver])
        let port = try await receiver.line(containing: "port ").split(separator: " ").last ?? ""
        let destination = try FreePorts.take(2)[0]
        let streams = Self.coded.keys.sorted() + ["killed", "halted", "wanted"]
        let lines =
            ["limits: { streams: 16, bitrate: 500kbit/s }", "streams:"] + streams.map { "  \($0): {}" }
            + ["  pushed: { push: { box: { to: 'srt://127.0.0.1:\(destination)' } } }"]
        let relay = ([HostUnderTest.relay("live")] + lines.map { "    \($0)" }).joined(separator: "\n")
        let host = try await HostUnderTest.start(
            [relay, HostUnderTest.relay("other")],
            isolation: "none",
            isSecure: true,
            more: "alerts: { after: 0, group: 0, receivers: { hook: { webhook: \"http://127.0.0.1:\(port)/\" } } }"
        )
        var programs: [Program] = []
        for (stream, (video, audio)) in Self.coded {
            programs.append(try Self.publish(host, stream, video, audio))
        }
        for stream in ["killed", "halted", "wanted", "pushed"] {
            programs.append(try Self.publish(host, stream, Self.moving, Self.tone))
        }
        let (killed, halted) = (programs[Self.coded.count], programs[Self.coded.count + 1])
        for stream in ["killed", "halted", "wanted"] { try await host.waitForStream("live/\(stream)") }
        killed.kill()
        halted.signal(SIGSTOP)
        programs.append(try HostUnderTest.publish(to: host.rtmp("live/wanted?key=not-the-key")))
        #expect(kill(try await host.relayProcess("other"), SIGKILL) == 0)

        let lasting = [
            "stream live/killed stale", "stream live/halted stale", "destination live/pushed/box failing",
        ]
        let once = ["refusal live/wanted wrong_key", "restart other ended", "certificate  expiring"]
        let passing = Self.coded.keys.map { "stream live/\($0) \($0)" }
        _ = try await Self.alerts(receiver, until: Set((lasting + once).map { "firing \($0)" }), within: .seconds(20))
        programs.append(try Self.publish(host, "killed", Self.moving, Self.tone))
        halted.signal(SIGCONT)
        programs.append(
            try Program.start(
                FFmpeg.system,
                ["-hide_banner", "-nostdin", "-loglevel", "quiet", "-i"]
                    + ["srt://127.0.0.1:\(destination)?mode=listener", "-c", "copy", "-f", "null", "-"]
            )
        )
        let wanted = once.map { "firing \($0)" } + (lasting + passing).flatMap { ["firing \($0)", "recovered \($0)"] }
        let told = try await Self.alerts(receiver, until: Set(wanted), within: .seconds(40))
        let counts = Dictionary(told.map { ("\($0.status) \($0.name)", 1) }, uniquingKeysWith: +)
        for alert in wanted {
            #expect(counts[alert] == 1, "\(alert): \(counts[alert] ?? 0) times; \(told.map(\.name))")
        }
        // The relay that was killed is started again, which is told where it takes long enough to be seen.
        let others = counts.keys.filter { !wanted.contains($0) && !$0.contains(" relay other ") }
        #expect(others.isEmpty, "\(counts)")
        _ = try await host.stop()
        withExtendedLifetime(programs) {}
    }
}
