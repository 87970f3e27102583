import Contract

/// What `/metrics` says of the venues that the configuration names. There are as many series as venues, whatever is reported.
struct VenueMetrics {
    let relays: [RelayStatus]
    let clock: ClockReading

    var families: [MetricFamily] {
        [
            self.family("venue_state", .gauge, "1 for the state the venue is in, 0 for the others.") {
                for state in VenueState.allCases {
                    $0.add($1.state == state ? 1 : 0, $2 + [("state", state.rawValue)])
                }
            },
            self.family(
                "venue_last_report_timestamp_seconds",
                .gauge,
                "When the venue's screen last reported, Unix time."
            ) {
                if let at = $1.reportedAt { $0.add(Double(self.clock.unix(of: at)) / 1_000_000, $2) }
            },
            self.family("venue_latency_seconds", .gauge, "How far the venue's picture is behind the main venue's.") {
                if let latency = $1.latency { $0.add(latency.inSeconds, $2) }
            },
            self.family("venue_buffer_seconds", .gauge, "Media that lies ready at the venue.") {
                if let buffer = $1.buffer { $0.add(buffer.inSeconds, $2) }
            },
            self.family("venue_arriving_bytes_per_second", .gauge, "Media that arrives at the venue.") {
                if let arriving = $1.arriving { $0.add(arriving / 8, $2) }
            },
            self.family("venue_stalls_total", .counter, "Times the venue's picture stood still for want of media.") {
                $0.add($1.stalls, $2)
            },
            self.family("venue_dropped_frames_total", .counter, "Pictures that the venue's computer left out.") {
                $0.add($1.droppedFrames, $2)
            },
            self.family("venue_reports_total", .counter, "Reports of the venue's screen that were taken.") {
                $0.add($1.reports, $2)
            },
        ]
    }

    private func family(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, VenueStatus, [(String, String)]) -> Void
    ) -> MetricFamily {
        var family = MetricFamily(name, kind, help)
        for relay in self.relays {
            for venue in relay.venues {
                add(&family, venue, [("relay", relay.name.rawValue), ("venue", venue.name.rawValue)])
            }
        }
        return family
    }
}
