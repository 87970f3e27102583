import Contract

/// What `/metrics` says of the places that the configuration has streams sent to. There are as many series as places.
struct DestinationMetrics {
    let relays: [(relay: RelayName, destinations: [DestinationVerdict])]

    var families: [MetricFamily] {
        [
            self.family("destination_state", .gauge, "1 for the state the destination is in, 0 for the others.") {
                for state in DestinationState.allCases {
                    $0.add($1.state == state ? 1 : 0, $2 + [("state", state.rawValue)])
                }
            },
            self.family(
                "destination_failures_total",
                .counter,
                "Times that a destination could not be begun to be sent to."
            ) {
                $0.add($1.destination.failures, $2)
            },
            self.family("destination_sent_bytes_total", .counter, "Bytes sent to the destination.") {
                $0.add($1.destination.bytes, $2)
            },
        ]
    }

    private func family(
        _ name: String,
        _ kind: MetricFamily.Kind,
        _ help: String,
        _ add: (inout MetricFamily, DestinationVerdict, [(String, String)]) -> Void
    ) -> MetricFamily {
        var family = MetricFamily(name, kind, help)
        for (relay, destinations) in self.relays {
            for verdict in destinations {
                let labels = [
                    ("relay", relay.rawValue), ("stream", verdict.destination.stream.rawValue),
                    ("destination", verdict.destination.name.rawValue),
                ]
                add(&family, verdict, labels)
            }
        }
        return family
    }
}
