import Encodings

/// The part of a playlist's query that the addresses in it carry: a player sends a playlist's own query only there.
package struct HandedOnQuery: Sendable {
    /// Bytes of it; the signatures of content delivery networks have one to three thousand.
    package static let limit = 4096

    /// Directives to a server about one request for a playlist (draft-pantos-hls-rfc8216bis section 6.2.5).
    private static let directives = "_HLS_"

    private let isHandedOn: @Sendable (_ name: String) -> Bool

    /// - Parameters:
    ///   - token: whether `token` is.
    ///   - isHandedOn: whether another parameter of this name is.
    package init(token: Bool = true, _ isHandedOn: @escaping @Sendable (_ name: String) -> Bool) {
        self.isHandedOn = { name in name.isSame(as: "token") ? token : isHandedOn(name) }
    }

    /// What of a query is handed on, fit for a playlist; without what would make it too long.
    package func part(of query: String) -> String {
        var pairs: [String] = []
        var room = Self.limit
        for pair in query.parts(at: "&").prefix(HTTPQuery.limit) {
            guard let name = PercentEncoding.decode(pair.halves(at: "=").before), !name.begins(with: Self.directives),
                self.isHandedOn(name)
            else { continue }
            let text = PercentEncoding.completed(pair)
            guard text.utf8.count < room else { continue }
            room -= text.utf8.count + 1
            pairs.append(text)
        }
        return pairs.joined(separator: "&")
    }
}
