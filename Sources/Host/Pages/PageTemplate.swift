/// A page with places for what differs: `{{name}}`.
struct PageTemplate: Sendable {
    private let text: String
    private let modules: String

    init(_ file: PageFile, script: String) {
        self.text = file.text
        // Tells the browser at once of all the scripts, which it would otherwise find one by one.
        self.modules = Self.modules(of: script).sorted()
            .map { "<link rel=\"modulepreload\" href=\"\(PageFiles.base)/\($0)\">" }
            .joined(separator: "\n")
    }

    /// The scripts that one of them needs, itself included.
    private static func modules(of script: String) -> Set<String> {
        var found: Set<String> = []
        var open = [script]
        while let name = open.popLast() {
            guard found.insert(name).inserted, let file = PageFiles.asset(name) else { continue }
            open += file.text.split(separator: "\"").filter { $0.hasPrefix("./") }.map { String($0.dropFirst(2)) }
        }
        return found
    }

    /// The page with values in the places of their names. They are written as they are: names of relays and streams need no
    /// escaping, by their rules.
    func filled(_ values: [String: String]) -> String {
        let common = ["assets": PageFiles.base, "modules": self.modules]
        return common.merging(values) { $1 }.reduce(self.text) { text, value in
            text.replacing("{{\(value.key)}}", with: value.value)
        }
    }
}
