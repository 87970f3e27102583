/// Who is told when something is wrong, and how often.
package struct AlertsSpec: Hashable, Sendable {
    /// In the order of their names.
    package var receivers: [AlertReceiverSpec]

    /// How long something must have been wrong before it is told.
    package var after: Duration

    /// How long more of the same time is waited for, so that one message tells all.
    package var group: Duration

    /// What lasts is told again after so long; nil: once.
    package var again: Duration?

    /// Messages to each receiver within an hour.
    package var limit: Int

    /// When nobody is told at once, but of all together afterwards.
    package var quiet: QuietHours?

    package static let afterBounds = Duration.zero...Duration.seconds(3600)
    package static let groupBounds = Duration.zero...Duration.seconds(600)
    package static let againBounds = Duration.seconds(60)...Duration.seconds(7 * 86_400)
    package static let limitBounds = 1...1000
    package static let receiverLimit = 16

    package static let standard = AlertsSpec(
        receivers: [],
        after: .seconds(10),
        group: .seconds(5),
        again: .seconds(3600),
        limit: 20,
        quiet: nil
    )

    package init(
        receivers: [AlertReceiverSpec],
        after: Duration,
        group: Duration,
        again: Duration?,
        limit: Int,
        quiet: QuietHours?
    ) {
        self.receivers = receivers
        self.after = after
        self.group = group
        self.again = again
        self.limit = limit
        self.quiet = quiet
    }
}

/// One who is told.
package struct AlertReceiverSpec: Hashable, Sendable {
    package enum Form: String, Hashable, Sendable, CaseIterable {
        case json, slack
    }

    package enum Way: Hashable, Sendable {
        /// A POST; the address of some is a secret, and with a secret of its own it is signed.
        case webhook(HiddenText, form: Form, secret: HiddenText?)
        case email(server: String, from: String, to: [String], user: String?, password: HiddenText?)
        case mqtt(broker: String, topic: String, user: String?, password: HiddenText?)
        /// A program and its arguments; no shell reads them.
        case command([String])
    }

    package let name: String
    package let way: Way

    package init(name: String, way: Way) {
        self.name = name
        self.way = way
    }

    /// `webhook`, `email`, …
    package var kind: String {
        switch self.way {
        case .webhook: "webhook"
        case .email: "email"
        case .mqtt: "mqtt"
        case .command: "command"
        }
    }
}

/// A time of every day, over midnight where its end is before its beginning.
package struct QuietHours: Hashable, Sendable, CustomStringConvertible {
    /// Minutes from midnight.
    package let from: Int
    package let until: Int

    /// Reads `23:00-07:00`.
    package init(_ text: String) throws(SpecError) {
        let halves = text.split(separator: "-", omittingEmptySubsequences: false)
        guard halves.count == 2, let from = Self.minutes(halves[0]), let until = Self.minutes(halves[1]), from != until
        else { throw SpecError("quiet", sentence: "'\(text)' is no time of the day; write it as 23:00-07:00.") }
        self.from = from
        self.until = until
    }

    private static func minutes(_ text: Substring) -> Int? {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 2, parts.allSatisfy({ (1...2).contains($0.count) && $0.allSatisfy(\.isNumber) }),
            let hour = Int(parts[0]), let minute = Int(parts[1]), (0...23).contains(hour), (0...59).contains(minute)
        else { return nil }
        return hour * 60 + minute
    }

    package func contains(_ minute: Int) -> Bool {
        self.from < self.until
            ? (self.from..<self.until).contains(minute) : minute >= self.from || minute < self.until
    }

    package var description: String { "\(Self.text(self.from))-\(Self.text(self.until))" }

    private static func text(_ minutes: Int) -> String {
        let (hour, minute) = (minutes / 60, minutes % 60)
        return "\(hour < 10 ? "0" : "")\(hour):\(minute < 10 ? "0" : "")\(minute)"
    }
}
