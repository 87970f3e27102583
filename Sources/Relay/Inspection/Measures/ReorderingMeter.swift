/// How long pictures are sent before they are shown: viewers are behind by as much.
package struct ReorderingMeter: Hashable, Sendable {
    /// How long pictures are looked at, µs.
    private static let span: Int64 = 4_000_000
    /// What is more is none, µs.
    private static let most: Int64 = 60_000_000

    private var began: Int64?
    private var now: Int64 = 0
    private var before: Int64?

    package init() {}

    /// Notes a picture's time of presentation after its time of decoding, µs, at an instant.
    package mutating func note(offset: Int64, at now: Int64) {
        let began = self.began ?? now
        if now &- began >= Self.span {
            self.before = self.now
            self.now = 0
            self.began = now
        } else {
            self.began = began
        }
        self.now = max(self.now, min(offset, Self.most))
    }

    package mutating func forget() { self = ReorderingMeter() }

    /// The longest of the last seconds, s; nil while too little is known.
    package var depth: Double? { self.before.map { Double(max($0, self.now)) / 1_000_000 } }
}
