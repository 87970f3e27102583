/// Text of protocols, taken apart at bytes.
///
/// A `Character` is what a reader sees: a mark that combines with a separator makes one of both, `K` equals the Kelvin sign,
/// and `;` the Greek question mark. On the wire they are different bytes, and whoever reads the same text elsewhere (a
/// browser, a proxy, another relay) parts and compares it by those.
extension StringProtocol {
    /// `split` by a separator of ASCII.
    package func parts(
        at separator: Unicode.Scalar,
        maxSplits: Int = Int.max,
        omittingEmpty: Bool = true
    ) -> [SubSequence] {
        self.utf8.split(
            separator: UInt8(ascii: separator),
            maxSplits: maxSplits,
            omittingEmptySubsequences: omittingEmpty
        ).map { self[$0.startIndex..<$0.endIndex] }
    }

    /// What stands before the first separator, and what behind it; nil where there is none.
    package func halves(at separator: Unicode.Scalar) -> (before: SubSequence, behind: SubSequence?) {
        guard let place = self.utf8.firstIndex(of: UInt8(ascii: separator)) else { return (self[...], nil) }
        return (self[..<place], self[self.utf8.index(after: place)...])
    }

    package func begins(with text: some StringProtocol) -> Bool { self.utf8.starts(with: text.utf8) }

    package func ends(with text: some StringProtocol) -> Bool {
        self.utf8.suffix(text.utf8.count).elementsEqual(text.utf8)
    }

    /// Whether both are the same bytes.
    package func isSame(as text: some StringProtocol) -> Bool { self.utf8.elementsEqual(text.utf8) }

    /// What stands behind a beginning; nil where the text begins otherwise.
    package func without(prefix: some StringProtocol) -> SubSequence? {
        guard self.begins(with: prefix) else { return nil }
        return self[self.utf8.index(self.startIndex, offsetBy: prefix.utf8.count)...]
    }

    /// What stands in front of an ending; nil where the text ends otherwise.
    package func without(suffix: some StringProtocol) -> SubSequence? {
        guard self.ends(with: suffix) else { return nil }
        return self[..<self.utf8.index(self.startIndex, offsetBy: self.utf8.count - suffix.utf8.count)]
    }

    /// Without spaces and tabs at both ends.
    package func trimmingBlanks() -> SubSequence {
        let bytes = self.utf8
        let isBlank = { (byte: UInt8) in byte == UInt8(ascii: " ") || byte == UInt8(ascii: "\t") }
        guard let first = bytes.firstIndex(where: { !isBlank($0) }) else { return self[self.endIndex...] }
        var end = first
        var index = first
        while index < bytes.endIndex {
            let next = bytes.index(after: index)
            if !isBlank(bytes[index]) { end = next }
            index = next
        }
        return self[first..<end]
    }
}
