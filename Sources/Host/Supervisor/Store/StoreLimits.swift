import Contract

/// What a host keeps for one relay at most. Beyond these it keeps no more, which costs nobody a connection until an instance
/// dies.
package struct StoreLimits: Hashable, Sendable {
    /// Pieces of memory.
    package var memories = ControlLimits.storedMemories

    /// UDP sockets: of four thousand sessions by RTSP with two tracks each, whose RTP and RTCP have one each.
    package var sockets = 16384

    /// Bytes of one piece, as times the memory of the relay's container. Most of a tape, and of a table that has room for
    /// everybody who may come, is never written.
    package var oneFactor = 64

    /// Bytes of all pieces, as times the same.
    package var sizeFactor = 256

    /// Bytes of all pieces that are in use, as times the same: what a dead instance has written is no longer charged to its
    /// container, and its successor's limit does not know of it.
    package var useFactor = 1

    /// An instance that dies sooner after it was told to resume may have died of what it was given.
    package var youth = Duration.seconds(10)

    /// The same of one that was killed from outside.
    package var killedYouth = Duration.seconds(1)

    /// So many instances, one after the other, may die young of what they were given: then it is let go of.
    package var deaths = 3

    /// The part of the files that the host may have open which is left for connections: one in so many.
    package var reservedShare = 4

    /// The part of them which, when connections have come to need it, is made free by letting go of what is kept: one in so
    /// many; and how many connections at a time.
    package var scarceShare = 8
    package var shedding = 64

    /// For how long the status says that something was not kept.
    package var complaint = Duration.seconds(60)

    package init() {}
}
