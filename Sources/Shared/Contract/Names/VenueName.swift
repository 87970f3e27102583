/// The name of a satellite venue: letters, digits, `-` and `_`, at most 64.
package struct VenueName: ValidatedName {
    package let rawValue: String

    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .venue)
        self.rawValue = text
    }
}
