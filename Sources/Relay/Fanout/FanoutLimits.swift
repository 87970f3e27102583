/// What viewers may cost. Everything a viewer can make the process keep is bounded by one of these.
package struct FanoutLimits: Hashable, Sendable {
    /// Viewers in the whole engine; more are refused.
    package var viewers = 16384

    /// A viewer that takes nothing for so long, while there is something to send, is dropped.
    package var stall = Duration.seconds(15)

    /// Unsent bytes the kernel may keep for a viewer (SO_SNDBUF; the kernel doubles it for its bookkeeping). Nil leaves
    /// it to the kernel, which grows it to `net.ipv4.tcp_wmem`'s third number.
    package var sendBuffer: Int? = 256 * 1024

    /// Bytes an intake is read at a time.
    package static let intakeRead = 64 * 1024

    /// Publishers are read once in the shortest tick that any viewer has, so often at the least: who sends much must not find
    /// the kernel's buffer full, and answers do not wait long.
    package var mostRead = Duration.milliseconds(100)

    /// With a shorter tick publishers are read as they send: there are as many messages as ticks.
    package var leastRead = Duration.milliseconds(15)

    /// How often publishers are read whom no viewer watches.
    package var unwatchedRead = Duration.milliseconds(50)

    /// How often one publisher is read in one turn, so that one that never stops sending leaves the others theirs.
    static let readsInTurn = 16

    /// A publisher that has sent nothing for so long is read when it sends again.
    static let quiet = Duration.seconds(1)

    /// How often an intake is read before the engine is shut down: more than the kernel keeps.
    package static let lastReads = 128

    /// How often it is written down where the reader of a publisher stands that outlives the process.
    static let checkpointInterval = Duration.seconds(1)

    /// Bytes an engine thread may keep in all for viewers that were moved in the middle of a record, and for replies.
    package var aside = 64 * 1024 * 1024

    /// Bytes a viewer may be owed in replies before it is taken for one that only asks.
    package var replies = 256 * 1024

    /// Bytes a viewer may send in a second; players send a few acknowledgements.
    package var inputPerSecond = 256 * 1024

    /// How soon a peer that vanished without a word is noticed: idle + interval × probes.
    package var keepAliveIdle = Duration.seconds(10)
    package var keepAliveInterval = Duration.seconds(5)
    package var keepAliveProbes = 3

    /// How long a viewer that was sent everything may take to close its side, before ours is closed.
    package var linger = Duration.seconds(2)

    /// How often stalls are looked for.
    package var sweep = Duration.seconds(1)

    package init() {}
}
