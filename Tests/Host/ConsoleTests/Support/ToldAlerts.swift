import Alerts
import ConsoleToolkit
import Contract
import Events

/// What people are told of what happens at a desk, by a machine that looks each second.
struct ToldAlerts {
    var machine = AlertMachine()
    private(set) var alerts: [Alert] = []

    mutating func take(_ events: [NumberedEvent], of desk: Desk) {
        let reading = desk.host.snapshot().clock
        let clock = AlertClock(now: reading.now, unix: reading.unix, minuteOfDay: 600)
        for event in events {
            self.machine.take(event.event, unix: event.unix, clock, after: .seconds(5))
        }
        self.alerts += self.machine.poll(clock, group: .zero, again: .seconds(3600))
    }

    /// The host ends, and the next reads what was told.
    mutating func restart(_ desk: Desk) {
        let remembered = self.machine.remembered
        let reading = desk.host.snapshot().clock
        self.machine = AlertMachine()
        self.machine.restore(remembered, AlertClock(now: reading.now, unix: reading.unix, minuteOfDay: 600))
    }

    var words: [String] { self.alerts.map { "\($0.subject) \($0.code ?? "") \($0.status.rawValue)" } }
}
