internal import Console
internal import Health
internal import Operator

/// One thing that `transponder doctor` has looked at.
package struct DoctorCheck: Codable, Hashable, Sendable {
    package enum Outcome: String, Codable, Hashable, Sendable {
        case good
        /// It works, but not as well as it could, or not for long.
        case warning
        /// `transponder up` will not work.
        case problem
    }

    /// What was looked at, in a word or two: `port 1935 (rtmp)`.
    package var name: String
    package var outcome: Outcome

    /// What was found.
    package var finding: String

    /// What to do about it; nil while it is good.
    package var remedy: String?

    package init(_ name: String, _ outcome: Outcome, _ finding: String, remedy: String? = nil) {
        self.name = name
        self.outcome = outcome
        self.finding = finding
        self.remedy = remedy
    }
}

/// All that was looked at, for people and for machines.
package struct DoctorReport: Codable, Hashable, Sendable {
    package private(set) var healthy = true
    package private(set) var checks: [DoctorCheck] = []

    package init(_ checks: [DoctorCheck] = []) {
        for check in checks { self.add(check) }
    }

    package mutating func add(_ check: DoctorCheck) {
        self.checks.append(check)
        if check.outcome == .problem { self.healthy = false }
    }

    /// 0 where `transponder up` should work, 1 where it cannot.
    package var exitCode: Int32 { self.healthy ? 0 : 1 }

    package var json: [UInt8] { JSONText.encode(self) }

    package func text() -> String {
        var lines = self.checks.flatMap { check in
            ["\(Self.mark(check.outcome)) \(check.name): \(StatusTable.plain(check.finding))"]
                + (check.remedy.map { ["         \(StatusTable.plain($0))"] } ?? [])
        }
        lines += ["", self.conclusion]
        return lines.joined(separator: "\n")
    }

    private var conclusion: String {
        let problems = self.checks.count { $0.outcome == .problem }
        let warnings = self.checks.count { $0.outcome == .warning }
        return switch (problems, warnings) {
        case (0, 0): "All is well."
        case (0, _): "transponder up will work; \(Phrases.count(warnings, "thing")) could be better."
        default: "\(Phrases.count(problems, "thing")) must be fixed before transponder up works."
        }
    }

    private static func mark(_ outcome: DoctorCheck.Outcome) -> String {
        switch outcome {
        case .good: "ok      "
        case .warning: "warning "
        case .problem: "problem "
        }
    }
}
