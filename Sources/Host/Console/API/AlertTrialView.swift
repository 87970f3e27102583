/// What came of sending a test to a receiver of alerts.
package struct AlertTrialView: Codable, Hashable, Sendable {
    package var receiver: String
    package var delivered: Bool

    /// What the receiver answered, or why it could not be told.
    package var sentence: String

    package init(receiver: String, delivered: Bool, sentence: String) {
        self.receiver = receiver
        self.delivered = delivered
        self.sentence = sentence
    }
}

package struct AlertTrialList: Codable, Hashable, Sendable {
    package var trials: [AlertTrialView]

    package init(trials: [AlertTrialView]) {
        self.trials = trials
    }
}
