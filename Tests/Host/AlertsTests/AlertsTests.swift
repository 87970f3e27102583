import Alerts
import Contract
import Events
import Foundation
import Logging
import Synchronization
import Testing
import Toolkit

/// The whole, with receivers that do what a test says.
@Suite(.ownThread) struct AlertsTests {
    private final class Carrier: AlertCarrier {
        let messages = Mutex<[AlertMessage]>([])
        let outcomes: Mutex<[AlertOutcome]>
        let hold: DispatchSemaphore?

        init(_ outcomes: [AlertOutcome] = [], hold: DispatchSemaphore? = nil) {
            self.outcomes = Mutex(outcomes)
            self.hold = hold
        }

        func send(_ message: AlertMessage) -> AlertOutcome {
            self.messages.withLock { $0.append(message) }
            self.hold?.wait()
            return self.outcomes.withLock { $0.isEmpty ? .delivered("well") : $0.removeFirst() }
        }

        var titles: [String] { self.messages.withLock { $0.map(\.title) } }
    }

    private static func spec(_ names: String...) -> AlertsSpec {
        var spec = AlertsSpec.standard
        spec.after = .zero
        spec.group = .zero
        spec.receivers = names.map { AlertReceiverSpec(name: $0, way: .command(["/bin/\($0)"])) }
        return spec
    }

    private static func start(
        _ spec: AlertsSpec,
        in directory: String,
        _ carriers: [String: Carrier]
    ) throws -> (Alerts, EventLog) {
        let events = EventLog()
        let alerts = Alerts(
            in: directory,
            spec,
            events: events,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            carriers: { carriers[$0.name] ?? Carrier() }
        )
        try alerts.start()
        return (alerts, events)
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

    private static func wait(_ isSo: () -> Bool) async throws {
        let end = ContinuousClock.now + .seconds(20)
        while !isSo() {
            guard ContinuousClock.now < end else {
                Issue.record("it did not come to be")
                throw CancellationError()
            }
            try await Task.sleep(for: .milliseconds(10))
        }
    }

    @Test func `a thread that stands still is seen`() async throws {
        let scratch = try Scratch("alerts")
        let (came, gate) = (DispatchSemaphore(value: 0), DispatchSemaphore(value: 0))
        let alerts = Alerts(
            in: scratch.file("alerts").path,
            // Receivers ask for the time as well.
            Self.spec(),
            events: EventLog(),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            carriers: { _ in Carrier() },
            clock: {
                // The first look is that of its start.
                came.signal()
                gate.wait()
                return Alerts.now()
            }
        )
        #expect(alerts.busySince == nil)
        gate.signal()
        try alerts.start()
        for _ in 0..<2 { came.wait() }
        #expect(alerts.busySince != nil)
        for _ in 0..<100 { gate.signal() }
        try await Self.wait { alerts.busySince == nil }
        await alerts.stop()
        #expect(alerts.busySince == nil)
    }

    @Test func `a receiver that hangs keeps nobody else`() async throws {
        let scratch = try Scratch("alerts")
        let hold = DispatchSemaphore(value: 0)
        let (slow, quick) = (Carrier(hold: hold), Carrier())
        let (alerts, events) = try Self.start(
            Self.spec("quick", "slow"),
            in: scratch.file("alerts").path,
            ["slow": slow, "quick": quick]
        )
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { quick.titles.count == 1 && slow.titles.count == 1 }
        events.append(Self.stream("live"), unix: EventTime.now())
        try await Self.wait { quick.titles.count == 2 }
        #expect(quick.titles.first == "live/main stale" && quick.titles.last?.hasPrefix("Recovered after") == true)
        #expect(slow.titles.count == 1 && alerts.snapshot.receivers.first { $0.name == "slow" }?.waiting == 2)
        for _ in 0..<4 { hold.signal() }
        try await Self.wait { slow.titles.count == 2 }
        await alerts.stop()
        #expect(events.events(after: 0).count { $0.event.kind == .alert } >= 2)
    }

    @Test func `what a receiver could not be told outlives the host`() async throws {
        let scratch = try Scratch("alerts")
        let directory = scratch.file("alerts").path
        let broken = Carrier(Array(repeating: .failed("it answered with HTTP status 500"), count: 99))
        let (first, events) = try Self.start(Self.spec("hook"), in: directory, ["hook": broken])
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { first.snapshot.receivers.first?.trouble != nil }
        #expect(first.snapshot.receivers.first?.trouble == "'hook' cannot be told: it answered with HTTP status 500.")
        await first.stop()
        let mended = Carrier()
        let (second, again) = try Self.start(Self.spec("hook"), in: directory, ["hook": mended])
        try await Self.wait { mended.titles == ["live/main stale"] }
        #expect(mended.messages.withLock { $0.first?.id } == broken.messages.withLock { $0.first?.id })
        // What the last host told is known to this one, and so is its end.
        #expect(second.snapshot.firing == 1)
        again.append(Self.stream("live"), unix: EventTime.now())
        try await Self.wait { mended.titles.count == 2 }
        #expect(mended.titles.last?.hasPrefix("Recovered") == true)
        await second.stop()
    }

    @Test func `a failure is tried again`() async throws {
        let scratch = try Scratch("alerts")
        let hook = Carrier([.failed("no"), .delivered("yes")])
        let (alerts, events) = try Self.start(Self.spec("hook"), in: scratch.file("alerts").path, ["hook": hook])
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { events.events(after: 0).count { $0.event.kind == .alert } == 2 }
        #expect(alerts.snapshot.receivers.first?.sent == 1)
        #expect(hook.titles.count == 2 && alerts.snapshot.receivers.first?.failed == 1)
        #expect(alerts.snapshot.receivers.first?.trouble == nil)
        let told = events.events(after: 0).map(\.event).filter { $0.kind == .alert }
        #expect(told.map(\.code) == ["failed", "sent"] && told.last?.sentence.contains("reached again") == true)
        await alerts.stop()
    }

    @Test func `receivers come and go while it runs`() async throws {
        let scratch = try Scratch("alerts")
        let directory = scratch.file("alerts").path
        let (one, two) = (Carrier(), Carrier())
        let (alerts, events) = try Self.start(Self.spec("one"), in: directory, ["one": one, "two": two])
        #expect(await alerts.test(nil).map(\.receiver) == ["one"])
        #expect(await alerts.test("two").isEmpty)
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { one.titles.count == 2 }
        try alerts.use(Self.spec("two"))
        events.append(Self.stream("live"), unix: EventTime.now())
        try await Self.wait { two.titles.count == 1 }
        #expect(one.titles == ["A test of transponder's alerts.", "live/main stale"])
        #expect(!FileManager.default.fileExists(atPath: "\(directory)/to-one.json"))
        #expect(await alerts.test("two") == [Alerts.Trial(receiver: "two", outcome: .delivered("well"))])
        await alerts.stop()
    }

    @Test func `a spool that cannot be read or written stops nobody`() async throws {
        let scratch = try Scratch("alerts")
        let directory = scratch.file("alerts").path
        // Where the directory would be there is a file.
        _ = try scratch.write("x".utf8, to: "alerts")
        let hook = Carrier()
        let (alerts, events) = try Self.start(Self.spec("hook"), in: directory, ["hook": hook])
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { hook.titles.count == 1 }
        await alerts.stop()
        let other = try Scratch("alerts")
        _ = try other.write("{".utf8, to: "to-hook.json")
        _ = try other.write("[7]".utf8, to: "firing.json")
        let (again, _) = try Self.start(Self.spec("hook"), in: other.directory.path, ["hook": hook])
        #expect(again.snapshot.firing == 0 && again.snapshot.receivers.first?.waiting == 0)
        await again.stop()
    }

    /// As after a disk that was full: nobody need be told anything more for it to be written down.
    @Test(.timeLimit(.minutes(1)))
    func `what could not be kept is kept as soon as it can be`() async throws {
        let scratch = try Scratch("alerts")
        let directory = scratch.file("alerts").path
        _ = try scratch.write("x".utf8, to: "alerts")
        let hook = Carrier()
        let (alerts, events) = try Self.start(Self.spec("hook"), in: directory, ["hook": hook])
        events.append(Self.stream("stale"), unix: EventTime.now())
        try await Self.wait { hook.titles.count == 1 && alerts.snapshot.receivers.first?.waiting == 0 }
        try FileManager.default.removeItem(atPath: directory)
        try await Self.wait {
            let kept = ["firing.json", "to-hook.json"].compactMap {
                FileManager.default.contents(atPath: "\(directory)/\($0)")
            }
            return kept.count == 2 && String(decoding: kept[0], as: UTF8.self).contains("live/main")
        }
        await alerts.stop()
        // The next one knows what was told.
        let (again, _) = try Self.start(Self.spec("hook"), in: directory, ["hook": hook])
        #expect(again.snapshot.firing == 1 && again.snapshot.receivers.first?.waiting == 0)
        await again.stop()
    }
}
