package import Media

/// One event as a packet tape keeps it.
package struct TapeEntry: Hashable, Sendable {
    package let sequence: UInt64
    package let event: MediaEvent

    /// A reader that has nothing yet can begin with this packet, having read the configurations before it.
    package let isJoin: Bool

    /// A configuration that was written again in front of a join; who has read on from before it knows it already.
    package let isRepeat: Bool

    /// The segment that starts with this packet.
    package let segment: SegmentMark?
}
