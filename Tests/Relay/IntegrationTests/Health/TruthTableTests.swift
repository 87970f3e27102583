import Foundation
import Linux
import Testing
import Toolkit

/// The rows that are played alone, by the names of their streams; nil: those that there is time for.
private let chosen = ProcessInfo.processInfo.environment["TRANSPONDER_HEALTH_ROWS"].map { names in
    Set(names.split(separator: ",").map(String.init))
}

/// For how many seconds the long rows are watched; nil where they are left out.
private let long = ProcessInfo.processInfo.environment["TRANSPONDER_LONG_HEALTH"].flatMap(Double.init)

/// Faults that real encoders send at a constant bitrate, and streams of kinds that are well: what health says of each, how soon,
/// for how long, and that it does not say it of others. All are streams of one relay, side by side.
///
/// `TRANSPONDER_LONG_HEALTH` holds so many seconds for which the healthy ones are watched, and those whose faults last; without
/// it some of the rows are left out. `TRANSPONDER_HEALTH_ROWS=black,frozen` plays those alone.
@Suite("What health says of picture and sound", .timeLimit(.minutes(long == nil ? 10 : 120)))
struct TruthTableTests {
    struct Page: Decodable, Sendable {
        var state: String
        var sentence: String
        var faults: [String]
    }

    struct Sighting: Sendable {
        var at: Double
        var page: Page
        /// Of HTTP.
        var status: Int
        /// For how long the encoder and the relay have waited for a processor since the fault began, and since it ended, s.
        var held = (sinceBegin: 0.0, sinceEnd: 0.0)
        /// Whether a scraper sees the fault as soon as the page tells it; nil of all other times.
        var isMeasured: Bool?

        /// Whether a fault, or a state that is one, is told.
        func tells(_ fault: String) -> Bool { self.page.faults.contains(fault) || self.page.state == fault }
    }

    /// Watches one stream from its first picture on for so many seconds of it, and until what had to wait for a processor is told.
    private static func watch(_ row: Row, on relay: RelayProcess, seconds: Double) async throws -> [Sighting] {
        var stage = try Stage(row, on: relay)
        let address = relay.page("health/live/\(row.stream)")
        // On a busy machine it may have started before the first answer.
        _ = try await HTTP.get(address) { ["starting", "live"].contains((try? $0.json(Page.self))?.state) }
        let start = ContinuousClock.now
        var seen: [Sighting] = []
        var (begin, end): (Busyness?, Busyness?)
        while true {
            try await Task.sleep(for: .milliseconds(250))
            let time = (ContinuousClock.now - start) / .seconds(1)
            if time >= seconds {
                let isTold = seen.contains { sighting in row.fault.map { sighting.tells($0) } ?? true }
                let latest = row.latest(held: Busyness(stage, relay).held(since: begin))
                guard !isTold, time < min(latest, seconds + Self.patience) else { return seen }
            }
            try stage.advance(to: time)
            if begin == nil, time >= row.begin { begin = Busyness(stage, relay) }
            if end == nil, time >= Row.end { end = Busyness(stage, relay) }
            let response = try? await HTTP.get(address)
            guard let response, let page = try? response.json(Page.self) else { continue }
            var sighting = Sighting(at: time, page: page, status: response.status)
            // To read it for each would make the machine busy by itself.
            if page.faults != seen.last?.page.faults || page.state != seen.last?.page.state {
                let now = Busyness(stage, relay)
                sighting.held = (now.held(since: begin), now.held(since: end))
                if let last = seen.indices.last { seen[last].held = sighting.held }
            }
            if let fault = row.fault, sighting.tells(fault), !seen.contains(where: { $0.isMeasured != nil }) {
                sighting.isMeasured = try await HTTP.get(relay.page("metrics")).text.contains(row.series)
            }
            seen.append(sighting)
        }
    }

    /// In rounds, because all at once are more encoders than a small machine has time for.
    @Test func everyFaultIsToldInTimeAndNoOther() async throws {
        let all =
            Self.faulty.filter { long != nil || !Self.seldom.contains($0.stream) } + (long == nil ? Self.healthy : [])
        let rows = chosen.map { names in (Self.faulty + Self.healthy).filter { names.contains($0.stream) } } ?? all
        let rounds = (rows.count + Self.atOnce - 1) / Self.atOnce
        // Each has some of every kind, so that those that cost much are not in one.
        for round in 0..<rounds {
            try await self.playBeside(rows.indices.filter { $0 % rounds == round }.map { rows[$0] }, for: nil)
        }
        if let long { try await self.playBeside(Self.lasting + Self.healthy, for: long) }
    }

    /// Where text is looked for it is in a relay of its own: in all pictures it takes more of a debug build than they have.
    private func playBeside(_ rows: [Row], for long: Double?) async throws {
        let illegible = rows.filter { $0.fault == "text_illegible" }
        async let withText: Void = self.play(illegible, for: long)
        try await self.play(rows.filter { $0.fault != "text_illegible" }, for: long)
        try await withText
    }

    private static let atOnce = 12

    /// Rows whose rules others in the table or below it show as well: played where there is time.
    private static let seldom: Set = [
        "colourful", "decline", "fast", "hectic", "lean", "mute-again", "reordered", "restless", "rich", "rivals",
        "sleepers", "slideshow", "small", "soundless",
    ]

    private func play(_ rows: [Row], for long: Double?) async throws {
        guard !rows.isEmpty else { return }
        var configuration = RelayConfiguration()
        configuration.limits["streams"] = "32"
        configuration.limits["bitrate"] = "500kbit/s"
        configuration.limits["send_buffer"] = "16KiB"
        configuration.stall = "2s"
        configuration.more = ["checks: { text: \(rows.contains { $0.fault == "text_illegible" }) }"]
        configuration.more += ["streams:"] + rows.map { "  \($0.stream): { \($0.declaration) }" }
        let relay = try await RelayProcess.start(configuration)
        try await withThrowingTaskGroup(of: (Row, [Sighting]).self) { group in
            for row in rows {
                group.addTask {
                    return (row, try await Self.watch(row, on: relay, seconds: long ?? Row.end + 12))
                }
            }
            for try await (row, seen) in group {
                if let fault = row.fault {
                    Self.expect(fault, row, seen)
                } else {
                    let wrong = seen.filter { !$0.page.faults.isEmpty }
                    #expect(wrong.isEmpty, "\(row.stream): \(wrong.first.map { "\($0)" } ?? "")")
                    #expect(seen.last?.page.state == "live", "\(row.stream)")
                }
            }
        }
        try await relay.stop()
    }

    /// What a balancer is to take a stream away for, as the configuration has it by itself.
    private static let unhealthy: Set = ["stale", "video_stopped", "audio_stopped", "black", "frozen", "silent"]

    /// For how long a fault is waited for on a machine that is busy, beyond the time for which a stream is watched, s.
    private static let patience = 30.0

    private static func expect(_ fault: String, _ row: Row, _ seen: [Sighting]) {
        let told = seen.filter { $0.tells(fault) }
        guard let first = told.first, let last = told.last else {
            Issue.record("\(row.stream): never told; at last \(seen.last.map { "\($0)" } ?? "nothing")")
            return
        }
        let held = first.held.sinceBegin
        print("\(row.stream): \(fault) told after \(first.at - row.begin) s, \(held) s of them waiting for a processor")
        #expect(first.at > row.begin - Row.slack, "\(row.stream) is called \(fault) before it is: \(first)")
        #expect(first.at <= row.latest(held: held), "\(row.stream) is called \(fault) late: \(first)")
        #expect(first.page.sentence.contains(row.words), "\(first)")
        #expect(first.page.state == row.state)
        #expect(first.status == (Self.unhealthy.contains(fault) ? 503 : 200), "\(first)")
        #expect(first.isMeasured == true, "\(row.stream): no scraper sees \(row.series)")
        // It stays for as long as it lasts, and goes within ten seconds.
        let end = row.ends ? Row.end - 1 : .infinity
        let between = seen.filter { $0.at > first.at && $0.at < end }
        #expect(between.allSatisfy { $0.tells(fault) }, "\(row.stream): \(fault) came and went")
        if row.ends {
            let latest = Row.end + 10 + Row.slack + last.held.sinceEnd
            #expect(last.at <= latest, "\(row.stream) is called \(fault) for too long: \(last)")
        }
        let others = seen.filter { !$0.page.faults.allSatisfy { $0 == fault } }
        #expect(others.isEmpty, "\(row.stream): \(others.first.map { "\($0)" } ?? "")")
    }
}
