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

    package init(descriptor: consuming OwnedDescriptor, reader: any IntakeReader, silence: Duration) {
        self.descriptor = descriptor
        self.reader = reader
        self.silence = silence
    }
}

/// Understands what an intake sends: bytes in, answers out; never a socket. It must not block. Called by one thread at a
/// time.
package protocol IntakeReader: AnyObject, Sendable {
    /// Bytes came in; at most ``FanoutLimits/intakeRead`` at a time.
    func received(_ bytes: ByteBuffer) -> IntakeAnswer

    /// ``FanoutEngine/nudge(_:)`` was called since it was last asked, or may have been.
    func nudged() -> IntakeAnswer

    /// Called once, last.
    func ended(_ end: IntakeEnd)
}

/// What a reader wants done.
package struct IntakeAnswer: Hashable, Sendable {
    /// To be sent.
    package var reply: ByteBuffer

    /// Whether the connection is to be closed after that.
    package var closes: Bool

    package init(reply: ByteBuffer = ByteBuffer(), closes: Bool = false) {
        self.reply = reply
        self.closes = closes
    }
}

/// Why an intake is over.
package enum IntakeEnd: Hashable, Sendable {
    /// The peer closed the connection.
    case left
    /// The connection broke.
    case failed(LinuxError)
    /// Nothing came for ``Intake/silence``.
    case silent
    /// Its reader closed it.
    case closed
    /// It asked for more than ``FanoutLimits/replies`` and did not read it.
    case flooding
    /// The engine was shut down, or takes nobody.
    case shutdown
}
