import Encodings

/// The query of an address: `name=value` pairs, percent-decoded; the first of a name counts.
package struct HTTPQuery: Sendable {
    private var items: [String: String] = [:]

    /// Pairs read; more than a player ever sends.
    package static let limit = 32

    package init(_ text: some StringProtocol) {
        for pair in text.parts(at: "&").prefix(Self.limit) {
            let (name, value) = pair.halves(at: "=")
            guard let name = PercentEncoding.decode(name), self.items[name] == nil else { continue }
            self.items[name] = value.flatMap { PercentEncoding.decode($0) } ?? ""
        }
    }

    package subscript(name: String) -> String? { self.items[name] }
}
