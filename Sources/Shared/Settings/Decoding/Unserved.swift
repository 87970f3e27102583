import Contract

/// Parts of a configuration that are understood but that this build passes over. Nobody shall find out by waiting.
enum Unserved {
    static func warnings(_ configuration: Configuration, _ root: SettingNode) -> [ConfigurationProblem] {
        var warnings: [ConfigurationProblem] = []
        let secure = WireProtocol.allCases.filter(\.isSecure)
        if configuration.tls != nil, secure.allSatisfy({ configuration.listen[$0] == nil }) {
            let keys = secure.map { "\($0.rawValue):" }
            let names = keys.dropLast().joined(separator: ", ") + (keys.last.map { " or \($0)" } ?? "")
            let top = SettingGroup(path: [], node: root)
            warnings.append(
                self.warning(top, "tls", "no listener uses it; write \(names) under listen.")
            )
        }
        return warnings
    }

    private static func warning(_ group: SettingGroup, _ key: String, _ sentence: String) -> ConfigurationProblem {
        ConfigurationProblem(origin: group.origin(of: key), path: group.path + [key], sentence: sentence)
    }
}
