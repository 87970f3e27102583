internal import Alerts
internal import Contract
internal import Settings

extension Examination {
    /// Whether those who are to be told when something is wrong can be.
    var receivers: [DoctorCheck] {
        self.configuration.alerts.receivers.map { receiver in
            let title = "alerts to \(receiver.name)"
            guard let obstacle = AlertCarriers.obstacle(receiver) else {
                return DoctorCheck(title, .good, "It can be tried with transponder alert test \(receiver.name).")
            }
            let remedy =
                receiver.kind == "command"
                ? "Correct alerts.receivers.\(receiver.name) in the configuration." : "Install libcurl3-gnutls."
            return DoctorCheck(title, .problem, "It cannot be told: \(obstacle).", remedy: remedy)
        }
    }
}
