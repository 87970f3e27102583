import Encodings

/// What a request asks for, as its first line says it (RFC 9112 section 3.2).
package struct HTTPTarget: Hashable, Sendable {
    /// Still percent-encoded, without the query. `*` asks for the server as a whole; empty where the form has no path.
    package let path: String

    /// As it was sent, without the `?`.
    package let query: String

    /// Reads `/path?query` and `http://host/path?query`, which clients behind a proxy send. Servers must take both
    /// (section 3.2.2), and whose the host is does not matter here. A fragment, which should not be there, is left out.
    package init(_ target: some StringProtocol) {
        let (path, query) = target.halves(at: "#").before.halves(at: "?")
        self.query = query.map { String($0) } ?? ""
        self.path = Self.path(String(path))
    }

    private static func path(_ text: String) -> String {
        guard !text.begins(with: "/") else { return text }
        guard text != "*" else { return text }
        let (scheme, rest) = text.halves(at: ":")
        guard let authority = rest?.without(prefix: "//") else { return "" }
        guard ["http", "https"].contains(where: { scheme.lowercased().isSame(as: $0) }) else { return "" }
        return authority.halves(at: "/").behind.map { "/\($0)" } ?? "/"
    }

    /// The components of the path, decoded, without empty ones, and with `.` and `..` followed (RFC 3986 section 5.2.4).
    /// Nil where an escape is broken or the bytes are not UTF-8.
    package var components: [String]? {
        guard let decoded = PercentEncoding.decode(self.path) else { return nil }
        var components: [String] = []
        for component in decoded.parts(at: "/") {
            switch component {
            case ".": break
            case "..": _ = components.popLast()
            default: components.append(String(component))
            }
        }
        return components
    }
}
