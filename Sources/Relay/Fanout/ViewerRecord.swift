internal import Linux
internal import NIOCore
internal import Tape

/// What an engine thread needs of a viewer now and then.
final class ViewerRecord {
    let id: ViewerID
    let group: ViewerGroup
    let onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?
    let onEnd: @Sendable (ViewerEnd) -> Void
    var dialogue: (any ViewerDialogue)?
    /// Nil once it was called.
    var onStart: (@Sendable () -> Void)?

    /// Bytes of its own that come before those of the tape.
    var pending = ByteBuffer()

    /// How many of them count towards ``FanoutLimits/aside``.
    var aside = 0

    /// While it has no place: the sequence of the first record it is not sent, for counting what it missed.
    var nextSequence: UInt64 = 0

    /// Of the keeper of its connection; nil where it does not outlive the process.
    var kept: UInt64?

    /// Whether its journal says where it is. Where it does not, that is noted before anything more is sent.
    var isNoted = true

    /// Bytes that anybody has read of its connection, as the kernel counts them; nil where nobody is told.
    var taken: UInt64?

    /// How often it was noted where its dialogue stands.
    var checkpoints: UInt64 = 0

    /// What it had of a process that is dead, until it has a place on this tape.
    var continuation: ViewerContinuation?

    /// Nil once it was given to the lingering ones.
    var descriptor: OwnedDescriptor?

    init(
        id: ViewerID,
        group: ViewerGroup,
        descriptor: consuming OwnedDescriptor,
        dialogue: (any ViewerDialogue)?,
        onRelease: (@Sendable (HeldDescriptor, any ViewerDialogue) -> Void)?,
        onEnd: @escaping @Sendable (ViewerEnd) -> Void
    ) {
        self.id = id
        self.group = group
        self.descriptor = consume descriptor
        self.dialogue = dialogue
        self.onRelease = onRelease
        self.onEnd = onEnd
    }
}
