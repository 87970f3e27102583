/// The keys a configuration may have, for documents and for tests that hold them to it.
package enum ConfigurationKeys {
    /// Paths of all values; a name of the operator's choosing stands as `<relay>`, `<venue>`, `<stream>`.
    package static let all: [[String]] = paths(of: .configuration)

    private static func paths(of schema: Schema) -> [[String]] {
        switch schema {
        case .value: [[]]
        case .listed(let schema): self.paths(of: schema)
        case .group(let fields): fields.flatMap { field in self.paths(of: field.schema).map { [field.key] + $0 } }
        case .named(let kind, let schema): self.paths(of: schema).map { ["<\(kind)>"] + $0 }
        }
    }
}
