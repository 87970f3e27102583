/// Maps a track's own clock onto the common one by an offset, which moves to where it should be so slowly that nobody
/// sees a step.
package struct SlewedOffset: Sendable, Codable {
    /// Common time minus the track's own, µs.
    package private(set) var current: Int64
    /// Where the offset is to go, µs; nil where it is to stay.
    package var target: Int64?
    /// Up to where on the track's own clock it has moved.
    private var moved: Int64

    /// Up to this error the offset moves slowly, beyond it by a tenth of the time that passes, µs.
    private static let coarse: Int64 = 40_000
    /// A gap in a track counts for no more than this, µs.
    private static let longestSpan: Int64 = 2_000_000
    /// The time in which a small error shrinks to a third, µs. Where a sender's first reports come seconds after its
    /// first packets, the tracks stand by their arrival until then; at this pace pictures run 4 % faster or slower for a
    /// moment, which nobody sees, and a recording that begins then is in step almost from its start.
    private static let settling: Int64 = 1_000_000

    /// - Parameters:
    ///   - offset: Common time minus the track's own, µs.
    ///   - own: The track's own time from which on it holds, µs.
    package init(_ offset: Int64, from own: Int64) {
        self.current = offset
        self.moved = own
    }

    /// The common time of a moment on the track's own clock, both µs; the offset moves by what passed since the last.
    package mutating func place(_ own: Int64) -> Int64 {
        let span = max(0, min(own &- self.moved, Self.longestSpan))
        self.moved = max(own, self.moved)
        if let target = self.target {
            let error = target &- self.current
            let step = Self.step(error, in: span)
            self.current = step.magnitude > error.magnitude ? target : self.current &+ step
        }
        return own &+ self.current
    }

    private static func step(_ error: Int64, in span: Int64) -> Int64 {
        guard error.magnitude <= UInt64(Self.coarse) else { return error < 0 ? -span / 10 : span / 10 }
        return error * span / Self.settling
    }

    /// The offset of a clock that is ahead of this one by so much, µs, from a moment on that clock on.
    package func shifted(by lead: Int64, from own: Int64) -> SlewedOffset {
        var offset = SlewedOffset(self.current &- lead, from: own)
        offset.target = self.target.map { $0 &- lead }
        return offset
    }
}
