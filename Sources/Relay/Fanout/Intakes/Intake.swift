package import Linux
package import NIOCore

/// Somebody who sends: a socket whose bytes a reader takes on a thread of the engine. What the reader puts on a tape goes
/// to that thread's viewers in the same round, without another thread being woken on the way.
package struct Intake: ~Copyable, Sendable {
    /// A connected stream socket.
    package let descriptor: OwnedDescriptor

    package let reader: any IntakeReader

    /// One that sends nothing for so long is ended.
    package let silence: Duration

    /// Fewer bytes than that are no message: they wake nobody until more have come, or the end.
    package let leastMessage: Int

    /// Where it is read into, if it is to outlive the process.
    package let memory: IntakeMemory?

    package init(
        descriptor: consuming OwnedDescriptor,
        reader: any IntakeReader,
        silence: Duration,
        leastMessage: Int = 1,
        memory: IntakeMemory? = nil
    ) {
        self.descriptor = descriptor
        self.reader = reader
        self.silence = silence
        self.leastMessage = leastMessage
        self.memory = memory
    }
}

/// Understands what an intake sends: bytes in, answers out; never a socket. It must not block. Called by one thread at a
/// time.
package protocol IntakeReader: AnyObject, Sendable {
    /// Bytes came in; at most ``FanoutLimits/intakeRead`` at a time.
    func received(_ bytes: ByteBuffer) -> IntakeAnswer

    /// Whether it ever says where it stands.
    var canOutliveProcess: Bool { get }

    /// The same as ``received(_:)``; and it is time to say where it stands, if that can be said.
    func receivedToCheckpoint(_ bytes: ByteBuffer) -> (IntakeAnswer, IntakeCheckpoint?)

    /// What the process before had received has been received again, all of it.
    func caughtUp() -> IntakeAnswer

    /// ``FanoutEngine/nudge(_:)`` was called since it was last asked, or may have been.
    func nudged() -> IntakeAnswer

    /// Is given the connection where an answer released it (``IntakeAnswer/releases``), before ``ended(_:)``.
    func released(_ connection: HeldDescriptor)

    /// Called once, last.
    func ended(_ end: IntakeEnd)
}

extension IntakeReader {
    package var canOutliveProcess: Bool { false }

    /// This reader does not outlive its process.
    package func receivedToCheckpoint(_ bytes: ByteBuffer) -> (IntakeAnswer, IntakeCheckpoint?) {
        (self.received(bytes), nil)
    }

    package func caughtUp() -> IntakeAnswer { IntakeAnswer() }

    /// Takes a connection that was released. This reader asked for none, so that it is closed.
    package func released(_ connection: HeldDescriptor) {}
}

/// Where a reader stands, for the process that goes on with it when this one dies.
package struct IntakeCheckpoint: Sendable {
    /// How many of the bytes it was given last come behind that, and are to be received again.
    package let bytesBehind: Int

    /// How many bytes of the answer to them are to what comes behind it, and are given again.
    package let repliesBehind: Int

    /// What is to be written down; nil where that turns out not to be possible. Called once, on the reader's thread, when
    /// viewers have been sent what came of the bytes.
    package let encode: @Sendable () -> [UInt8]?

    package init(bytesBehind: Int, repliesBehind: Int = 0, encode: @escaping @Sendable () -> [UInt8]?) {
        self.bytesBehind = bytesBehind
        self.repliesBehind = repliesBehind
        self.encode = encode
    }
}

/// What an engine thread is to do for a reader.
package struct IntakeAnswer: Hashable, Sendable {
    /// To be sent.
    package var reply: ByteBuffer

    /// Whether the connection is to be closed after that.
    package var closes: Bool

    /// Whether the connection is to be given back after that, and nothing more read from it before.
    package var releases: Bool

    package init(reply: ByteBuffer = ByteBuffer(), closes: Bool = false, releases: Bool = false) {
        self.reply = reply
        self.closes = closes
        self.releases = releases
    }
}

/// The reason for which an intake is over.
package enum IntakeEnd: Hashable, Sendable {
    /// The peer closed the connection.
    case left
    /// The connection broke.
    case failed(LinuxError)
    /// Nothing came for ``Intake/silence``.
    case silent
    /// Its reader closed it.
    case closed
    /// Its reader had the connection released.
    case released
    /// It asked for more than ``FanoutLimits/replies`` and did not read it.
    case flooding
    /// The engine was shut down, or takes nobody.
    case shutdown
}
