package import Contract
package import Events

/// Both clocks in one moment, as decisions need them.
package struct AlertClock: Hashable, Sendable {
    package var now: Instant
    /// µs since 1970-01-01 UTC.
    package var unix: Int64
    /// Minutes since midnight, where the host is.
    package var minuteOfDay: Int

    package init(now: Instant, unix: Int64, minuteOfDay: Int) {
        self.now = now
        self.unix = unix
        self.minuteOfDay = minuteOfDay
    }
}

/// Decides what is wrong, since when, and which of it is to be told together. Takes events and the time.
package struct AlertMachine: Sendable {
    package struct Key: Hashable, Sendable, Codable {
        package var kind: HostEvent.Kind
        package var subject: String
    }

    /// What an event means for what is wrong.
    package enum Signal: Hashable, Sendable {
        case raises
        /// It happened and is over; told at once, and over when it does not happen again for a while.
        case happens
        case clears
    }

    private struct Condition {
        var event: HostEvent
        var since: Int64
        /// When it is to be told if it is so still; nil: it was told.
        var dueAt: Instant?
        /// When it was last told; nil: never.
        var toldAt: Instant?
        /// When it is over by itself: of what only happens, and of what was wrong before the host started.
        var endsAt: Instant?
    }

    /// Things that are wrong at once; more are not told apart from these.
    package static let limit = 512
    /// What happened, and not again for so long, is over.
    package static let calm = Duration.seconds(60)
    /// What was wrong when the last host ended must show itself again within this time.
    package static let proof = Duration.seconds(60)

    private var conditions: [Key: Condition] = [:]
    private var gathered: [Key: Alert] = [:]
    private var order: [Key] = []
    private var flushAt: Instant?

    package init() {}

    package var firing: Int { self.conditions.values.count { $0.toldAt != nil } }

    /// Nil: nothing of it is told to anybody.
    package static func signal(_ event: HostEvent) -> Signal? {
        switch event.kind {
        case .stream:
            switch event.code {
            case "live", "waiting": return .clears
            // Neither here nor there: what was wrong before is so until there is a picture.
            case "starting": return nil
            default: return .raises
            }
        case .relay: return event.level == .good || event.code == "gone" ? .clears : .raises
        case .certificate: return event.level == .good ? .clears : .raises
        case .configuration: return event.level == .good ? .clears : .raises
        case .destination:
            switch event.level {
            case .good: return .clears
            case .warning: return nil
            case .bad: return .raises
            }
        case .restart: return event.level == .bad ? .happens : nil
        case .refusal: return .happens
        case .notice:
            let isAdvice = event.code.map(HostEvent.Code.advice.contains) ?? false
            return event.level == .good || isAdvice ? .clears : .raises
        case .venue: return event.level == .bad ? .raises : .clears
        case .history:
            switch event.level {
            case .good: return .clears
            case .warning: return .happens
            case .bad: return .raises
            }
        case .host:
            // That it starts and ends is no trouble.
            return event.level == .bad ? .raises : event.code == HostEvent.Code.well ? .clears : nil
        // A source that is missed is told by its stream, which knows what viewers see.
        case .source, .operation, .alert: return nil
        }
    }

    package mutating func take(_ event: HostEvent, unix: Int64, _ clock: AlertClock, after hold: Duration) {
        guard let signal = Self.signal(event) else { return }
        let key = Key(kind: event.kind, subject: event.subject)
        switch signal {
        case .clears: self.clear(key, unix: unix, clock)
        case .raises:
            guard var condition = self.conditions[key] else {
                return self.add(key, Condition(event: event, since: unix, dueAt: clock.now + hold))
            }
            let isOther = condition.event.code != event.code
            condition.event = event
            condition.endsAt = nil
            // Another fault of the same thing is news, when it lasts as well.
            if condition.toldAt != nil, isOther { condition.dueAt = clock.now + hold }
            self.conditions[key] = condition
        case .happens:
            guard var condition = self.conditions[key] else {
                let ends = clock.now + Self.calm
                return self.add(key, Condition(event: event, since: unix, dueAt: clock.now, endsAt: ends))
            }
            condition.event = event
            condition.endsAt = clock.now + Self.calm
            self.conditions[key] = condition
        }
    }

    private mutating func add(_ key: Key, _ condition: Condition) {
        guard self.conditions.count < Self.limit else { return }
        self.conditions[key] = condition
    }

    private mutating func clear(_ key: Key, unix: Int64, _ clock: AlertClock) {
        guard let condition = self.conditions.removeValue(forKey: key), condition.toldAt != nil else { return }
        var alert = Self.alert(condition, key, .recovered)
        let end = max(unix, condition.since)
        alert.until = EventTime.text(end)
        alert.seconds = Double(end - condition.since) / 1_000_000
        self.gather(alert, key)
    }

    /// Brings what time has made true.
    ///
    /// - Returns: What is to be told now, together; empty: nothing.
    package mutating func poll(_ clock: AlertClock, group: Duration, again: Duration?) -> [Alert] {
        for (key, condition) in self.conditions.sorted(by: { $0.value.since < $1.value.since }) {
            if let ends = condition.endsAt, ends <= clock.now, condition.dueAt == nil {
                self.clear(key, unix: clock.unix, clock)
            } else if let due = condition.dueAt {
                if due <= clock.now { self.tell(key, .firing, clock) }
            } else if let again, let told = condition.toldAt, clock.now - told >= again {
                self.tell(key, .still, clock)
            }
        }
        guard !self.order.isEmpty else { return [] }
        let flushAt = self.flushAt ?? clock.now + group
        self.flushAt = flushAt
        guard flushAt <= clock.now else { return [] }
        let alerts = self.order.compactMap { self.gathered[$0] }
        (self.order, self.gathered, self.flushAt) = ([], [:], nil)
        return alerts
    }

    private mutating func tell(_ key: Key, _ status: Alert.Status, _ clock: AlertClock) {
        guard var condition = self.conditions[key] else { return }
        condition.dueAt = nil
        condition.toldAt = clock.now
        self.conditions[key] = condition
        self.gather(Self.alert(condition, key, status), key)
    }

    /// The newest word on each thing counts.
    private mutating func gather(_ alert: Alert, _ key: Key) {
        if self.gathered[key] == nil { self.order.append(key) }
        self.gathered[key] = alert
    }

    private static func alert(_ condition: Condition, _ key: Key, _ status: Alert.Status) -> Alert {
        Alert(
            status: status,
            level: condition.event.level,
            kind: key.kind,
            subject: key.subject,
            sentence: condition.event.sentence,
            code: condition.event.code,
            since: EventTime.text(condition.since)
        )
    }

    // MARK: - Over a restart of the host

    /// Something that was told and is not known to be over.
    package struct Remembered: Codable, Hashable, Sendable {
        package var key: Key
        package var event: HostEvent
        package var since: Int64
    }

    package var remembered: [Remembered] {
        self.conditions.filter { $0.value.toldAt != nil }.sorted { $0.value.since < $1.value.since }
            .map { Remembered(key: $0.key, event: $0.value.event, since: $0.value.since) }
    }

    /// What the last host told and did not see the end of: it is over unless it shows itself again.
    package mutating func restore(_ remembered: [Remembered], _ clock: AlertClock) {
        for item in remembered.prefix(Self.limit) {
            let ends = clock.now + Self.proof
            self.add(item.key, Condition(event: item.event, since: item.since, toldAt: clock.now, endsAt: ends))
        }
    }
}
