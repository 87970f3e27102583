/// Compares what was written with the schema: unknown keys, groups where values belong, values where groups belong.
struct ShapeCheck {
    private(set) var problems: [ConfigurationProblem] = []

    /// The settings without what does not fit, so that the rest can be checked too.
    mutating func fitting(_ node: SettingNode, _ schema: Schema, path: [String] = []) -> SettingNode {
        switch (schema, node.content) {
        case (_, .absent), (.value, .text):
            return node
        case (.value(let form), .list(let items)) where form.mayBeListed && !items.isEmpty:
            for item in items {
                if case .text = item.content { continue }
                self.complain(item.origin, path, "\(item.shape) stands in the list; write \(form.example).")
                return SettingNode(origin: node.origin, content: .absent)
            }
            return node
        case (.value(let form), _):
            self.complain(node.origin, path, "\(node.shape) stands here; write \(form.example).")
        case (.listed(let schema), .list(let items)) where !items.isEmpty:
            // A list whose entries count from 1, as people do.
            let kept = items.enumerated().map { self.fitting($1, schema, path: path + ["\($0 + 1)"]) }
            return SettingNode(origin: node.origin, content: .list(kept))
        case (.listed(let schema), _):
            return self.fitting(node, schema, path: path)
        case (.group(let fields), .group(let entries)):
            let kept = entries.compactMap { entry -> SettingEntry? in
                guard let field = fields.first(where: { $0.key == entry.key }) else {
                    self.complain(
                        entry.origin,
                        path + [entry.key],
                        Self.unknown(entry.key, among: fields.map(\.key), at: path)
                    )
                    return nil
                }
                return self.fitting(entry, field.schema, path: path)
            }
            return SettingNode(origin: node.origin, content: .group(kept))
        case (.named(_, let schema), .group(let entries)):
            let kept = entries.map { self.fitting($0, schema, path: path) }
            return SettingNode(origin: node.origin, content: .group(kept))
        case (.group(let fields), _):
            let keys = fields.map(\.key).joined(separator: ", ")
            self.complain(node.origin, path, "\(node.shape) stands here; write keys under it: \(keys).")
        case (.named(let kind, _), _):
            self.complain(node.origin, path, "\(node.shape) stands here; write a name for each \(kind) under it.")
        }
        return SettingNode(origin: node.origin, content: .absent)
    }

    private mutating func fitting(_ entry: SettingEntry, _ schema: Schema, path: [String]) -> SettingEntry {
        SettingEntry(
            key: entry.key,
            origin: entry.origin,
            node: self.fitting(entry.node, schema, path: path + [entry.key])
        )
    }

    private mutating func complain(_ origin: SettingOrigin, _ path: [String], _ sentence: String) {
        self.problems.append(ConfigurationProblem(origin: origin, path: path, sentence: sentence))
    }

    static func unknown(_ key: String, among known: [String], at path: [String]) -> String {
        if let near = NearestKey.to(key, among: known) { return "there is no such key; did you mean '\(near)'?" }
        let homes = Schema.configuration.homes(of: key).map { ($0 + [key]).joined(separator: ".") }
        if !homes.isEmpty { return "this key does not belong here but at \(homes.joined(separator: " or "))." }
        return "there is no such key; known here: \(known.joined(separator: ", "))."
    }
}
