import Alerts
import Contract
import Events
import Testing

/// What is wrong, since when, and when it is told.
struct AlertMachineTests {
    private static func clock(_ second: Double, minute: Int = 600) -> AlertClock {
        AlertClock(
            now: Instant(microseconds: Int64(second * 1_000_000)),
            unix: 1_800_000_000_000_000 + Int64(second * 1_000_000),
            minuteOfDay: minute
        )
    }

    /// A machine and the time.
    private struct Bench {
        var machine = AlertMachine()
        var after = Duration.seconds(10)
        var group = Duration.seconds(5)
        var again: Duration? = .seconds(3600)

        mutating func take(_ event: HostEvent, at second: Double) {
            let clock = AlertMachineTests.clock(second)
            self.machine.take(event, unix: clock.unix, clock, after: self.after)
        }

        mutating func poll(_ second: Double) -> [Alert] {
            self.machine.poll(AlertMachineTests.clock(second), group: self.group, again: self.again)
        }

        /// All that is told within a time, looking four times a second.
        mutating func told(from: Double, to: Double) -> [(second: Double, alerts: [Alert])] {
            stride(from: from, through: to, by: 0.25).compactMap { second in
                let alerts = self.poll(second)
                return alerts.isEmpty ? nil : (second, alerts)
            }
        }
    }

    private static func stream(_ code: String, _ subject: String = "live/main") -> HostEvent {
        HostEvent(
            kind: .stream,
            level: code == "live" ? .good : .bad,
            subject: subject,
            sentence: "\(subject) \(code)",
            code: code
        )
    }

    @Test func `a destination that fails is told until it does not`() {
        func event(_ level: HostEvent.Level) -> HostEvent {
            HostEvent(kind: .destination, level: level, subject: "live/main/box", sentence: "box")
        }
        #expect(AlertMachine.signal(event(.bad)) == .raises)
        #expect(AlertMachine.signal(event(.warning)) == nil)
        #expect(AlertMachine.signal(event(.good)) == .clears)
    }

    @Test func `what lasts is told once it has, and so is its end`() {
        var bench = Bench()
        bench.take(Self.stream("stale"), at: 0)
        let told = bench.told(from: 0, to: 60)
        #expect(told.map(\.second) == [15])
        #expect(told.first?.alerts.map(\.status) == [.firing] && bench.machine.firing == 1)
        #expect(told.first?.alerts.first?.since == EventTime.text(Self.clock(0).unix))
        bench.take(Self.stream("live"), at: 60)
        let end = bench.told(from: 60, to: 90)
        #expect(end.map(\.second) == [65] && end.first?.alerts.map(\.status) == [.recovered])
        #expect(end.first?.alerts.first?.seconds == 60 && bench.machine.firing == 0)
        #expect(end.first?.alerts.first?.line == "Recovered after 60 s: live/main stale")
        #expect(bench.told(from: 90, to: 200).isEmpty)
    }

    @Test func `what is over before that is not told`() {
        var bench = Bench()
        bench.take(Self.stream("stale"), at: 0)
        #expect(bench.told(from: 0, to: 9).isEmpty)
        bench.take(Self.stream("starting"), at: 8)
        bench.take(Self.stream("live"), at: 9)
        #expect(bench.told(from: 9, to: 100).isEmpty)
    }

    @Test func `one message tells what belongs together, the newest word of each`() {
        var bench = Bench()
        bench.take(Self.stream("stale"), at: 0)
        bench.take(Self.stream("black", "live/slides"), at: 3)
        let told = bench.told(from: 0, to: 60)
        #expect(told.count == 1 && told.first?.alerts.map(\.subject) == ["live/main", "live/slides"])
        // One that is over while its message is gathered is told as that.
        bench.take(Self.stream("stale", "live/other"), at: 60)
        #expect(bench.told(from: 60, to: 71).isEmpty)
        bench.take(Self.stream("live", "live/other"), at: 71)
        #expect(bench.told(from: 71, to: 90).first?.alerts.map(\.status) == [.recovered])
    }

    @Test func `another fault of the same thing is news, and the same one is not`() {
        var bench = Bench()
        bench.take(Self.stream("black"), at: 0)
        #expect(bench.told(from: 0, to: 30).count == 1)
        bench.take(Self.stream("black"), at: 30)
        #expect(bench.told(from: 30, to: 60).isEmpty)
        bench.take(Self.stream("stale"), at: 60)
        let told = bench.told(from: 60, to: 90)
        #expect(told.first?.alerts.map(\.code) == ["stale"] && told.first?.alerts.map(\.status) == [.firing])
    }

    @Test func `what lasts long is told again`() {
        var bench = Bench()
        bench.take(Self.stream("stale"), at: 0)
        _ = bench.told(from: 0, to: 30)
        let again = bench.told(from: 3600, to: 3700)
        #expect(again.count == 1 && again.first?.alerts.map(\.status) == [.still])
        #expect(again.first?.alerts.first?.line == "Still: live/main stale")
        bench.again = nil
        #expect(bench.told(from: 9000, to: 9100).isEmpty)
    }

    @Test func `a death is told at once, and is over when none has followed for a minute`() {
        var bench = Bench()
        let death = HostEvent(kind: .restart, level: .bad, subject: "live", sentence: "killed", code: "ended")
        bench.take(death, at: 0)
        #expect(bench.told(from: 0, to: 30).map(\.second) == [5])
        bench.take(death, at: 30)
        #expect(bench.told(from: 30, to: 89).isEmpty)
        let end = bench.told(from: 89, to: 120)
        #expect(end.first?.second == 95 && end.first?.alerts.map(\.status) == [.recovered])
    }

    @Test func `events mean what they mean`() {
        func signal(_ kind: HostEvent.Kind, _ level: HostEvent.Level, _ code: String? = nil) -> AlertMachine.Signal? {
            AlertMachine.signal(HostEvent(kind: kind, level: level, sentence: "", code: code))
        }
        #expect(signal(.stream, .good, "live") == .clears && signal(.stream, .warning, "waiting") == .clears)
        #expect(signal(.stream, .warning, "starting") == nil && signal(.stream, .warning, "black") == .raises)
        #expect(signal(.relay, .bad, "backing_off") == .raises && signal(.relay, .good, "ready") == .clears)
        #expect(signal(.relay, .warning, "gone") == .clears)
        #expect(
            signal(.restart, .bad) == .happens && signal(.restart, .warning) == nil && signal(.restart, .good) == nil
        )
        #expect(
            signal(.venue, .bad) == .raises && signal(.venue, .warning) == .clears && signal(.venue, .good) == .clears
        )
        #expect(signal(.refusal, .warning) == .happens)
        #expect(signal(.notice, .warning, "tape_short") == .raises && signal(.notice, .good, "tape_short") == .clears)
        // Nobody is woken for advice, and what was worse is over where it is all there is to say.
        for code in HostEvent.Code.advice { #expect(signal(.notice, .warning, code) == .clears) }
        #expect(signal(.certificate, .bad) == .raises && signal(.certificate, .good) == .clears)
        #expect(signal(.configuration, .bad) == .raises && signal(.configuration, .good) == .clears)
        #expect(signal(.history, .bad) == .raises && signal(.history, .good) == .clears)
        #expect(signal(.history, .warning) == .happens)
        #expect(signal(.host, .bad, "loop_stuck") == .raises && signal(.host, .good, "well") == .clears)
        #expect(signal(.host, .good, "started") == nil)
        for kind in [HostEvent.Kind.source, .operation, .alert] { #expect(signal(kind, .bad) == nil) }
    }

    @Test func `over a restart what was told is remembered, and is over unless it shows itself again`() {
        var bench = Bench()
        bench.take(Self.stream("stale"), at: 0)
        bench.take(Self.stream("black", "live/slides"), at: 0)
        _ = bench.told(from: 0, to: 30)
        var next = Bench()
        next.machine.restore(bench.machine.remembered, Self.clock(100))
        #expect(next.machine.firing == 2)
        next.take(Self.stream("black", "live/slides"), at: 110)
        let told = next.told(from: 100, to: 300)
        #expect(told.map(\.second) == [165])
        #expect(told.first?.alerts.map(\.subject) == ["live/main"] && told.first?.alerts.map(\.status) == [.recovered])
    }

    @Test func `what is wrong at once is bounded`() {
        var bench = Bench()
        for number in 0..<AlertMachine.limit + 50 { bench.take(Self.stream("stale", "live/\(number)"), at: 0) }
        #expect(bench.told(from: 0, to: 60).first?.alerts.count == AlertMachine.limit)
    }
}
