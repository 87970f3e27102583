package import Contract
import Synchronization

/// The venues of all relays of the configuration.
package final class VenueBook: Sendable {
    private struct Key: Hashable {
        let relay: RelayName
        let venue: VenueName
    }

    private struct Entry {
        var machine: VenueMachine
        var allowance = ReportAllowance()
    }

    private let entries = Mutex<[Key: Entry]>([:])

    package init() {}

    /// Takes a screen's report. The venue is one of the configuration, and who sends it has shown its token.
    ///
    /// - Returns: False where it reports much more often than it should; this one is left out.
    package func note(_ report: VenueReport, of venue: VenueName, in relay: RelayName, now: Instant) -> Bool {
        self.entries.withLock { entries in
            let key = Key(relay: relay, venue: venue)
            var entry = entries[key] ?? Entry(machine: VenueMachine(venue, now: now))
            defer { entries[key] = entry }
            guard entry.allowance.spend(now: now) else { return false }
            entry.machine.note(report, now: now)
            return true
        }
    }

    /// How the venues of a relay are, in the order of their names. Those that are no more in the configuration are forgotten.
    package func statuses(of venues: [VenueName], in relay: RelayName, now: Instant) -> [VenueStatus] {
        self.entries.withLock { entries in
            let names = Set(venues)
            for key in entries.keys where key.relay == relay && !names.contains(key.venue) { entries[key] = nil }
            return venues.sorted().map { venue in
                entries[Key(relay: relay, venue: venue), default: Entry(machine: VenueMachine(venue, now: now))]
                    .machine.judge(now: now)
            }
        }
    }

    /// Forgets relays that are no more.
    package func keep(_ relays: Set<RelayName>) {
        self.entries.withLock { entries in entries = entries.filter { relays.contains($0.key.relay) } }
    }
}

/// How often a screen may report: several in a row after a pause, and twice as often as it should in the long run.
struct ReportAllowance: Sendable {
    static let burst = 8.0
    static let perSecond = 1.0

    private var left = Self.burst
    private var since: Instant?

    mutating func spend(now: Instant) -> Bool {
        if let since = self.since {
            let (seconds, attoseconds) = (now - since).components
            let passed = Double(seconds) + Double(attoseconds) / 1e18
            self.left = min(self.left + max(passed, 0) * Self.perSecond, Self.burst)
        }
        self.since = now
        guard self.left >= 1 else { return false }
        self.left -= 1
        return true
    }
}
