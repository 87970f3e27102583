import Contract

/// How long a host waits for its relays; one value for all, which tests set.
package struct RelayDeadlines: Hashable, Sendable {
    /// From asking for an instance to its being ready for connections.
    package var start = Duration.seconds(10)

    /// The same for one that waited to be needed.
    package var warmStart = Duration.seconds(2)

    /// A relay that has served for so long, and has connections, is worth an instance that waits to be needed; one that is lost
    /// is followed by the next after the pause.
    package var standby = Duration.seconds(2)
    package var standbyPause = Duration.seconds(60)

    /// From sending a changed configuration to its being in force.
    package var configure = Duration.seconds(10)

    /// How often a sign of life is asked for, and how long there may be none.
    package var beatInterval = ControlLimits.beatInterval
    package var beatTimeout = ControlLimits.beatTimeout

    /// From an order to its answer.
    package var order = Duration.seconds(5)

    /// The silence after which new connections wait until the instance, or the next, is heard of.
    package var doubt = Duration.seconds(1)

    /// From the end of the control socket to the end of the process: its ending says why, the socket does not.
    package var farewell = Duration.seconds(1)

    /// For viewers to get what is on tape when an instance is told to end. Relays themselves take two seconds.
    package var drain = Duration.seconds(5)

    /// For an instance that shall end to be dead, while another waits to go on with what it has stored.
    package var succession = Duration.seconds(5)

    /// What a dead instance has stored is kept for so long until another goes on with it. Players give up before.
    package var keep = Duration.seconds(30)

    /// An instance that dies before this age died young.
    package var youth = Duration.seconds(10)

    /// The same of one that was killed from outside, which is no fault of what it had to do.
    package var killedYouth = Duration.seconds(1)

    /// The first wait when instances die young one after the other; each further one doubles it, up to the last.
    package var firstBackOff = Duration.milliseconds(250)
    package var lastBackOff = Duration.seconds(10)

    /// An instance this old wipes out what became of those before it.
    package var forgiveness = Duration.seconds(60)

    /// A host that has not come round for this long was stopped or starved itself, and holds silence against nobody.
    package var ownAbsence = Duration.seconds(1)

    /// The silence after which it is asked whether the machine lets the instance run at all: time for which it was refused a
    /// processor is not held against it, up to so much of one silence. A fresh instance would be refused it as well.
    package var suspicion = Duration.milliseconds(400)
    package var starvation = Duration.seconds(10)

    package init() {}
}
