/// A viewer of an engine, for as long as the engine lives: never given out twice.
package struct ViewerID: Hashable, Sendable {
    /// The thread in the highest 8 bits, the place in its table in 24, how often the place was used in 32.
    private let bits: UInt64

    init(thread: Int, slot: Int, generation: UInt32) {
        self.bits = UInt64(thread & 0xff) << 56 | UInt64(slot & 0xff_ffff) << 32 | UInt64(generation)
    }

    /// Of a viewer that was refused.
    static let none = ViewerID(thread: 0xff, slot: 0xff_ffff, generation: 0)

    static let maximumThreads = 255
    static let maximumSlots = 1 << 24

    var thread: Int { Int(self.bits >> 56) }
    var slot: Int { Int(self.bits >> 32 & 0xff_ffff) }
    var generation: UInt32 { UInt32(truncatingIfNeeded: self.bits) }
}

extension ViewerID: CustomStringConvertible {
    package var description: String { String(self.bits, radix: 16) }
}
