package import Contract
internal import Dispatch
package import Events
internal import Foundation
package import Linux
package import Logging
internal import Synchronization

/// Tells people what is wrong. Reads the one log of events; decides by ``AlertMachine``; each receiver has a thread of its own.
package final class Alerts: Sendable {
    private struct State {
        var spec: AlertsSpec
        var machine = AlertMachine()
        var receivers: [AlertReceiver] = []
        var isStopping = false
    }

    package typealias Carriers = @Sendable (AlertReceiverSpec) -> any AlertCarrier

    /// What was tried, and what came of it.
    package struct Trial: Hashable, Sendable {
        package var receiver: String
        package var outcome: AlertOutcome

        package init(receiver: String, outcome: AlertOutcome) {
            self.receiver = receiver
            self.outcome = outcome
        }
    }

    /// Between two looks at what time has made true.
    private static let pause = DispatchTimeInterval.milliseconds(250)
    private static let firing = "firing"

    private let spool: AlertSpool
    private let events: EventLog
    private let log: Logger
    private let carriers: Carriers
    private let clock: @Sendable () -> AlertClock
    private let wake = DispatchSemaphore(value: 0)
    private let busy = BusySince()
    private let state: Mutex<State>
    private let thread = Mutex<WorkerThread?>(nil)

    /// - Parameters:
    ///   - directory: That keeps what is still to be told.
    ///   - spec: Who is told, and how often.
    ///   - events: What happens, and where it is said who was told.
    ///   - log: Of receivers that cannot be told.
    ///   - carriers: What brings messages to receivers.
    ///   - clock: The time.
    package init(
        in directory: String,
        _ spec: AlertsSpec,
        events: EventLog,
        log: Logger,
        carriers: @escaping Carriers = AlertCarriers.make,
        clock: @escaping @Sendable () -> AlertClock = Alerts.now
    ) {
        self.spool = AlertSpool(directory: directory)
        self.events = events
        self.log = log
        self.carriers = carriers
        self.clock = clock
        self.state = Mutex(State(spec: spec))
    }

    /// - Throws: Where the system has no thread left.
    package func start() throws(LinuxError) {
        let remembered = self.spool.load([AlertMachine.Remembered].self, Self.firing) ?? []
        let clock = self.clock()
        let spec = self.state.withLock { state in
            state.machine.restore(remembered, clock)
            return state.spec
        }
        try self.hire(spec)
        self.events.onAppend { [wake] in wake.signal() }
        let thread = try WorkerThread(name: "alerts") { [self] in self.run() }
        self.thread.withLock { $0 = thread }
    }

    /// What is still to be told stays in the spool.
    package func stop() async {
        let receivers = self.state.withLock { state in
            state.isStopping = true
            return state.receivers
        }
        self.wake.signal()
        for receiver in receivers { receiver.stop() }
        let thread = self.thread.withLock { $0.take() }
        await thread?.ended()
    }

    package func use(_ spec: AlertsSpec) throws(LinuxError) {
        guard self.state.withLock({ $0.spec != spec }) else { return }
        try self.hire(spec)
    }

    /// Those who stay as they are go on with what they have.
    private func hire(_ spec: AlertsSpec) throws(LinuxError) {
        let before = self.state.withLock { $0.receivers }
        let kept = before.filter { spec.receivers.contains($0.spec) }
        for receiver in before where !spec.receivers.contains(receiver.spec) {
            receiver.stop()
            if !spec.receivers.contains(where: { $0.name == receiver.spec.name }) { receiver.forget() }
        }
        var receivers: [AlertReceiver] = []
        for wanted in spec.receivers {
            if let receiver = kept.first(where: { $0.spec == wanted }) {
                receiver.use(spec)
                receivers.append(receiver)
                continue
            }
            let receiver = AlertReceiver(
                wanted,
                spec,
                carrier: self.carriers(wanted),
                spool: self.spool,
                events: self.events,
                log: self.log,
                clock: self.clock
            )
            try receiver.start()
            receivers.append(receiver)
        }
        self.state.withLock { state in
            state.spec = spec
            state.receivers = receivers
        }
    }

    /// Since when the thread that decides has been at one piece of work; nil while there is none.
    package var busySince: MonotonicInstant? { self.busy.since }

    package var snapshot: AlertsSnapshot {
        let (firing, receivers) = self.state.withLock { ($0.machine.firing, $0.receivers) }
        return AlertsSnapshot(firing: firing, receivers: receivers.map(\.snapshot))
    }

    /// Sends a test to a receiver, or to all of them, each on a thread of its own.
    ///
    /// - Returns: What came of it; nothing where there is no such receiver.
    package func test(_ name: String?) async -> [Trial] {
        let receivers = self.state.withLock { $0.receivers }.filter { name == nil || $0.spec.name == name }
        return await withTaskGroup(of: Trial.self) { group in
            for receiver in receivers {
                group.addTask {
                    let outcome = await WorkerThread.value(named: "alert-test") { receiver.test() }
                    return Trial(receiver: receiver.spec.name, outcome: outcome)
                }
            }
            return await group.reduce(into: []) { $0.append($1) }.sorted { $0.receiver < $1.receiver }
        }
    }

    private func run() {
        var last: UInt64 = 0
        var isUnsaved = false
        defer { self.busy.end() }
        while true {
            self.busy.begin()
            let news = self.events.events(after: last)
            last = news.last?.number ?? last
            let clock = self.clock()
            let (alerts, receivers, remembered, isStopping) = self.state.withLock { state in
                let before = state.machine.remembered
                for item in news {
                    state.machine.take(item.event, unix: item.unix, clock, after: state.spec.after)
                }
                let alerts = state.machine.poll(clock, group: state.spec.group, again: state.spec.again)
                let after = state.machine.remembered
                return (alerts, state.receivers, after == before && !isUnsaved ? nil : after, state.isStopping)
            }
            // Written down after the receivers have it: told twice is better than never.
            for receiver in receivers { receiver.take(alerts) }
            if let remembered, !receivers.isEmpty {
                do throws(LinuxError) {
                    try self.spool.save(remembered, Self.firing)
                    isUnsaved = false
                } catch {
                    // Each receiver says why, once; it is tried at every look.
                    isUnsaved = true
                }
            }
            if isStopping { return }
            self.busy.end()
            _ = self.wake.wait(timeout: .now() + Self.pause)
        }
    }

    /// What the clocks of this machine say, where it is.
    package static let now: @Sendable () -> AlertClock = {
        let date = Date()
        let parts = Calendar.current.dateComponents([.hour, .minute], from: date)
        return AlertClock(
            now: Instant(microseconds: MonotonicClock.now.nanoseconds / 1000),
            unix: Int64((date.timeIntervalSince1970 * 1_000_000).rounded()),
            minuteOfDay: (parts.hour ?? 0) * 60 + (parts.minute ?? 0)
        )
    }
}
