package import Events

/// Something that is wrong, or is not any more. Keys never change; new ones may come.
package struct Alert: Codable, Hashable, Sendable {
    package enum Status: String, Codable, Hashable, Sendable, CaseIterable {
        case firing
        /// It was told before, and is so still.
        case still
        case recovered
    }

    package var status: Status
    package var level: HostEvent.Level
    package var kind: HostEvent.Kind
    package var subject: String
    package var sentence: String
    package var code: String?

    /// Since when it was so; RFC 3339.
    package var since: String

    /// When it was over; absent while it is not.
    package var until: String?

    /// How long it was so; absent while it is.
    package var seconds: Double?

    package init(
        status: Status,
        level: HostEvent.Level,
        kind: HostEvent.Kind,
        subject: String,
        sentence: String,
        code: String? = nil,
        since: String
    ) {
        self.status = status
        self.level = level
        self.kind = kind
        self.subject = subject
        self.sentence = sentence
        self.code = code
        self.since = since
    }
}

/// What is sent to a receiver at once.
package struct AlertMessage: Codable, Hashable, Sendable {
    package enum Kind: String, Codable, Hashable, Sendable, CaseIterable {
        case alerts
        /// All that was held in quiet hours.
        case digest
        /// How much was left out.
        case summary
        case test
    }

    /// Receivers that are sent one twice know it by this.
    package var id: String
    package var kind: Kind
    package var at: String
    package var title: String
    package var alerts: [Alert]

    /// Alerts that were left out before this one, because there were too many.
    package var leftOut: Int

    package init(id: String, kind: Kind, unix: Int64, alerts: [Alert], leftOut: Int = 0) {
        self.id = id
        self.kind = kind
        self.at = EventTime.text(unix)
        self.alerts = alerts
        self.leftOut = leftOut
        self.title = Self.title(kind, alerts, leftOut)
    }

    private static func title(_ kind: Kind, _ alerts: [Alert], _ leftOut: Int) -> String {
        switch kind {
        case .test: return "A test of transponder's alerts."
        case .summary:
            return "\(leftOut) \(leftOut == 1 ? "alert was" : "alerts were") left out, because there were too many; "
                + "transponder events lists all."
        case .digest: return "In the quiet hours: \(alerts.count) \(alerts.count == 1 ? "thing" : "things") happened."
        case .alerts: break
        }
        if alerts.count == 1, let alert = alerts.first { return alert.line }
        let firing = alerts.count { $0.status != .recovered }
        let parts = [(firing, "wrong"), (alerts.count - firing, "recovered")].filter { $0.0 > 0 }.map {
            "\($0.0) \($0.1)"
        }
        return "transponder: \(parts.joined(separator: ", "))"
    }

    /// For people: the title, and a line for each alert.
    package var text: String {
        let lines = self.alerts.map(\.line)
        return (lines == [self.title] ? lines : [self.title] + lines).joined(separator: "\n")
    }
}

extension Alert {
    package var line: String {
        let line = HostEvent.line(self.sentence, of: self.subject, kind: self.kind.rawValue)
        return switch self.status {
        case .firing: line
        case .still: "Still: \(line)"
        case .recovered: "Recovered\(self.seconds.map { " after \(EventSpan.text($0))" } ?? ""): \(line)"
        }
    }
}
