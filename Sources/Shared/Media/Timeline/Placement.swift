/// Where the timeline put a packet.
package struct Placement: Hashable, Sendable {
    package var packet: Packet

    /// Why this packet does not follow from the one before; the packet then carries ``PacketFlags/discontinuity``.
    /// Told once, with the first packet after the break, whichever track it is of: who drops that packet has to see
    /// to it that the break is not forgotten.
    package var discontinuity: Discontinuity?

    /// Whether the source's timestamp stood still or went back, so that the packet had to be held above the one before.
    package var wasHeld: Bool

    /// Whether the source's timestamps turned out to go back and forth on the track.
    package var hasRegressed: Bool

    /// By how much one of the tracks turned out to have stepped back against another for good, µs; negative if it stepped
    /// ahead.
    package var trackStep: Int64?

    /// Wall-clock time that belongs to the packet's presentation time, µs since 1970-01-01 UTC.
    package var wallClock: Int64
}

package enum Discontinuity: Hashable, Sendable, Codable {
    /// A publisher came back, or another one took over.
    case source

    /// The source's own clock jumped by so many µs and was followed.
    case jump(Int64)
}
