/// A track that went over to another era, because its timestamps jumped, and how many packets have gone on there. A stray packet or
/// a few make an era too, and leave it again.
struct EraCrossing: Sendable, Codable {
    /// By how much its timestamps jumped, µs.
    private let distance: Int64
    private var followers = 0

    /// So many packets show that the track has gone over for good.
    private static let proof = 8
    /// What is less, µs, is the unevenness with which packets come.
    private static let least: Int64 = 150_000

    private init(distance: Int64) {
        self.distance = distance
    }

    /// Nil where the timestamps did not jump, but only the era that they are counted in is another one, and where a jump was taken
    /// back: `before` is one that was not proven.
    static func jump(by distance: Int64, after before: EraCrossing?) -> EraCrossing? {
        let sum = distance &+ (before?.distance ?? 0)
        return sum.magnitude < UInt64(self.least) ? nil : EraCrossing(distance: sum)
    }

    /// Another packet of the track has come in the same era.
    ///
    /// - Returns: The distance of the jump, once it is proven.
    mutating func follow() -> Int64? {
        self.followers += 1
        return self.followers == Self.proof ? self.distance : nil
    }
}
