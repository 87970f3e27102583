/// What an engine has done since it was made; all but ``viewers`` only grow.
package struct FanoutStatistics: Hashable, Sendable {
    package var viewers: UInt64 = 0
    package var bytesSent: UInt64 = 0
    /// System calls that sent.
    package var sends: UInt64 = 0
    /// Rounds over the viewers of a tape with one latency budget.
    package var passes: UInt64 = 0
    /// How often a viewer was moved to a newer join.
    package var skips: UInt64 = 0
    /// Viewers dropped because they took nothing.
    package var stalls: UInt64 = 0
    /// Viewers dropped because what they were in the middle of was overwritten.
    package var overruns: UInt64 = 0

    package init() {}

    static func + (left: Self, right: Self) -> Self {
        var sum = left
        sum.viewers += right.viewers
        sum.bytesSent += right.bytesSent
        sum.sends += right.sends
        sum.passes += right.passes
        sum.skips += right.skips
        sum.stalls += right.stalls
        sum.overruns += right.overruns
        return sum
    }
}
