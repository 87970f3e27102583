/// How much a stream prefers one of its sources: the connected source of the best rank is on air.
package struct SourceRank: Hashable, Comparable, Sendable {
    /// 0 is the best.
    package let number: UInt8

    /// The one that is to be on air whenever it sends.
    package static let main = SourceRank(0)

    package init(_ number: UInt8) {
        self.number = number
    }

    /// Whether the left rank is preferred.
    package static func < (left: SourceRank, right: SourceRank) -> Bool { left.number < right.number }
}
