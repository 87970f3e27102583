package import Linux
package import NIOCore
package import Tape

/// Somebody to be sent a tape: a socket, and what to say first. What protocol it speaks is in the bytes alone.
package struct Viewer: ~Copyable, Sendable {
    /// A connected stream socket.
    package let descriptor: OwnedDescriptor

    package let tape: WireTape

    /// Sent before anything else: an HTTP head, RTMP status messages.
    package let opening: ByteBuffer

    /// The viewer's latency budget: no byte waits longer than this before it is sent; zero sends at once. All viewers
    /// of a tape with the same budget are sent to together.
    package let tick: Duration

    /// It has paused already, and gets nothing of the tape until its dialogue resumes.
    package let isPaused: Bool

    /// Understands what the viewer sends; without one it is read and dropped.
    package let dialogue: (any ViewerDialogue)?

    /// Is given the connection and the dialogue where that asks for it (``ViewerRequest/release``), on a thread of the
    /// engine, after `onEnd`. It must not block. Nil: the connection is closed.
    package let onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?

    /// Called once when the viewer is no more, on a thread of the engine (on the caller's when the engine refuses it). It
    /// must not block.
    package let onEnd: @Sendable (ViewerEnd) -> Void

    package init(
        descriptor: consuming OwnedDescriptor,
        tape: WireTape,
        opening: ByteBuffer = ByteBuffer(),
        tick: Duration = .zero,
        isPaused: Bool = false,
        dialogue: (any ViewerDialogue)? = nil,
        onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)? = nil,
        onEnd: @escaping @Sendable (ViewerEnd) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.tape = tape
        self.opening = opening
        self.tick = tick
        self.isPaused = isPaused
        self.dialogue = dialogue
        self.onRelease = onRelease
        self.onEnd = onEnd
    }
}
