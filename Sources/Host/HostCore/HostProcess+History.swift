internal import Console
internal import Contract
internal import Events
internal import History
internal import Linux
internal import Supervisor

/// What happens, and how it is written down.
extension HostProcess {
    /// Says something of the host itself.
    func note(_ sentence: String, _ code: String) {
        let event = HostEvent(kind: .host, level: .good, sentence: sentence, code: code)
        self.events.append(event, unix: EventTime.now())
    }

    /// To be called about once a second.
    func noteVenues() {
        let now = Instant.monotonic()
        let looks = self.supervisor.statuses.flatMap { relay in
            self.venueStatuses(of: relay.name, now: now).map { venue in
                VenueDigest.Look(
                    relay: relay.name.rawValue,
                    venue: venue.name.rawValue,
                    state: venue.state.rawValue,
                    latency: venue.latency.map { Double($0.nanoseconds) / 1e9 },
                    stalls: venue.stalls,
                    reports: venue.reports
                )
            }
        }
        self.history.note(looks, unix: EventTime.now())
    }

    func recorded(_ query: EventQuery) async throws(ApiProblem) -> RecordedEvents {
        let history = self.history
        return try await Self.asked { () throws(HistoryUnavailable) in try history.recorded(query) }
    }

    func report(of relay: RelayName, since: Int64?, until: Int64?) async throws(ApiProblem) -> RelayReport {
        let history = self.history
        let end = until ?? EventTime.now()
        let report = try await Self.asked { () throws(HistoryUnavailable) in
            try history.report(of: relay.rawValue, since: since, until: end)
        }
        // A relay of last week is none of today's, and has its report all the same.
        let isKnown = self.supervisor.statuses.contains { $0.name == relay }
        guard isKnown || report.events.contains(where: { !$0.subject.isEmpty }) else {
            throw ApiProblem(.unknownRelay, "There is no relay '\(relay)', and none was written of.")
        }
        return report
    }

    private static func asked<Value: Sendable>(
        _ body: @escaping @Sendable () throws(HistoryUnavailable) -> Value
    ) async throws(ApiProblem) -> Value {
        do throws(HistoryUnavailable) {
            return try await WorkerThread.value(named: "history-read", of: body)
        } catch {
            throw ApiProblem(.historyUnavailable, error.description)
        }
    }
}
