import Yams

/// Turns the text of a file into settings, refusing what a configuration has no use for.
struct YAMLSource {
    /// The file's name as errors shall show it.
    let name: String

    /// Bytes; a thousand relays fit.
    static let sizeLimit = 512 << 10

    func settings(from bytes: [UInt8]) throws(ConfigurationError) -> SettingNode {
        guard bytes.count <= Self.sizeLimit else {
            throw self.refusal("the file has \(bytes.count) bytes; a configuration has \(Self.sizeLimit) at most.")
        }
        guard var text = String(validating: bytes, as: UTF8.self) else {
            throw self.refusal("the file is not UTF-8 text; save it as UTF-8 without other encodings inside.")
        }
        if text.hasPrefix("\u{feff}") { text.removeFirst() }
        if let problem = YAMLGuard.firstProblem(in: text, file: self.name) { throw ConfigurationError([problem]) }
        let root: Node?
        do {
            root = try Parser(yaml: text).singleRoot()
        } catch let error as YamlError {
            throw ConfigurationError([self.problem(from: error, in: text)])
        } catch {
            throw self.refusal("the file cannot be read as YAML: \(error)")
        }
        guard let root else { return SettingNode(origin: .wholeFile(self.name), content: .absent) }
        var problems: [ConfigurationProblem] = []
        let node = self.node(root, path: [], &problems)
        guard problems.isEmpty else { throw ConfigurationError(problems) }
        return node
    }

    private func node(_ yaml: Node, path: [String], _ problems: inout [ConfigurationProblem]) -> SettingNode {
        let origin = self.origin(of: yaml)
        switch yaml {
        case .scalar(let scalar):
            let isPlain = scalar.style == .plain || scalar.style == .any
            let isAbsent = isPlain && ["", "~", "null", "Null", "NULL"].contains(scalar.string)
            return SettingNode(origin: origin, content: isAbsent ? .absent : .text(scalar.string))
        case .sequence(let sequence):
            let items = sequence.map { self.node($0, path: path, &problems) }
            return SettingNode(origin: origin, content: .list(items))
        case .alias:
            return SettingNode(origin: origin, content: .list([]))
        case .mapping(let mapping):
            var entries: [SettingEntry] = []
            for (key, value) in mapping {
                guard case .scalar(let word) = key else {
                    problems.append(
                        ConfigurationProblem(
                            origin: self.origin(of: key),
                            path: path,
                            sentence: "a key must be a single word."
                        )
                    )
                    continue
                }
                let child = self.node(value, path: path + [word.string], &problems)
                entries.append(SettingEntry(key: word.string, origin: self.origin(of: key), node: child))
            }
            return SettingNode(origin: origin, content: .group(entries))
        }
    }

    private func origin(of node: Node) -> SettingOrigin {
        guard let mark = node.mark else { return .wholeFile(self.name) }
        return .file(self.name, line: mark.line)
    }

    private func refusal(_ sentence: String) -> ConfigurationError {
        ConfigurationError([ConfigurationProblem(origin: .wholeFile(self.name), sentence: sentence)])
    }

    private func problem(from error: YamlError, in text: String) -> ConfigurationProblem {
        switch error {
        case .scanner(let context, let problem, let mark, _), .parser(let context, let problem, let mark, _),
            .composer(let context, let problem, let mark, _):
            let place = SettingOrigin.file(self.name, line: mark.line)
            let opened = context.map { " (\($0.text), line \($0.mark.line))" } ?? ""
            return ConfigurationProblem(origin: place, sentence: "this is not YAML: \(problem)\(opened).")
        case .duplicatedKeysInMapping(let keys, let context):
            let names = keys.map { "'\($0)'" }.joined(separator: ", ")
            let place = SettingOrigin.file(self.name, line: context.mark.line)
            return ConfigurationProblem(origin: place, sentence: "\(names) is there twice in one group; keep one.")
        case .reader(let problem, _, _, _):
            return ConfigurationProblem(
                origin: .wholeFile(self.name),
                sentence: "the file has characters YAML does not allow: \(problem)."
            )
        default:
            return ConfigurationProblem(
                origin: .wholeFile(self.name),
                sentence: "the file cannot be read as YAML: \(error)"
            )
        }
    }
}
