import Contract

/// Whether the memory that relays are given holds what they admit.
enum CapacityCheck {
    /// Warns of formats that are served with less memory than they want.
    static func warnings(_ configuration: Configuration, _ root: SettingNode) -> [ConfigurationProblem] {
        configuration.relays.flatMap { relay -> [ConfigurationProblem] in
            let capacity = RelayCapacity(relay, on: configuration.listen)
            let memory = capacity.verdict == .shortened ? capacity.sentence : nil
            return [
                memory.map { self.problem(relay, "memory", $0, root) },
                capacity.tapeSentence.map { self.problem(relay, "tape", $0, root) },
            ].compactMap(\.self)
        }
    }

    /// Warns of formats that are not served at all.
    static func shortages(_ configuration: Configuration, _ root: SettingNode) -> [ConfigurationProblem] {
        configuration.relays.compactMap { relay in
            let capacity = RelayCapacity(relay, on: configuration.listen)
            guard capacity.verdict == .tooSmall, let sentence = capacity.sentence else { return nil }
            return self.problem(relay, "memory", sentence, root)
        }
    }

    private static func problem(
        _ relay: RelaySpec,
        _ key: String,
        _ sentence: String,
        _ root: SettingNode
    ) -> ConfigurationProblem {
        let top = SettingGroup(path: [], node: root)
        let limits = top.group("relays").group(relay.name.rawValue).group("limits")
        return ConfigurationProblem(origin: limits.origin(of: key), path: limits.path + [key], sentence: sentence)
    }
}
