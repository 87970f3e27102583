/// A page with places for what differs: `{{name}}`.
struct PageTemplate: Sendable {
    private let text: String

    init(_ file: PageFile) {
        self.text = file.text
    }

    /// Tells the browser at once of all the scripts, which it would otherwise find one by one.
    private static let modules = PageFiles.assets.filter(\.isScript)
        .map { "<link rel=\"modulepreload\" href=\"\(PageFiles.base)/\($0.name)\">" }
        .joined(separator: "\n")

    /// The page with values in the places of their names. They are written as they are: names of relays and streams need no
    /// escaping, by their rules.
    func filled(_ values: [String: String]) -> String {
        let common = ["assets": PageFiles.base, "modules": Self.modules]
        return common.merging(values) { $1 }.reduce(self.text) { text, value in
            text.replacing("{{\(value.key)}}", with: value.value)
        }
    }
}
