package import Linux
package import Media
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

    /// The most bytes of ``card``; one with a longer one does not outlive the process.
    package static let longestCard = ViewerTableLayout.cardSize - MemoryLayout<UInt64>.size

    /// Says who it is, for whoever goes on with it if this process dies. Nil: it does not outlive the process.
    package let card: [UInt8]?

    /// Where it began: a viewer of a process that is dead. Nil: it is new.
    package let continuation: ViewerContinuation?

    /// Called once when a new viewer is given its first place on the tape, on a thread of the engine; it must not block.
    package var onStart: (@Sendable () -> Void)?

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
        card: [UInt8]? = nil,
        continuation: ViewerContinuation? = nil,
        onEnd: @escaping @Sendable (ViewerEnd) -> Void = { _ in }
    ) {
        self.descriptor = descriptor
        self.tape = tape
        self.opening = opening
        self.tick = tick
        self.isPaused = isPaused
        self.dialogue = dialogue
        self.onRelease = onRelease
        self.card = card
        self.continuation = continuation
        self.onEnd = onEnd
    }
}

/// What a viewer had of a process that is dead. It goes on where it was, on the same tape; or, if that is not written on, at
/// the next join of another, having been sent its opening, which is whole records then.
package struct ViewerContinuation: Hashable, Sendable {
    /// A place on a tape that is written on.
    package struct Place: Hashable, Sendable {
        /// Absolute offset of the next byte.
        package let offset: UInt64
        /// The join that it was last placed at.
        package let joined: UInt64

        package init(offset: UInt64, joined: UInt64) {
            self.offset = offset
            self.joined = joined
        }
    }

    /// Nil: it goes on at the next join.
    package let place: Place?
    /// Of the keeper of its connection, which goes on keeping it under that number.
    package let kept: UInt64
    /// ``Preamble/fingerprint`` of the preamble that it was placed with; 0: it has had nothing of the stream.
    package let preamble: UInt64
    /// The time of the last record that it was sent; it goes on behind that.
    package let time: MediaTime?
    /// Bytes that it was sent, and how often it was moved forward.
    package let sent: UInt64
    package let skips: UInt64

    /// Whether a join has something that the viewer was not sent.
    func canProceed(at join: JoinPoint) -> Bool { self.time.map { join.time > $0 } ?? true }

    package init(
        kept: UInt64,
        preamble: UInt64,
        time: MediaTime?,
        sent: UInt64,
        skips: UInt64,
        place: Place? = nil
    ) {
        self.place = place
        self.kept = kept
        self.preamble = preamble
        self.time = time
        self.sent = sent
        self.skips = skips
    }
}
