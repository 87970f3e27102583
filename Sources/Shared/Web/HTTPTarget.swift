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
        let target = target.prefix { $0 != "#" }
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.query = halves.count > 1 ? String(halves[1]) : ""
        self.path = Self.path(halves.first.map { String($0) } ?? "")
    }

    private static func path(_ text: String) -> String {
        guard !text.hasPrefix("/") else { return text }
        guard text != "*" else { return text }
        guard let end = text.firstRange(of: "://") else { return "" }
        let scheme = text[..<end.lowerBound].lowercased()
        guard scheme == "http" || scheme == "https" else { return "" }
        guard let slash = text[end.upperBound...].firstIndex(of: "/") else { return "/" }
        return String(text[slash...])
    }

    /// The components of the path, decoded, without empty ones, and with `.` and `..` followed (RFC 3986 section 5.2.4).
    /// Nil where an escape is broken or the bytes are not UTF-8.
    package var components: [String]? {
        guard let decoded = PercentEncoding.decode(self.path) else { return nil }
        var components: [String] = []
        for component in decoded.split(separator: "/") {
            switch component {
            case ".": break
            case "..": _ = components.popLast()
            default: components.append(String(component))
            }
        }
        return components
    }
}
