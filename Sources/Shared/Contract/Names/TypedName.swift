/// What a peer typed where a name belongs. It may be a key in the wrong field, so logs, pages and refusals show no more of
/// it than somebody needs who looks for a slip of the fingers: the first two characters, and how many there are.
package enum TypedName {
    private static let shown = 2

    /// `'ma...' (4 characters)`
    package static func quoted(_ text: some StringProtocol) -> String {
        "'\(text.prefix(Self.shown))...' (\(Self.length(text)))"
    }

    /// `ma... (4 characters)`, for a column or a field.
    package static func plain(_ text: some StringProtocol) -> String {
        "\(text.prefix(Self.shown))... (\(Self.length(text)))"
    }

    private static func length(_ text: some StringProtocol) -> String {
        text.count == 1 ? "1 character" : "\(text.count) characters"
    }
}
