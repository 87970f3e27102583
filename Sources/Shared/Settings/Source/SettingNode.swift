/// A setting as it was written, and where.
struct SettingNode: Hashable, Sendable {
    enum Content: Hashable, Sendable {
        /// `key:` with nothing after it, `~` or `null`.
        case absent
        case text(String)
        case group([SettingEntry])
        case list([SettingNode])
    }

    var origin: SettingOrigin
    var content: Content

    var shape: String {
        switch self.content {
        case .absent: "nothing"
        case .text: "a single value"
        case .group: "a group of keys"
        case .list: "a list"
        }
    }
}

struct SettingEntry: Hashable, Sendable {
    var key: String
    /// Where the key itself stands.
    var origin: SettingOrigin
    var node: SettingNode
}
