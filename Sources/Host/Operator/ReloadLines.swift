package import Console
internal import Health

/// What `transponder reload` prints.
extension ReloadView {
    package var lines: [String] {
        let changes = Self.changes(self.added, self.changed, self.removed).map { word, names in
            "\(word.prefix(1).uppercased() + word.dropFirst()): \(names)"
        }
        return (changes.isEmpty ? [self.nothing] : changes) + self.deferred.map { "Not in effect yet: \($0)" }
    }

    /// The file is watched as well, so what somebody has just written may be in force before he asks for it.
    private var nothing: String {
        let start = "No relay has changed: the file is in force as it is."
        guard let previous else { return start }
        let changes = Self.changes(previous.added, previous.changed, previous.removed)
            .map { word, names in "\(word) \(names)" }
        return "\(start) The last change was \(Phrases.span(previous.age)) ago: \(changes.joined(separator: "; "))."
    }

    private static func changes(
        _ added: [String],
        _ changed: [String],
        _ removed: [String]
    ) -> [(word: String, names: String)] {
        [("added", added), ("changed", changed), ("removed", removed)].filter { !$0.1.isEmpty }
            .map { ($0.0, $0.1.map(StatusTable.plain).joined(separator: ", ")) }
    }
}
