import Contract
import Events
import Foundation
import History
import Logging
import Testing
import Toolkit

/// A history on a disk, and all that can befall the file.
@Suite(.ownThread) struct HistoryFileTests {
    /// A history in a directory, and how tests wait for it.
    private final class Bench: Sendable {
        let scratch: Scratch?
        let directory: String
        let events = EventLog()
        let history: History

        init(
            in directory: String? = nil,
            _ spec: HistorySpec = .standard,
            before prepare: (String) throws -> Void = { _ in }
        ) throws {
            let scratch = directory == nil ? try Scratch("history") : nil
            self.scratch = scratch
            self.directory = directory ?? scratch?.directory.path ?? ""
            try prepare(self.directory)
            self.history = History(
                in: self.directory,
                spec,
                events: self.events,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            )
            try self.history.start()
        }

        var file: String { "\(self.directory)/history.sqlite" }

        func say(_ sentence: String, subject: String = "live/main", unix: Int64 = EventTime.now()) {
            let event = HostEvent(kind: .stream, level: .good, subject: subject, sentence: sentence, code: "live")
            self.events.append(event, unix: unix)
        }

        /// Asks until it is so.
        func snapshot(
            within limit: Duration = .seconds(20),
            until isWanted: (HistorySnapshot) -> Bool
        ) async throws -> HistorySnapshot {
            let end = ContinuousClock.now + limit
            while ContinuousClock.now < end {
                let snapshot = self.history.snapshot
                if isWanted(snapshot) { return snapshot }
                try await Task.sleep(for: .milliseconds(10))
            }
            Issue.record("\(self.history.snapshot)")
            throw CancellationError()
        }

        func written(_ count: UInt64) async throws {
            _ = try await self.snapshot { $0.written >= count && $0.waiting == 0 }
        }

        func sentences(_ query: EventQuery = EventQuery()) throws -> [String] {
            try self.history.recorded(query).events.map(\.sentence)
        }

        var names: [String] { (try? FileManager.default.contentsOfDirectory(atPath: self.directory))?.sorted() ?? [] }
    }

    /// What others do to the file: Python's own SQLite.
    private static func python(_ code: String, _ path: String) async throws {
        try await Program.run("/usr/bin/python3", ["-c", "import sqlite3,sys; \(code)", path])
    }

    @Test func `what happens is there after the next start`() async throws {
        let scratch = try Scratch("history")
        let first = try Bench(in: scratch.directory.path)
        first.say("one", unix: 1_700_000_000_000_000 + 1)
        first.say("two")
        first.say("elsewhere", subject: "lively/main")
        try await first.written(3)
        await first.history.stop()
        let second = try Bench(in: scratch.directory.path)
        second.say("three")
        try await second.written(1)
        for name in try FileManager.default.contentsOfDirectory(atPath: scratch.directory.path) {
            let attributes = try FileManager.default.attributesOfItem(atPath: scratch.file(name).path)
            #expect(attributes[.posixPermissions] as? Int == 0o600, "\(name)")
        }
        // The first is older than is kept.
        #expect(try second.sentences() == ["two", "elsewhere", "three"])
        #expect(try second.sentences(EventQuery(relay: "live")) == ["two", "three"])
        #expect(try second.sentences(EventQuery(limit: 1)) == ["three"])
        let last = try second.history.recorded(EventQuery()).last
        #expect(try second.sentences(EventQuery(after: last)).isEmpty)
        #expect(try second.sentences(EventQuery(after: last - 1)) == ["three"])
        #expect(try second.sentences(EventQuery(until: 5)).isEmpty)
        await second.history.stop()
    }

    @Test func `a report reads what was written`() async throws {
        let bench = try Bench()
        let now = EventTime.now()
        for (code, ago) in [("came", 3600), ("lost", 1800), ("back", 1700)] {
            let event = HostEvent(kind: .source, level: .good, subject: "live/main", sentence: code, code: code)
            bench.events.append(event, unix: now - Int64(ago) * 1_000_000)
        }
        // Of another session.
        bench.say("long ago", unix: now - 20 * 3_600_000_000)
        bench.history.note(
            [VenueDigest.Look(relay: "live", venue: "kyoto", state: "green", latency: 2, stalls: 0, reports: 1)],
            unix: now - 120_000_000
        )
        bench.history.note(
            [VenueDigest.Look(relay: "live", venue: "kyoto", state: "green", latency: 3, stalls: 1, reports: 9)],
            unix: now - 60_000_000
        )
        bench.history.note([], unix: now)
        try await bench.written(5)
        let report = try bench.history.report(of: "live", since: nil, until: now + 1)
        #expect(report.events.map(\.sentence) == ["came", "lost", "back"])
        #expect(report.streams.first?.gaps.map(\.seconds) == [100])
        #expect(report.rooms.first?.minutes.isEmpty == false && report.rooms.first?.stalls == 1)
        let whole = try bench.history.report(of: "live", since: now - 40 * 3_600_000_000, until: now + 1)
        #expect(whole.events.first?.sentence == "long ago")
        #expect(try bench.history.report(of: "none", since: nil, until: now).streams.isEmpty)
        await bench.history.stop()
    }

    @Test(arguments: ["nonsense", "truncated", "foreign", "later"])
    func `a file that is no history is moved aside, and said once`(kind: String) async throws {
        let scratch = try Scratch("history")
        let path = scratch.file("history.sqlite").path
        switch kind {
        case "nonsense": _ = try scratch.write(Array(repeating: UInt8(7), count: 9000), to: "history.sqlite")
        case "foreign":
            try await Self.python("c=sqlite3.connect(sys.argv[1]); c.execute('create table x(y)'); c.commit()", path)
        default:
            let first = try Bench(in: scratch.directory.path)
            for number in 0..<400 { first.say("\(number)") }
            try await first.written(400)
            await first.history.stop()
            if kind == "later" {
                try await Self.python("sqlite3.connect(sys.argv[1]).execute('pragma user_version=9')", path)
            } else {
                let bytes = try Data(contentsOf: URL(filePath: path))
                #expect(bytes.count > 16_384)
                try (bytes.prefix(8192) + Data(repeating: 9, count: bytes.count - 8192)).write(to: URL(filePath: path))
            }
        }
        let before = try Data(contentsOf: URL(filePath: path))
        let bench = try Bench(in: scratch.directory.path)
        bench.say("afresh")
        try await bench.written(2)
        let sentences = try bench.sentences()
        #expect(sentences.contains("afresh"))
        #expect(sentences.count { $0.contains("a fresh one was begun") } == 1, "\(sentences)")
        let aside = try #require(
            bench.names.first { $0.hasPrefix("history.sqlite.damaged-") && !$0.hasSuffix("l") && !$0.hasSuffix("m") }
        )
        #expect(try Data(contentsOf: scratch.file(aside)) == before)
        await bench.history.stop()
    }

    @Test func `while another program holds the file rows wait, and it is said`() async throws {
        let bench = try Bench()
        bench.say("before")
        try await bench.written(1)
        let code =
            "c=sqlite3.connect(sys.argv[1],isolation_level=None); c.execute('begin immediate'); print('held',flush=True)"
        let holder = try Program.start(
            "/usr/bin/python3",
            ["-c", "import sqlite3,sys,time; \(code); time.sleep(600)", bench.file]
        )
        _ = try await holder.line(containing: "held")
        bench.say("meanwhile")
        let trouble = try await bench.snapshot { $0.trouble != nil }
        #expect(trouble.trouble == "The history cannot be written: another program holds \(bench.file).")
        #expect(trouble.waiting >= 1 && trouble.dropped == 0)
        holder.kill()
        _ = try await bench.snapshot { $0.trouble == nil && $0.waiting == 0 && $0.written >= 4 }
        let sentences = try bench.sentences()
        #expect(
            sentences.contains("meanwhile") && sentences.last == "The history is written again. Nothing of it was lost."
        )
        await bench.history.stop()
    }

    /// A disk of its own that is full; only root can make one.
    @Test(.enabled(if: geteuid() == 0))
    func `a full disk is said in words, and is got over`() async throws {
        let scratch = try Scratch("disk")
        let disk = scratch.file("disk").path
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try await Program.run("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", disk])
        let bench = try Bench(in: disk)
        bench.say("before")
        try await bench.written(1)
        let filler = FileManager.default.createFile(atPath: "\(disk)/filler", contents: nil)
        #expect(filler)
        let handle = try FileHandle(forWritingTo: URL(filePath: "\(disk)/filler"))
        while (try? handle.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
        for number in 0..<200 { bench.say("while it is full \(number)") }
        let trouble = try await bench.snapshot { $0.trouble != nil }
        #expect(trouble.trouble == "The history cannot be written: no space left on \(disk); free some.")
        try FileManager.default.removeItem(atPath: "\(disk)/filler")
        try handle.close()
        _ = try await bench.snapshot { $0.trouble == nil && $0.waiting == 0 }
        #expect(try bench.sentences().contains("while it is full 199"))
        #expect(try bench.sentences().contains { $0.contains("written again") })
        await bench.history.stop()
        try await Program.run("umount", [disk])
    }

    /// What is written comes in small pieces, each with a page of every index.
    @Test(.enabled(if: geteuid() == 0))
    func `a small disk is not filled by the history alone, before others fill it or after`() async throws {
        let scratch = try Scratch("disk")
        let disk = scratch.file("disk").path
        try FileManager.default.createDirectory(atPath: disk, withIntermediateDirectories: true)
        try await Program.run("mount", ["-t", "tmpfs", "-o", "size=640k", "tmpfs", disk])
        let bench = try Bench(in: disk)
        func write(_ count: UInt64) async throws {
            for _ in 0..<count {
                let written = bench.history.snapshot.written
                bench.say("one more")
                try await bench.written(written + 1)
            }
        }
        try await write(100)
        let path = "\(disk)/filler"
        #expect(FileManager.default.createFile(atPath: path, contents: nil))
        let handle = try FileHandle(forWritingTo: URL(filePath: path))
        while (try? handle.write(contentsOf: Data(repeating: 1, count: 4096))) != nil {}
        try handle.close()
        _ = try await bench.snapshot { snapshot in
            bench.say("while it is full")
            return snapshot.cause == .full
        }
        try FileManager.default.removeItem(atPath: path)
        _ = try await bench.snapshot { $0.trouble == nil && $0.waiting == 0 }
        try await write(100)
        let sentences = try bench.sentences(EventQuery(limit: EventQuery.mostRows))
        #expect(sentences.count { $0 == "one more" } == 200)
        #expect(sentences.count { $0.contains("no space left") } == 1)
        #expect(bench.history.snapshot.trouble == nil && bench.history.snapshot.dropped == 0)
        await bench.history.stop()
        try await Program.run("umount", [disk])
    }

    @Test func `a directory that is not there is said, and history begins when it is`() async throws {
        let scratch = try Scratch("history")
        let directory = scratch.file("later").path
        let bench = try Bench(in: directory)
        bench.say("early")
        let trouble = try await bench.snapshot { $0.trouble != nil }
        #expect(trouble.trouble?.contains("is \(directory) there") == true, "\(trouble)")
        #expect(throws: HistoryUnavailable.self) { try bench.sentences() }
        #expect(throws: HistoryUnavailable.self) { try bench.history.report(of: "live", since: nil, until: 1) }
        try FileManager.default.createDirectory(atPath: directory, withIntermediateDirectories: true)
        _ = try await bench.snapshot { $0.trouble == nil && $0.waiting == 0 }
        // What it said itself may have come before.
        #expect(try bench.sentences().contains("early"))
        await bench.history.stop()
    }

    @Test func `what is off writes nothing, and gives what is remembered`() async throws {
        let bench = try Bench(HistorySpec(keep: nil, size: 1 << 20))
        bench.say("one")
        bench.say("two", subject: "other")
        #expect(try bench.sentences() == ["one", "two"])
        #expect(try bench.sentences(EventQuery(relay: "other")) == ["two"])
        #expect(try bench.history.report(of: "live", since: nil, until: EventTime.now() + 1).events.count == 1)
        #expect(!bench.history.snapshot.isOn && !bench.names.contains("history.sqlite"))
        // Switched on, it writes from there on.
        bench.history.use(.standard)
        _ = try await bench.snapshot { $0.isOn }
        bench.say("three")
        _ = try await bench.snapshot { _ in (try? bench.sentences().last) == "three" }
        bench.history.use(HistorySpec(keep: nil, size: 1 << 20))
        _ = try await bench.snapshot { !$0.isOn }
        await bench.history.stop()
    }

    @Test func `the oldest make room where it is too large`() async throws {
        let scratch = try Scratch("history")
        let first = try Bench(in: scratch.directory.path)
        let long = String(repeating: "x", count: 1000)
        for round in 0..<8 {
            for number in 0..<500 { first.say("\(round) \(number) \(long)") }
            try await first.written(UInt64(round + 1) * 500)
        }
        await first.history.stop()
        #expect(try Data(contentsOf: scratch.file("history.sqlite")).count > 4 << 20)
        let second = try Bench(in: scratch.directory.path, HistorySpec(keep: .seconds(86_400), size: 1 << 20))
        second.say("last")
        try await second.written(1)
        let snapshot = try await second.snapshot { $0.size < (3 << 20) / 2 && $0.size > 0 }
        #expect(snapshot.dropped == 0)
        let sentences = try second.sentences(EventQuery(limit: EventQuery.mostRows))
        #expect(sentences.last == "last" && sentences.contains("7 499 \(long)") && !sentences.contains("0 0 \(long)"))
        await second.history.stop()
    }
}
