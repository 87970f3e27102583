import Contract

/// What `/metrics` says of the alerts that a host sends.
struct AlertMetrics: Sendable {
    private let alerts: AlertsSnapshot?

    init(_ alerts: AlertsSnapshot?) {
        self.alerts = alerts
    }

    var families: [MetricFamily] {
        var firing = MetricFamily("alerts_firing", .gauge, "Things that are wrong and were told.")
        var messages = MetricFamily(
            "alert_messages_total",
            .counter,
            "Messages that a receiver was to be sent, by what came of each try."
        )
        var leftOut = MetricFamily("alert_left_out_total", .counter, "Alerts left out because there were too many.")
        var waiting = MetricFamily("alert_waiting_messages", .gauge, "Messages that wait to be sent.")
        if let alerts {
            firing.add(alerts.firing, [])
            for receiver in alerts.receivers {
                let label = ("receiver", receiver.name)
                messages.add(receiver.sent, [label, ("result", "sent")])
                messages.add(receiver.failed, [label, ("result", "failed")])
                leftOut.add(receiver.leftOut, [label])
                waiting.add(receiver.waiting, [label])
            }
        }
        return [firing, messages, leftOut, waiting]
    }
}
