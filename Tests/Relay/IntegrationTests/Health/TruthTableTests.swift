import Foundation
import Testing
import Toolkit

/// Faults that real encoders send at a constant bitrate, and streams of kinds that are well: what health says of each, how soon,
/// for how long, and that it does not say it of others. All are streams of one relay, side by side.
///
/// `TRANSPONDER_LONG_HEALTH` holds so many seconds for which the healthy ones are watched.
@Suite("What health says of picture and sound", .timeLimit(.minutes(10)))
struct TruthTableTests {
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
        for input in [row.video, row.audio].compactMap(\.self) {
            arguments += ["-readrate", row.speed, "-f", "lavfi", "-i", input]
        }
        if row.video != nil {
            arguments += ["-c:v", "libx264", "-preset", "ultrafast", "-pix_fmt", "yuv420p", "-threads", "1"]
            if !row.more.contains("-bf") { arguments += ["-tune", "zerolatency"] }
            arguments += row.keyframes + ["-sc_threshold", "0"] + row.coding
        }
        if row.audio != nil { arguments += ["-c:a", "aac", "-b:a", "96k"] }
        return try Program.start(FFmpeg.system, arguments + row.more + ["-f", "flv", relay.publishAddress(row.stream)])
    }

    /// One that wants a stream that is on air, and has not its key.
    private static func publishWithAWrongKey(_ row: Row, to relay: RelayProcess) throws -> Program {
        let address = relay.publishAddress(row.stream, key: "not-the-key")
        return try Program.start(
            FFmpeg.system,
            [
                "-hide_banner", "-nostdin", "-loglevel", "quiet", "-re", "-f", "lavfi", "-i", Self.tone, "-f", "flv",
                address,
            ]
        )
    }

    /// Watches one stream from its first picture on for so many seconds of it.
    private static func watch(_ row: Row, on relay: RelayProcess, seconds: Double) async throws -> [Sighting] {
        let program = try Self.publish(row, to: relay)
        defer { program.kill() }
        var other: Program?
        defer { other?.kill() }
        let address = relay.page("health/live/\(row.stream)")
        _ = try await HTTP.get(address) { (try? $0.json(Page.self))?.state == "starting" }
        let start = ContinuousClock.now
        var seen: [Sighting] = []
        while true {
            try await Task.sleep(for: .milliseconds(250))
            let time = (ContinuousClock.now - start) / .seconds(1)
            guard time < seconds else { return seen }
            if row.isWanted, other == nil, time > row.begin { other = try Self.publishWithAWrongKey(row, to: relay) }
            guard let page = try? await HTTP.get(address).json(Page.self) else { continue }
            seen.append(Sighting(at: time, page: page))
        }
    }

    /// In two rounds, because twenty-four encoders are more than a small machine has time for.
    @Test func everyFaultIsToldInTimeAndNoOther() async throws {
        let long = ProcessInfo.processInfo.environment["TRANSPONDER_LONG_HEALTH"].flatMap(Double.init)
        let first = long == nil ? Self.healthy.prefix(Self.healthyAtFirst) : []
        try await self.play(Self.faulty.prefix(Self.faultyAtFirst) + first, healthyFor: nil)
        let rest = Self.healthy.dropFirst(first.count)
        try await self.play(Self.faulty.dropFirst(Self.faultyAtFirst) + rest, healthyFor: long)
    }

    private static let faultyAtFirst = 8
    private static let healthyAtFirst = 4

    private func play(_ rows: ArraySlice<Row>, healthyFor long: Double?) async throws {
        var configuration = RelayConfiguration()
        configuration.limits["streams"] = "32"
        configuration.limits["bitrate"] = "500kbit/s"
        let relay = try await RelayProcess.start(configuration)
        try await withThrowingTaskGroup(of: (Row, [Sighting]).self) { group in
            for row in rows {
                group.addTask {
                    let seconds = row.fault == nil ? long : nil
                    return (row, try await Self.watch(row, on: relay, seconds: seconds ?? Row.end + 12))
                }
            }
            // What a scraper sees in the middle of them.
            let metrics = Task {
                try await Task.sleep(for: .seconds(Row.end - 1))
                return try await HTTP.get(relay.page("metrics")).text
            }
            for try await (row, seen) in group {
                if let fault = row.fault {
                    Self.expect(fault, row, seen)
                    guard row.begin + row.time < Row.end - 2 else { continue }
                    let series =
                        "transponder_stream_fault{relay=\"live\",stream=\"\(row.stream)\",fault=\"\(fault)\"} 1\n"
                    #expect(try await metrics.value.contains(series), "\(row.stream)")
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
        print("\(row.stream): \(fault) told after \(first.at - row.begin) s")
        #expect(first.at > row.begin - Self.slack, "\(row.stream) is called \(fault) before it is: \(first)")
        #expect(first.at <= row.begin + row.time + Self.slack, "\(row.stream) is called \(fault) late: \(first)")
        #expect(first.page.sentence.contains(row.words), "\(first)")
        #expect(first.page.state == row.state)
        // It stays for as long as it lasts, and goes within ten seconds.
        let end = row.ends ? Row.end - 1 : .infinity
        let between = seen.filter { $0.at > first.at && $0.at < end }
        #expect(between.allSatisfy { $0.page.faults.contains(fault) }, "\(row.stream): \(fault) came and went")
        if row.ends {
            #expect(last.at <= Row.end + 10 + Self.slack, "\(row.stream) is called \(fault) for too long: \(last)")
        }
        let others = seen.filter { !$0.page.faults.allSatisfy { $0 == fault } }
        #expect(others.isEmpty, "\(row.stream): \(others.first.map { "\($0)" } ?? "")")
    }
}
