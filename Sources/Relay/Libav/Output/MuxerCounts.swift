/// What a muxer has done since it was made; per-packet facts are counted, not logged.
package struct MuxerCounts: Hashable, Sendable {
    /// Packets written.
    package var packets = 0

    /// Packets whose dts or pts had to move, because it did not rise or because pts came before dts.
    package var movedStamps = 0

    /// Packets without a byte, which no format can carry.
    package var empty = 0

    package init() {}
}
