/// The second component of a stream's addresses: letters, digits, `-`, `_` and `.`, at most 64.
package struct StreamName: ValidatedName {
    package let rawValue: String

    /// A name may not end in one of these after a dot, so that `main.ts.m3u8` can only mean the stream `main`.
    package static let reservedExtensions: Set<String> = [
        "aac", "flv", "html", "json", "m3u8", "m4s", "mp4", "mpd", "sdp", "ts", "vtt",
    ]

    /// The name, already percent-decoded and without a query.
    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .stream)
        if let dot = text.lastIndex(of: "."),
            Self.reservedExtensions.contains(text[text.index(after: dot)...].lowercased())
        {
            throw .reserved(.stream, text)
        }
        self.rawValue = text
    }
}
