/// The first component of every address of a relay: letters, digits, `-` and `_`, at most 64.
package struct RelayName: ValidatedName {
    package let rawValue: String

    /// First components of the HTTP addresses that belong to the server itself.
    package static let reserved: Set<String> = ["api", "assets", "health", "livez", "metrics", "readyz"]

    /// The name, already percent-decoded.
    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .relay)
        guard !Self.reserved.contains(text.lowercased()) else { throw .reserved(.relay, text) }
        self.rawValue = text
    }

    /// How a sentence names a relay that a peer asked for and that there is none of: `'li...' (5 characters)`, or
    /// `of that name` where it is no name. What cannot be one may be a whole address with a key in it.
    package static func asked(_ text: some StringProtocol) -> String {
        (try? RelayName(text)).map { TypedName.quoted($0.rawValue) } ?? "of that name"
    }
}
