/// `a=source-filter`: RFC 4570. Who may send to an address, or who may not.
package struct SDPSourceFilter: Hashable, Sendable {
    package var isInclusive: Bool
    /// The address that is received at; `*` for every one of the description.
    package var destination: String
    package var sources: [String]

    package init(isInclusive: Bool = true, destination: String, sources: [String]) {
        self.isInclusive = isInclusive
        self.destination = destination
        self.sources = sources
    }

    init?(_ value: String) {
        let words = value[...].words
        guard words.count >= 5, ["incl", "excl"].contains(words[0].lowercased()) else { return nil }
        self.isInclusive = words[0].lowercased() == "incl"
        self.destination = String(words[3])
        self.sources = words[4...].prefix(32).map(String.init)
    }

    package var attribute: SDPAttribute {
        let family = (self.sources.first ?? "").contains(":") ? "IP6" : "IP4"
        let mode = self.isInclusive ? "incl" : "excl"
        return SDPAttribute(
            "source-filter",
            ([mode, "IN", family, self.destination] + self.sources).joined(separator: " ")
        )
    }
}
