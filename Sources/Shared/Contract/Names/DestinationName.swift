/// The name of a place a stream is pushed to: letters, digits, `-` and `_`, at most 64.
package struct DestinationName: ValidatedName {
    package let rawValue: String

    package init(_ text: some StringProtocol) throws(NameError) {
        let text = String(text)
        try NameRules.check(text, as: .destination)
        self.rawValue = text
    }
}
