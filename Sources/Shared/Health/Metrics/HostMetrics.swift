package import Contract

/// What `/metrics` says of the host process beside its relays. Names and labels never change; new ones may come.
package struct HostMetrics: Sendable {
    private let host: HostSnapshot

    /// What is wrong with the process itself.
    private let faults: [ProcessFault]

    /// How it stands with each relay.
    private let verdicts: [RelayVerdict]

    /// Requests of the API that were turned away, by reason.
    private let apiRefusals: [(reason: String, count: UInt64)]

    package init(
        _ host: HostSnapshot,
        process: ProcessVerdict,
        relays: [RelayVerdict],
        apiRefusals: [(reason: String, count: UInt64)] = []
    ) {
        self.host = host
        self.faults = process.faults.map(\.fault)
        self.verdicts = relays
        self.apiRefusals = apiRefusals
    }

    var families: [MetricFamily] {
        self.relays + VenueMetrics(relays: self.host.relays, clock: self.host.clock).families + self.door + self.process
            + ConfigurationMetrics(self.host.configuration, clock: self.host.clock).families
            + HistoryMetrics(self.host.history).families + AlertMetrics(self.host.alerts).families
    }

    private func one(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily) -> Void
    ) -> MetricFamily {
        var family = MetricFamily(name, kind, help)
        add(&family)
        return family
    }

    private func each(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, RelayStatus, [(String, String)]) -> Void
    ) -> MetricFamily {
        self.one(name, kind, help) { family in
            for relay in self.host.relays { add(&family, relay, [("relay", relay.name.rawValue)]) }
        }
    }

    private var relays: [MetricFamily] {
        [
            self.each("relay_up", .gauge, "1 while the relay takes publishers and viewers.") {
                $0.add($1.serves ? 1 : 0, $2)
            },
            self.each("relay_state", .gauge, "1 for the state the relay is in, 0 for the others.") {
                for state in RelayState.allCases {
                    $0.add($1.state == state ? 1 : 0, $2 + [("state", state.rawValue)])
                }
            },
            self.one("relay_health", .gauge, "1 for how it stands with the relay, 0 for the others.") { family in
                for relay in self.verdicts {
                    for state in RelayCondition.allCases {
                        let labels = [("relay", relay.name.rawValue), ("state", state.rawValue)]
                        family.add(relay.state == state ? 1 : 0, labels)
                    }
                }
            },
            self.each(
                "relay_restarts_total",
                .counter,
                "Instances of the relay that ended and were replaced, by what ended them."
            ) {
                for cause in EndingCause.allCases {
                    $0.add($1.endings[cause] ?? 0, $2 + [("cause", cause.rawValue)])
                }
            },
            self.each(
                "relay_connections_kept",
                .gauge,
                "Connections that the host holds, too: they outlive the relay's instance."
            ) { $0.add($1.keptConnections, $2) },
            self.each(
                "relay_connections_handed_on_total",
                .counter,
                "Connections that went on with another instance when one had ended."
            ) { $0.add($1.handedOnConnections, $2) },
            self.each(
                "relay_throttled_seconds_total",
                .counter,
                "Time that the limit of its container has kept the instance from the processor."
            ) { if let time = $1.throttled { $0.add(time.inSeconds, $2) } },
            self.each(
                "relay_gap_seconds",
                .histogram,
                "Time from an instance's end until the next one had taken its place."
            ) { $0.add($1.gaps, $2) },
            self.each("relay_start_seconds", .gauge, "Time the instance took from being made to being ready.") {
                if let time = $1.instance?.startTime { $0.add(time.inSeconds, $2) }
            },
        ]
    }

    private var door: [MetricFamily] {
        let door = self.host.door
        return [
            self.one("door_connections", .gauge, "Connections the front door holds.") { $0.add(door.open, []) },
            self.one("door_waiting_connections", .gauge, "Connections that wait for a relay to be ready.") {
                $0.add(door.waitingCount, [])
            },
            self.one("door_handovers_total", .counter, "Connections given to a relay.") {
                $0.add(door.handedOverCount, [])
            },
            self.one("door_refusals_total", .counter, "Connections the front door closed, by reason.") {
                for reason in DoorRefusal.allCases {
                    $0.add(door.refusals[reason] ?? 0, [("reason", reason.rawValue)])
                }
            },
            self.one(
                "door_undecided_connections",
                .gauge,
                "Connections that have not said whom they are for, by protocol."
            ) {
                for stage in Handover.Stage.allCases {
                    $0.add(door.admission.undecided[stage] ?? 0, [("protocol", stage.rawValue)])
                }
            },
            self.one(
                "door_closed_connections_total",
                .counter,
                "Connections the front door closed before it knew whom they are for, by protocol and reason."
            ) {
                for (labels, count) in door.admission.figures { $0.add(count, labels) }
            },
            self.one("api_refusals_total", .counter, "Requests of the API that were turned away, by reason.") {
                for (reason, count) in self.apiRefusals { $0.add(count, [("reason", reason)]) }
            },
        ]
    }

    private var process: [MetricFamily] {
        let clock = self.host.clock
        return [
            self.one("host_info", .gauge, "Always 1; says what relays run in.") {
                $0.add(1, [("isolation", self.host.isolation.rawValue)])
            },
            self.one("host_start_time_seconds", .gauge, "When the host's process started, Unix time.") {
                $0.add(Double(clock.unix(of: self.host.startedAt)) / 1_000_000, [])
            },
            self.one("host_draining", .gauge, "1 while the host is ending and takes no new connections.") {
                $0.add(self.host.isDraining ? 1 : 0, [])
            },
            self.one("host_fault", .gauge, "1 for each thing that is wrong with the host's process, 0 for others.") {
                for fault in ProcessFault.allCases {
                    $0.add(self.faults.contains(fault) ? 1 : 0, [("fault", fault.rawValue)])
                }
            },
            self.one("host_listener_up", .gauge, "1 while the port of a protocol is open.") {
                for (name, isOpen) in ListenerSnapshot.openness(of: self.host.listeners + self.host.admin) {
                    $0.add(isOpen ? 1 : 0, [("listener", name)])
                }
            },
            self.one("host_loop_age_seconds", .gauge, "Time since a loop of the host last came round.") {
                for loop in self.host.loops {
                    $0.add((clock.now - loop.lastTick).inSeconds, [("loop", loop.name)])
                }
            },
            self.one(
                "host_helper_busy_seconds",
                .gauge,
                "Time that a thread which writes down or tells has been at one piece of work."
            ) {
                for helper in self.host.helpers {
                    $0.add(max((clock.now - helper.lastTick).inSeconds, 0), [("thread", helper.name)])
                }
            },
            self.one(
                "certificate_expiry_timestamp_seconds",
                .gauge,
                "End of the validity of the certificate that is shown, or of the first to end of several, Unix time."
            ) {
                if let expires = self.host.door.certificateExpires { $0.add(expires, []) }
            },
            self.one("host_cpu_seconds_total", .counter, "User and system time of the host's process.") {
                if let usage = self.host.usage { $0.add(usage.cpu.inSeconds, []) }
            },
            self.one("host_resident_memory_bytes", .gauge, "Memory the host's process has in RAM.") {
                if let usage = self.host.usage { $0.add(usage.residentMemory, []) }
            },
            self.one("host_open_descriptors", .gauge, "Descriptors the host's process has open.") {
                if let usage = self.host.usage { $0.add(usage.openDescriptors, []) }
            },
        ]
    }
}
