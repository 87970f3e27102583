import Contract

extension AdmissionSnapshot {
    /// How long a program says that its doors were crowded.
    private static let memory = Duration.seconds(60)

    /// Labels and value of each counter, also of those that are zero.
    var figures: [(labels: [(String, String)], count: UInt64)] {
        Handover.Stage.allCases.flatMap { stage in
            ConnectionClosure.allCases.map { reason in
                ([("protocol", stage.rawValue), ("reason", reason.rawValue)], self.closed[stage]?[reason] ?? 0)
            }
        }
    }

    /// What a person is told while connections are closed for others; empty where none are.
    func remark(at now: Instant) -> String {
        guard let crowded = self.crowded, now - crowded < Self.memory else { return "" }
        let counts = Handover.Stage.allCases.compactMap { stage -> String? in
            let counts = self.closed[stage] ?? [:]
            let sum = counts.filter(\.key.isWantOfPlaces).values
                .reduce(UInt64(0)) { $0.addingReportingOverflow($1).partialValue }
            return sum > 0 ? "\(stage.rawValue) \(sum)" : nil
        }
        guard !counts.isEmpty else { return "" }
        return " It has closed connections that did not say what they want, because others needed their places: "
            + counts.joined(separator: ", ") + " since it started."
    }
}
