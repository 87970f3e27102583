internal import Linux
internal import NIOCore

/// What an engine thread keeps of an intake.
final class IntakeRecord {
    let reader: any IntakeReader
    let silence: Int64
    let socket: CInt
    let leastMessage: Int

    /// Where it is read into, if it outlives the process.
    var memory: IntakeMemory?

    /// What is to be written down when there is time, how far it had come, and what its peer had been sent by then.
    var checkpoint: (IntakeCheckpoint, offset: UInt64, replied: UInt64)?

    /// Nil once it was given to the lingering ones.
    var descriptor: OwnedDescriptor?

    /// Replies the socket has not taken. While there are any, nothing more is read: who does not read the answers has
    /// no more questions answered.
    var pending = ByteBuffer()

    /// What the poller was asked for.
    var watched = Poller.Readiness.readable

    /// Whether it ends once the replies are sent.
    var isClosing = false

    /// Whether its connection is released then.
    var isReleased = false

    /// Whether it is read at intervals, and the poller tells only of more than one read takes.
    var isReadAtIntervals = false

    /// When it last sent something, ns.
    var lastInput: Int64

    init(_ arrival: consuming FanoutMailbox.IntakeArrival, now: Int64) {
        self.reader = arrival.reader
        self.silence = arrival.silence
        self.socket = arrival.socket
        self.leastMessage = arrival.leastMessage
        self.memory = arrival.memory
        self.descriptor = OwnedDescriptor(takingOwnership: arrival.socket)
        self.lastInput = now
    }
}
