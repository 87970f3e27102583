import Foundation

/// The repository this test was built from.
enum SourceTree {
    struct File {
        /// From the repository's top.
        var path: String
        var text: String

        /// The module: the folder in one of the houses of `Sources` or `Tests`, or the house itself where it is one.
        var module: String {
            let names = self.path.split(separator: "/").map(String.init)
            guard names.count > 2 else { return "" }
            return House(rawValue: names[1]) == nil || names.count < 4 ? names[1] : names[2]
        }
        var lines: [Substring] { self.text.split(separator: "\n", omittingEmptySubsequences: false) }
    }

    static let top = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    static func swiftFiles(in folder: String) throws -> [File] {
        let root = Self.top.appending(path: folder)
        let paths = try FileManager.default.subpathsOfDirectory(atPath: root.path)
        return try paths.filter { $0.hasSuffix(".swift") }.sorted().map { path in
            let text = try String(contentsOf: root.appending(path: path), encoding: .utf8)
            return File(path: "\(folder)/\(path)", text: text)
        }
    }

    static func entries(of folder: String) throws -> Set<String> {
        let path = Self.top.appending(path: folder).path
        return Set(try FileManager.default.contentsOfDirectory(atPath: path).filter { !$0.hasPrefix(".") })
    }

    /// The modules that a line of Swift imports, whatever attributes, access and kind stand around it.
    static func imported(by line: some StringProtocol) -> String? {
        let code = Self.code(of: line)
        let words = code.split { $0 == " " || $0 == "\t" }.map(String.init)
        guard let keyword = words.firstIndex(of: "import") else { return nil }
        let access: Set<String> = ["package", "public", "internal", "private", "fileprivate"]
        guard words[..<keyword].allSatisfy({ access.contains($0) || $0.hasPrefix("@") }) else { return nil }
        let kinds: Set<String> = ["struct", "class", "enum", "protocol", "typealias", "func", "let", "var"]
        let path = words[(keyword + 1)...].first { !kinds.contains($0) }
        return path.flatMap { $0.split(separator: ".").first.map(String.init) }
    }

    static func saysUnsafe(_ line: some StringProtocol) -> Bool {
        Self.code(of: line).split { !($0.isLetter || $0.isNumber || $0 == "_") }.contains("unsafe")
    }

    /// The line without its comment, if it has one, and without what stands in quotation marks.
    private static func code(of line: some StringProtocol) -> String {
        var code = ""
        var isQuoted = false
        var previous: Character = " "
        for character in line {
            if character == "\"", previous != "\\" { isQuoted.toggle() }
            if !isQuoted, character == "/", previous == "/" { return String(code.dropLast()) }
            if !isQuoted { code.append(character) }
            previous = character
        }
        return code
    }
}
