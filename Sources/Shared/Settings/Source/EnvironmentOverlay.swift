/// Lays variables such as `TRANSPONDER_RELAYS_LIVE_TICK=20ms` over what the file says.
///
/// A name of the operator's choosing is written in capitals, with `_` for `-` and `.`; one the file does not have is
/// new, and becomes lower-case.
struct EnvironmentOverlay {
    static let prefix = "TRANSPONDER_"

    /// Variables of ours that are not settings.
    static let ownNames: Set<String> = ["TRANSPONDER_CONFIG", "TRANSPONDER_RELAY", "TRANSPONDER_LOG_LEVEL"]

    private(set) var warnings: [ConfigurationProblem] = []
    private(set) var problems: [ConfigurationProblem] = []

    mutating func apply(_ environment: [String: String], to root: SettingNode) -> SettingNode {
        var root = root
        for (name, value) in environment.sorted(by: { $0.key < $1.key }) where Self.isSetting(name) {
            guard let path = self.path(of: name, in: root) else { continue }
            Self.set(value, at: path[...], from: .environment(name), in: &root)
        }
        return root
    }

    /// Kubernetes describes a Service named `transponder` in variables that begin like ours.
    private static func isSetting(_ name: String) -> Bool {
        name.hasPrefix(self.prefix) && !self.ownNames.contains(name)
            && !name.hasPrefix("TRANSPONDER_SERVICE_") && name != "TRANSPONDER_PORT"
            && !name.hasPrefix("TRANSPONDER_PORT_")
    }

    private mutating func path(of name: String, in root: SettingNode) -> [String]? {
        let words = name.dropFirst(Self.prefix.count)
        let paths = Set(Self.paths(words, .configuration, root))
        if paths.count > 1 {
            let readings = paths.map { $0.joined(separator: ".") }.sorted().joined(separator: " or ")
            self.problems.append(
                ConfigurationProblem(
                    origin: .environment(name),
                    sentence: "the variable could mean \(readings); set it in the file."
                )
            )
        }
        if paths.isEmpty {
            self.warnings.append(
                ConfigurationProblem(
                    origin: .environment(name),
                    sentence: "no setting has this name; the variable is not used."
                )
            )
        }
        return paths.count == 1 ? paths.first : nil
    }

    /// The key paths a variable's words can be read as.
    private static func paths(_ words: Substring, _ schema: Schema, _ node: SettingNode?) -> [[String]] {
        switch schema {
        case .value:
            return words.isEmpty ? [[]] : []
        case .group(let fields):
            return fields.flatMap { field -> [[String]] in
                guard let rest = self.rest(of: words, after: field.key.uppercased()) else { return [] }
                return self.paths(rest, field.schema, node?[field.key]).map { [field.key] + $0 }
            }
        case .listed(let schema):
            // Variables say one entry, in place of a list that the file may have.
            return self.paths(words, schema, node)
        case .named(_, let schema):
            let known = (node?.entries ?? []).flatMap { entry -> [[String]] in
                guard let rest = self.rest(of: words, after: self.variable(entry.key)) else { return [] }
                return self.paths(rest, schema, entry.node).map { [entry.key] + $0 }
            }
            return known.isEmpty ? self.newNames(words, schema) : known
        }
    }

    /// The shortest new name that leaves a known key.
    private static func newNames(_ words: Substring, _ schema: Schema) -> [[String]] {
        for index in words.indices where words[index] == "_" {
            let found = self.paths(words[words.index(after: index)...], schema, nil)
            let name = words[..<index].lowercased()
            if !found.isEmpty, !name.isEmpty { return found.map { [name] + $0 } }
        }
        return []
    }

    private static func rest(of words: Substring, after word: String) -> Substring? {
        guard words.hasPrefix(word) else { return nil }
        let rest = words.dropFirst(word.count)
        if rest.isEmpty { return rest }
        return rest.first == "_" ? rest.dropFirst() : nil
    }

    private static func variable(_ name: String) -> String {
        String(name.uppercased().map { $0 == "-" || $0 == "." ? "_" : $0 })
    }

    private static func set(
        _ value: String,
        at path: ArraySlice<String>,
        from origin: SettingOrigin,
        in node: inout SettingNode
    ) {
        guard let key = path.first else {
            node = SettingNode(origin: origin, content: value.isEmpty ? .absent : .text(value))
            return
        }
        var entries = node.entries
        if !entries.contains(where: { $0.key == key }) {
            let empty = SettingNode(origin: origin, content: .absent)
            entries.append(SettingEntry(key: key, origin: origin, node: empty))
        }
        for index in entries.indices where entries[index].key == key {
            self.set(value, at: path.dropFirst(), from: origin, in: &entries[index].node)
        }
        node.content = .group(entries)
    }
}

extension SettingNode {
    var entries: [SettingEntry] {
        guard case .group(let entries) = self.content else { return [] }
        return entries
    }

    subscript(key: String) -> SettingNode? { self.entries.first { $0.key == key }?.node }
}
