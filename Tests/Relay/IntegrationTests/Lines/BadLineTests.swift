import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Bad lines")
    struct BadLines {
        /// A keyframe a second, and a flash and a beep with it.
        private static let sample = Sample(.h264Baseline, .aac, seconds: 70, container: "mp4")

        /// The keyframe interval and what a source may need to be noticed again.
        private static let patience = Duration.seconds(3)

        /// How long lines are cut: until the silence was noticed, or ten seconds where there is time.
        private static let cutTime: Duration =
            ProcessInfo.processInfo.environment["TRANSPONDER_LONG_CUT"] == nil ? .zero : .seconds(10)

        /// All ways at once, on one relay: what each line did to its packets is what the relay says, what viewers get
        /// decodes without a fault, and after a cut they get the same stream's next picture.
        @Test("What arrives over bad lines, what health says, and how long until the picture is back")
        func lines() async throws {
            let ports = try FreePorts.take(6)
            let relay = try await RelayProcess.quick { configuration in
                configuration.servesRTSP = true
                configuration.more = ["srt:", "  listen: 127.0.0.1:0", "  latency: 300ms", "streams:"]
                configuration.more += BadLine.Way.allCases.map { "  \(BadLine.declaration($0, ports))" }
            }
            let sample = try await Self.sample.path()
            let scratch = try Scratch("lines")
            let lines = try await Self.all(BadLine.Way.allCases) { way in
                try await BadLine(way, into: relay, ports, sample, scratch)
            }

            for (loss, share) in [(0.02, 0.1), (0.2, 3)] {
                _ = try await Self.all(lines) { line in try await Self.lose(loss, share, on: line) }
            }
            for line in lines { line.turn(.init()) }
            _ = try await Self.all(lines) { line in try await Self.expectCounted(line) }

            for line in lines { line.cut() }
            let cutAt = ContinuousClock.now
            _ = try await Self.all(lines) { line in
                let page = try await line.says("has been silent for")
                #expect(page.state == "stale")
                Figures.note("\(line.way) while the line is cut: \(page.sentence)")
            }
            if Self.cutTime > .zero { try await Task.sleep(until: cutAt + Self.cutTime, clock: .continuous) }
            let mendedAt = ContinuousClock.now
            for line in lines { line.mend() }
            _ = try await Self.all(lines) { line in
                try await line.pictures(1)
                let time = ContinuousClock.now - mendedAt
                Figures.note("\(line.way) cut for \(mendedAt - cutAt): the picture is back after \(time)")
                #expect(time < Self.patience, "\(line.way)")
                try await line.pictures(3 * Sample.frameRate)
                let state = line.viewer.seen.state
                #expect(
                    !state.isCut && state.regressions.isEmpty && state.trouble == nil,
                    "\(line.way): \(state), \(state.regressions)"
                )
            }
            _ = try await Self.all(lines) { line in try await Self.expectCounted(line) }
            try await relay.stop()
            for line in lines { try await Self.expectSound(line, sample) }
        }

        /// Has so many of a line's packets be lost, and as much else happen to them, until health says it: at least so many of a
        /// hundred in a minute of which most was well.
        private static func lose(_ loss: Double, _ share: Double, on line: BadLine) async throws {
            let isMended = line.way == .srt
            line.turn(
                .init(
                    loss: isMended ? 0.06 : loss,
                    duplication: 0.06,
                    reordering: 0.06,
                    jitter: .milliseconds(4),
                    detour: .milliseconds(30)
                )
            )
            guard !isMended else { return try await line.counts("link_retransmitted_packets_total") { $0 > 3 } }
            let page = try await line.says("were lost within a minute") { sentence in
                let told = sentence.split(separator: "(").dropFirst().first?.split(separator: " ").first
                return told.flatMap { Double($0) } ?? 0 >= share
            }
            #expect(page.state == "degraded")
            Figures.note("\(line.way) while \(Int(loss * 100)) % of packets are lost: \(page.sentence)")
        }

        /// The relay has counted what the line has.
        private static func expectCounted(_ line: BadLine) async throws {
            guard line.way != .srt else { return }
            // A line counts a packet when it leaves, and some leave after the weather has changed: both are asked each time.
            try await line.counts("link_duplicate_packets_total") { $0 == line.counts.duplicated }
            if line.way.numbersPackets {
                try await line.counts("link_lost_packets_total") { $0 == line.counts.lost + line.counts.cut }
                try await line.counts("link_reordered_packets_total") { $0 == line.counts.reordered }
            } else {
                // Seven packets of the transport stream a datagram; counters are of four bits.
                try await line.counts("link_lost_packets_total") {
                    ($0 > 0) && $0 <= 7 * (line.counts.lost + line.counts.cut)
                }
            }
            Figures.note("\(line.way): \(line.counts), as the relay says")
        }

        /// What the viewer was sent is whole: no decoder complains, times rise, and sound is where it was in the source
        /// before the cut and after it.
        private static func expectSound(_ line: BadLine, _ sample: String) async throws {
            try await line.finish()
            let frames = try await DecodedFrame.all(of: line.file, options: ["-err_detect", "explode"])
            let packets = try await FFprobe.packets(line.file)
            #expect(packets.isMonotonic, "\(line.way)")
            #expect(frames.count == packets.video().count, "\(line.way)")
            let times = packets.video().compactMap(\.ptsTime)
            let gap = try #require(zip(times, times.dropFirst()).max { $0.1 - $0.0 < $1.1 - $1.0 })
            // SRT sends again what the end of the cut has lost, as far back as its latency and some more allow.
            #expect(gap.1 - gap.0 > (line.way == .srt ? 1 : 2), "\(line.way): \(gap)")
            let sent = try #require(try await AVOffset.measure(sample).milliseconds)
            let whole = try await AVOffset.measure(line.file)
            // Those are from the file's start.
            let start = packets.compactMap(\.ptsTime).min() ?? 0
            let (cut, mended) = (gap.0 - start + 0.05, gap.1 - start - 0.05)
            for (part, name) in [(0..<cut, "before"), (mended..<1e6, "after")] {
                let got = try #require(
                    whole.within(part).milliseconds,
                    "\(line.way), \(name) the cut: \(whole), \(gap)"
                )
                #expect(abs(got - sent) <= 45, "\(line.way), \(name) the cut: \(got) ms, in the source \(sent) ms")
                Figures.note("A/V offset, \(line.way), \(name) the cut: \(got - sent) ms")
            }
        }

        /// Does something with all of them at once.
        private static func all<Item: Sendable, Result: Sendable>(
            _ items: [Item],
            _ body: @escaping @Sendable (Item) async throws -> Result
        ) async throws -> [Result] {
            try await withThrowingTaskGroup(of: (Int, Result).self) { group in
                for (index, item) in items.enumerated() {
                    group.addTask { (index, try await body(item)) }
                }
                return try await group.reduce(into: [(Int, Result)]()) { $0.append($1) }.sorted { $0.0 < $1.0 }.map(\.1)
            }
        }
    }
}
