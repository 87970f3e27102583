import Foundation
import Testing
import Toolkit

/// Faults that real encoders send at a constant bitrate, and streams of kinds that are well: what health says of each, how soon,
/// for how long, and that it does not say it of others. All are streams of one relay, side by side.
///
/// `TRANSPONDER_LONG_HEALTH` holds so many seconds for which the healthy ones are watched.
@Suite("What health says of picture and sound", .timeLimit(.minutes(10)))
struct TruthTableTests {
    struct Row: Sendable {
        let stream: String
        /// Nil of a stream that is well.
        var fault: String?
        var video: String?
        var audio: String?
        var words = ""
        var more: [String] = []
    }

    /// When faults begin and end, by the encoder's own clock, s.
    static let begin = 14.0
    static let end = 26.0
    static let during = "enable='between(t,\(begin),\(end))'"
    static let moving = "testsrc2=size=320x180:rate=15"
    static let tone = "sine=frequency=440:sample_rate=48000,volume=-14dB,aformat=channel_layouts=stereo"

    static let faulty = [
        Row(
            stream: "black",
            fault: "black",
            video: "\(moving),drawbox=color=black:t=fill:\(during)",
            audio: tone,
            words: "is black"
        ),
        Row(
            stream: "frozen",
            fault: "frozen",
            video: "\(moving)[a];smptehdbars=size=320x180:rate=15[b];[a][b]overlay=\(during)",
            audio: tone,
            words: "stood still"
        ),
        Row(
            stream: "silent",
            fault: "silent",
            video: moving,
            audio: "\(tone),volume=0:\(during)",
            words: "has been silent for"
        ),
        Row(
            stream: "left",
            fault: "channel_missing",
            video: moving,
            audio: "\(tone),aeval=val(0)*not(between(t\\,\(begin)\\,\(end)))|val(1)",
            words: "The left channel has no sound"
        ),
        Row(
            stream: "drift",
            fault: "drifting",
            video: moving,
            audio: tone,
            words: "apart each second",
            more: [
                "-bsf:a",
                "setts=ts='TS+50*(clip(TS/1000,\(begin),\(end))-\(begin))'",
            ]
        ),
    ]

    static let healthy = [
        Row(stream: "slides", video: "smptehdbars=size=320x180:rate=15", audio: speech(-20)),
        Row(
            stream: "theatre",
            video: "color=0x191919:size=320x180:rate=15,noise=alls=10:allf=t",
            audio: "anoisesrc=amplitude=0.01:sample_rate=48000,aformat=channel_layouts=stereo"
        ),
        Row(stream: "quiet", video: moving, audio: speech(-45)),
        Row(stream: "screen", video: "testsrc2=size=320x180:rate=5", audio: tone),
        Row(stream: "sound", audio: tone),
    ]

    /// Words and pauses of two seconds, in a room that is not quite still.
    static func speech(_ level: Int) -> String {
        "sine=frequency=220:sample_rate=48000,volume=\(level + 18)dB,volume='0.001+gt(mod(t\\,5)\\,2)':eval=frame,"
            + "aformat=channel_layouts=stereo"
    }

    struct Page: Decodable, Sendable {
        var state: String
        var sentence: String
        var faults: [String]
    }

    struct Sighting: Sendable {
        var at: Double
        var page: Page
    }

    private static func publish(_ row: Row, to relay: RelayProcess) throws -> Program {
        var arguments = ["-hide_banner", "-nostdin", "-nostats", "-loglevel", "warning"]
        if let video = row.video { arguments += ["-re", "-f", "lavfi", "-i", video] }
        if let audio = row.audio { arguments += ["-re", "-f", "lavfi", "-i", audio] }
        if row.video != nil {
            let keyframes = row.video?.contains("rate=5") == true ? "10" : "30"
            arguments += [
                "-c:v", "libx264", "-preset", "ultrafast", "-tune", "zerolatency", "-pix_fmt", "yuv420p", "-g",
                keyframes,
                "-keyint_min", keyframes, "-sc_threshold", "0", "-b:v", "400k", "-minrate", "400k", "-maxrate", "400k",
                "-bufsize", "400k", "-x264-params", "nal-hrd=cbr:force-cfr=1", "-threads", "1",
            ]
        }
        arguments += ["-c:a", "aac", "-b:a", "96k"] + row.more
        return try Program.start(FFmpeg.system, arguments + ["-f", "flv", relay.publishAddress(row.stream)])
    }

    /// Watches one stream from its first picture on for so many seconds of it.
    private static func watch(_ row: Row, on relay: RelayProcess, seconds: Double) async throws -> [Sighting] {
        let program = try Self.publish(row, to: relay)
        defer { program.kill() }
        let address = relay.page("health/live/\(row.stream)")
        _ = try await HTTP.get(address) { (try? $0.json(Page.self))?.state == "starting" }
        let start = ContinuousClock.now
        var seen: [Sighting] = []
        while true {
            try await Task.sleep(for: .milliseconds(250))
            let time = (ContinuousClock.now - start) / .seconds(1)
            guard time < seconds else { return seen }
            guard let page = try? await HTTP.get(address).json(Page.self) else { continue }
            seen.append(Sighting(at: time, page: page))
        }
    }

    @Test func everyFaultIsToldInTimeAndNoOther() async throws {
        var configuration = RelayConfiguration()
        configuration.limits["streams"] = "16"
        configuration.limits["bitrate"] = "500kbit/s"
        let relay = try await RelayProcess.start(configuration)
        let long = ProcessInfo.processInfo.environment["TRANSPONDER_LONG_HEALTH"].flatMap(Double.init)
        try await withThrowingTaskGroup(of: (Row, [Sighting], String).self) { group in
            for row in Self.faulty {
                group.addTask {
                    let seen = try await Self.watch(row, on: relay, seconds: Self.end + 12)
                    return (row, seen, "")
                }
            }
            for row in Self.healthy {
                group.addTask {
                    (row, try await Self.watch(row, on: relay, seconds: long ?? Self.end + 12), "")
                }
            }
            // What a scraper sees in the middle of them.
            let metrics = Task {
                try await Task.sleep(for: .seconds(Self.end - 2))
                return try await HTTP.get(relay.page("metrics")).text
            }
            for try await (row, seen, _) in group {
                if let fault = row.fault {
                    Self.expect(fault, row, seen)
                    let line = "transponder_stream_fault{relay=\"live\",stream=\"\(row.stream)\",fault=\"\(fault)\"} 1"
                    #expect(try await metrics.value.contains(line + "\n"))
                } else {
                    let wrong = seen.filter { !$0.page.faults.isEmpty }
                    #expect(wrong.isEmpty, "\(row.stream): \(wrong.first.map { "\($0)" } ?? "")")
                    #expect(seen.last?.page.state == "live", "\(row.stream)")
                }
            }
        }
        try await relay.stop()
    }

    /// Seconds that an encoder takes from its first picture to its connection, and a machine that is busy beside.
    private static let slack = 2.0

    private static func expect(_ fault: String, _ row: Row, _ seen: [Sighting]) {
        let told = seen.filter { $0.page.faults.contains(fault) }
        guard let first = told.first, let last = told.last else {
            Issue.record("\(row.stream): never told; at last \(seen.last.map { "\($0)" } ?? "nothing")")
            return
        }
        #expect(first.at > Self.begin - Self.slack, "\(row.stream) is called \(fault) before it is: \(first)")
        #expect(first.at <= Self.begin + 5 + Self.slack, "\(row.stream) is called \(fault) late: \(first)")
        #expect(first.page.sentence.contains(row.words), "\(first)")
        #expect(first.page.state == "degraded")
        // It stays for as long as it lasts, and goes within ten seconds.
        let between = seen.filter { $0.at > first.at && $0.at < Self.end - 1 }
        #expect(between.allSatisfy { $0.page.faults.contains(fault) }, "\(row.stream): \(fault) came and went")
        #expect(last.at <= Self.end + 10 + Self.slack, "\(row.stream) is called \(fault) for too long: \(last)")
        let others = seen.filter { !$0.page.faults.allSatisfy { $0 == fault } }
        #expect(others.isEmpty, "\(row.stream): \(others.first.map { "\($0)" } ?? "")")
    }
}
