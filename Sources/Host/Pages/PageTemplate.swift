/// A page with places for what differs: `{{name}}`. What all pages have in their heads stands in the place of `{{head}}`: their
/// style and their script, if they have one, are called as they are.
struct PageTemplate: Sendable {
    private let text: String

    init(_ file: PageFile) {
        let name = String(file.name.prefix { $0 != "." })
        self.text = file.text.replacing("{{head}}", with: Self.head(of: name).joined(separator: "\n"))
    }

    private static func head(of name: String) -> [String] {
        var lines = [
            "<meta charset=\"utf-8\">",
            "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1, viewport-fit=cover\">",
            "<link rel=\"icon\" href=\"data:,\">",
            "<link rel=\"stylesheet\" href=\"\(PageFiles.base)/\(name).css\">",
        ]
        let script = "\(name).mjs"
        guard PageFiles.asset(script) != nil else { return lines }
        // Tells the browser at once of all the scripts, which it would otherwise find one by one.
        for module in self.modules(of: script).sorted() {
            lines.append("<link rel=\"modulepreload\" href=\"\(PageFiles.base)/\(module)\">")
        }
        return lines + ["<script type=\"module\" src=\"\(PageFiles.base)/\(script)\"></script>"]
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
        values.reduce(self.text) { text, value in text.replacing("{{\(value.key)}}", with: value.value) }
    }
}
