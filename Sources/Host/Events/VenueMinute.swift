/// What a venue's screen reported within a minute.
package struct VenueMinute: Codable, Hashable, Sendable {
    /// The beginning of the minute, RFC 3339.
    package var at: String
    package var venue: String
    package var reports: Int

    /// Seconds behind the main venue; absent where no report gave any.
    package var leastLatency: Double?
    package var medianLatency: Double?
    package var mostLatency: Double?
    package var stalls: Int

    /// The worst state within the minute.
    package var state: String

    package init(
        at: String,
        venue: String,
        reports: Int,
        leastLatency: Double?,
        medianLatency: Double?,
        mostLatency: Double?,
        stalls: Int,
        state: String
    ) {
        self.at = at
        self.venue = venue
        self.reports = reports
        self.leastLatency = leastLatency
        self.medianLatency = medianLatency
        self.mostLatency = mostLatency
        self.stalls = stalls
        self.state = state
    }
}

/// A minute of a venue as it is written down.
package struct VenueRow: Hashable, Sendable {
    package var relay: String
    /// Minutes since 1970-01-01 UTC.
    package var minute: Int64
    package var figures: VenueMinute
}

/// Makes one row a minute of what venues say every two seconds. Fed about once a second with how all are.
package struct VenueDigest: Sendable {
    /// What is seen of a venue at one moment. The counters only rise; a smaller one is of a new start.
    package struct Look: Hashable, Sendable {
        package var relay: String
        package var venue: String
        package var state: String
        /// Seconds.
        package var latency: Double?
        package var stalls: UInt64
        package var reports: UInt64

        package init(
            relay: String,
            venue: String,
            state: String,
            latency: Double?,
            stalls: UInt64,
            reports: UInt64
        ) {
            self.relay = relay
            self.venue = venue
            self.state = state
            self.latency = latency
            self.stalls = stalls
            self.reports = reports
        }
    }

    private struct Key: Hashable {
        var relay: String
        var venue: String
    }

    private struct Tally {
        var minute: Int64
        var latencies: [Double] = []
        var worst = ""
        var stalls: UInt64
        var reports: UInt64
    }

    /// Latencies of one minute that are kept for its median.
    private static let latencyLimit = 120
    private static let ranks = ["unseen": 0, "green": 1, "amber": 2, "red": 3]

    private var tallies: [Key: Tally] = [:]
    private var last: [Key: Look] = [:]

    package init() {}

    /// - Returns: The rows of minutes that are over.
    package mutating func note(_ looks: [Look], unix: Int64) -> [VenueRow] {
        let minute = unix / 60_000_000
        var rows: [VenueRow] = []
        var seen: Set<Key> = []
        for look in looks {
            let key = Key(relay: look.relay, venue: look.venue)
            seen.insert(key)
            if let tally = self.tallies[key], tally.minute != minute { rows += self.close(key) }
            let before = self.last[key]
            var tally =
                self.tallies[key]
                ?? Tally(
                    minute: minute,
                    stalls: before?.stalls ?? look.stalls,
                    reports: before?.reports ?? look.reports
                )
            if let latency = look.latency, latency.isFinite, look.reports != before?.reports,
                tally.latencies.count < Self.latencyLimit
            {
                tally.latencies.append(latency)
            }
            if Self.ranks[look.state] ?? 0 >= Self.ranks[tally.worst] ?? 0 { tally.worst = look.state }
            self.tallies[key] = tally
            self.last[key] = look
        }
        for key in self.tallies.keys where !seen.contains(key) {
            rows += self.close(key)
            self.last[key] = nil
        }
        return rows
    }

    /// One that nobody has opened has no row.
    private mutating func close(_ key: Key) -> [VenueRow] {
        guard let tally = self.tallies.removeValue(forKey: key), let look = self.last[key] else { return [] }
        let reports = look.reports >= tally.reports ? look.reports - tally.reports : look.reports
        guard reports > 0 || tally.worst == "red" else { return [] }
        let sorted = tally.latencies.sorted()
        let stalls = look.stalls >= tally.stalls ? look.stalls - tally.stalls : look.stalls
        return [
            VenueRow(
                relay: key.relay,
                minute: tally.minute,
                figures: VenueMinute(
                    at: EventTime.text(tally.minute &* 60_000_000),
                    venue: key.venue,
                    reports: Int(clamping: reports),
                    leastLatency: sorted.first,
                    medianLatency: sorted.isEmpty ? nil : sorted[sorted.count / 2],
                    mostLatency: sorted.last,
                    stalls: Int(clamping: stalls),
                    state: tally.worst
                )
            )
        ]
    }
}
