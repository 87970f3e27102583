internal import Alerts
internal import Console

/// Who is told when something is wrong.
extension HostProcess {
    func testAlerts(_ receiver: String?) async throws(ApiProblem) -> AlertTrialList {
        let trials = await self.alerts.test(receiver)
        guard !trials.isEmpty else {
            throw ApiProblem(
                .unknownReceiver,
                receiver.map { "There is no receiver '\($0)'; alerts.receivers names them." }
                    ?? "Nobody is told of anything: the configuration has no alerts.receivers."
            )
        }
        return AlertTrialList(
            trials: trials.map { trial in
                let isDelivered = if case .delivered = trial.outcome { true } else { false }
                return AlertTrialView(
                    receiver: trial.receiver,
                    delivered: isDelivered,
                    sentence: trial.outcome.sentence
                )
            }
        )
    }
}
