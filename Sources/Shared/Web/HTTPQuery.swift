import Encodings

/// The query of an address: `name=value` pairs, percent-decoded; the first of a name counts.
package struct HTTPQuery: Sendable {
    private var items: [String: String] = [:]

    /// Pairs read; more than a player ever sends.
    package static let limit = 32

    package init(_ text: some StringProtocol) {
        for pair in text.split(separator: "&").prefix(Self.limit) {
            let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            guard let name = halves.first.flatMap({ PercentEncoding.decode($0) }), self.items[name] == nil else {
                continue
            }
            self.items[name] = halves.count > 1 ? PercentEncoding.decode(halves[1]) ?? "" : ""
        }
    }

    package subscript(name: String) -> String? { self.items[name] }
}
