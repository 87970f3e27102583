package import Contract

/// What `/metrics` says of the configuration of a process that reads it again: a host, or a relay that runs by itself.
package struct ConfigurationMetrics: Sendable {
    private let status: ConfigurationStatus
    private let clock: ClockReading

    package init(_ status: ConfigurationStatus, clock: ClockReading) {
        self.status = status
        self.clock = clock
    }

    var families: [MetricFamily] {
        var successful = MetricFamily(
            "config_last_reload_successful",
            .gauge,
            "1 unless the newest configuration was refused."
        )
        successful.add(self.status.problem == nil ? 1 : 0, [])
        var time = MetricFamily(
            "config_last_reload_success_timestamp_seconds",
            .gauge,
            "When the configuration in force was taken, Unix time."
        )
        if let applied = self.status.appliedAt { time.add(Double(self.clock.unix(of: applied)) / 1_000_000, []) }
        var reloads = MetricFamily(
            "config_reloads_total",
            .counter,
            "Times a changed configuration was read, by what came of it."
        )
        reloads.add(self.status.reloads, [("result", "applied")])
        reloads.add(self.status.refusedReloads, [("result", "refused")])
        return [successful, time, reloads]
    }
}
