import Contract

/// Puts what stands in a file (`publish_key_file: /run/secrets/key`) in the place of the secret that it is for
/// (`publish_key`), so that a configuration can be shown to others. Files of secrets are how container engines hand them in.
struct SecretFiles {
    let files: CompanionFiles
    private(set) var problems: [ConfigurationProblem] = []
    /// The file that a secret was read from, by the path of the secret.
    private(set) var places: [[String]: String] = [:]

    /// What the key of a secret ends in whose value is the path of a file.
    static let suffix = "_file"

    init(_ files: CompanionFiles) {
        self.files = files
    }

    /// The settings with each secret itself, and no path of one.
    mutating func filled(_ node: SettingNode, _ schema: Schema, path: [String] = []) -> SettingNode {
        guard case .group(var entries) = node.content else { return node }
        for index in entries.indices {
            guard let inner = schema.schema(of: entries[index].key) else { continue }
            entries[index].node = self.filled(entries[index].node, inner, path: path + [entries[index].key])
        }
        for key in schema.secrets { self.fill(key, in: &entries, path: path) }
        return SettingNode(origin: node.origin, content: .group(entries))
    }

    private mutating func fill(_ key: String, in entries: inout [SettingEntry], path: [String]) {
        guard let index = entries.firstIndex(where: { $0.key == key + Self.suffix }) else { return }
        let named = entries.remove(at: index)
        guard case .text(let file) = named.node.content else { return }
        let problemPath = path + [named.key]
        if let own = entries.first(where: { $0.key == key }), own.node.content != .absent {
            // A variable wins over the file of settings, whichever of the two ways it takes.
            guard own.node.origin.isVariable == named.node.origin.isVariable else {
                if named.node.origin.isVariable { self.read(file, key, named, at: problemPath, into: &entries) }
                return
            }
            self.complain(named, problemPath, "'\(key)' and '\(named.key)' exclude each other; keep one.")
            return
        }
        self.read(file, key, named, at: problemPath, into: &entries)
    }

    private mutating func read(
        _ file: String,
        _ key: String,
        _ named: SettingEntry,
        at path: [String],
        into entries: inout [SettingEntry]
    ) {
        do throws(ValueError) {
            let text = try self.files.text(of: file, limit: HiddenText.lengthLimit + 2)
            // Editors end a file with a line end, which is no part of the secret.
            let secret = text.split(whereSeparator: \.isNewline).first.map(String.init) ?? ""
            guard !secret.isEmpty else { throw ValueError("'\(file)' has no secret in its first line.") }
            entries.removeAll { $0.key == key }
            let node = SettingNode(origin: named.node.origin, content: .text(secret))
            entries.append(SettingEntry(key: key, origin: named.origin, node: node))
            self.places[path.dropLast() + [key]] = self.files.place(file)
        } catch {
            self.complain(named, path, "\(error)")
        }
    }

    private mutating func complain(_ entry: SettingEntry, _ path: [String], _ sentence: String) {
        self.problems.append(ConfigurationProblem(origin: entry.node.origin, path: path, sentence: sentence))
    }
}

extension SettingOrigin {
    fileprivate var isVariable: Bool {
        if case .environment = self { true } else { false }
    }
}

extension Schema {
    /// Of a key in this group, or of any name in this group of names.
    fileprivate func schema(of key: String) -> Schema? {
        switch self {
        case .value, .listed: nil
        case .named(_, let schema): schema
        case .group(let fields): fields.first { $0.key == key }?.schema
        }
    }

    /// The keys of this group whose values are secrets.
    fileprivate var secrets: [String] {
        guard case .group(let fields) = self else { return [] }
        return fields.filter(\.schema.isSecret).map(\.key)
    }
}
