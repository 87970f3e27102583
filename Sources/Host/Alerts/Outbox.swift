package import Contract
internal import Events

/// What one receiver is still to be sent, and when it is tried: limits, quiet hours, pauses after failures. It is written down after
/// each change, so that nothing is lost when the receiver or the host is gone for a while.
package struct Outbox: Codable, Hashable, Sendable {
    /// Messages, and held alerts, that wait; of more the oldest are left out and counted.
    package static let limit = 200
    /// Alerts of one message; of more the rest is counted.
    package static let mostAlerts = 50
    static let firstPause = Duration.seconds(1)
    static let longestPause = Duration.seconds(300)
    private static let hour: Int64 = 3_600_000_000

    package private(set) var queue: [AlertMessage] = []
    /// Kept for the end of the quiet hours.
    private var held: [Alert] = []
    /// Left out since the last message that said so.
    private var leftOut = 0
    /// When messages were put into the queue within the last hour, µs since 1970-01-01 UTC.
    private var times: [Int64] = []
    private var failures = 0
    private var count: UInt64 = 0

    /// Of all, for figures.
    package private(set) var totalLeftOut: UInt64 = 0

    /// Of this process alone: another one's clock began elsewhere.
    private var retryAt: Instant?

    private enum CodingKeys: String, CodingKey {
        case queue, held, leftOut, times, failures, count
    }

    package init() {}

    package enum Action: Hashable, Sendable {
        case send(AlertMessage)
        case wait(Duration)
        /// Until there is something.
        case rest
    }

    package var waiting: Int { self.queue.count + (self.held.isEmpty ? 0 : 1) }

    package mutating func take(_ alerts: [Alert], _ clock: AlertClock, _ spec: AlertsSpec) {
        guard !alerts.isEmpty else { return }
        if spec.quiet?.contains(clock.minuteOfDay) == true {
            self.held += alerts
            if self.held.count > Self.limit { self.leaveOut(self.held.count - Self.limit) { $0.held.removeFirst($1) } }
            return
        }
        self.admit(.alerts, alerts, clock, spec)
    }

    package mutating func take(test unix: Int64) -> AlertMessage {
        self.count &+= 1
        return AlertMessage(id: self.id(unix), kind: .test, unix: unix, alerts: [])
    }

    private func id(_ unix: Int64) -> String { "\(unix)-\(self.count)" }

    private mutating func admit(_ kind: AlertMessage.Kind, _ alerts: [Alert], _ clock: AlertClock, _ spec: AlertsSpec) {
        self.times.removeAll { clock.unix - $0 >= Self.hour || $0 > clock.unix }
        guard self.times.count < spec.limit else {
            self.leftOut += alerts.count
            self.totalLeftOut &+= UInt64(alerts.count)
            return
        }
        let excess = max(alerts.count - Self.mostAlerts, 0)
        self.leftOut += excess
        self.totalLeftOut &+= UInt64(excess)
        self.enqueue(kind, Array(alerts.prefix(Self.mostAlerts)), clock)
    }

    private mutating func enqueue(_ kind: AlertMessage.Kind, _ alerts: [Alert], _ clock: AlertClock) {
        self.count &+= 1
        self.times.append(clock.unix)
        self.queue.append(
            AlertMessage(id: self.id(clock.unix), kind: kind, unix: clock.unix, alerts: alerts, leftOut: self.leftOut)
        )
        self.leftOut = 0
        guard self.queue.count > Self.limit else { return }
        let excess = self.queue.count - Self.limit
        let lost = self.queue.prefix(excess).reduce(0) { $0 + $1.alerts.count + $1.leftOut }
        self.leaveOut(lost) { box, _ in box.queue.removeFirst(excess) }
    }

    private mutating func leaveOut(_ count: Int, _ remove: (inout Outbox, Int) -> Void) {
        remove(&self, count)
        self.leftOut += count
        self.totalLeftOut &+= UInt64(count)
    }

    package mutating func next(_ clock: AlertClock, _ spec: AlertsSpec) -> Action {
        let isQuiet = spec.quiet?.contains(clock.minuteOfDay) == true
        if !isQuiet, !self.held.isEmpty {
            let held = self.held
            self.held = []
            self.admit(.digest, held, clock, spec)
        }
        self.times.removeAll { clock.unix - $0 >= Self.hour || $0 > clock.unix }
        // One message says how much was left out, as soon as there is room for it.
        if !isQuiet, self.leftOut > 0, self.queue.isEmpty, self.times.count < spec.limit {
            self.enqueue(.summary, [], clock)
        }
        if let message = self.queue.first {
            if let retryAt, retryAt > clock.now { return .wait(retryAt - clock.now) }
            return .send(message)
        }
        return self.held.isEmpty && self.leftOut == 0 ? .rest : .wait(.seconds(20))
    }

    /// What was sent has arrived.
    package mutating func sent(_ id: String) {
        if self.queue.first?.id == id { self.queue.removeFirst() }
        self.failures = 0
        self.retryAt = nil
    }

    /// What was sent has not arrived.
    ///
    /// - Parameters:
    ///   - clock: When.
    ///   - chance: From 0 up to 1, so that not all try at the same time.
    package mutating func failed(_ clock: AlertClock, chance: Double) {
        self.failures = min(self.failures + 1, 32)
        let pause = min(Self.firstPause * (1 << min(self.failures - 1, 9)), Self.longestPause)
        self.retryAt = clock.now + pause * (0.5 + min(max(chance, 0), 1) / 2)
    }
}
