/// One reading of the two clocks, passed down so that nothing below asks for the time itself.
package struct Now: Hashable, Sendable {
    /// µs on a clock that only runs forward.
    package var monotonic: Int64
    /// µs since 1970-01-01 UTC.
    package var wall: Int64

    package init(monotonic: Int64, wall: Int64) {
        self.monotonic = monotonic
        self.wall = wall
    }
}
