/// Addresses that a playlist names, relative to its own.
enum PlaylistAddress {
    /// A player sends the playlist's own query with the playlist alone, so every address in it carries what is handed on.
    static func of(_ file: String, query: String) -> String {
        query.isEmpty ? file : "\(file)?\(query)"
    }
}
