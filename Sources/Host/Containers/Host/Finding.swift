/// Something of the machine that was looked at.
package struct Finding: Hashable, Sendable, Codable {
    package enum Verdict: String, Hashable, Sendable, Codable, CaseIterable {
        case ok, warning, problem
    }

    /// What was looked at: `runtime`, `clock`.
    package let subject: String
    package let verdict: Verdict

    /// What was found, and what to do if that is not well.
    package let sentence: String

    package init(_ subject: String, _ verdict: Verdict, _ sentence: String) {
        self.subject = subject
        self.verdict = verdict
        self.sentence = sentence
    }
}
