package import Tape

/// What is needed to look into a stream without its publisher's lock.
extension Stream {
    /// What its source has sent, as the stream keeps it.
    package var record: PacketTape { self.packets }

    /// Whether a source was on air when that was last looked at.
    package var isOnAir: Bool { self.marks.isOnAir }

    /// The sequence on ``record`` behind which everything is of the source on air.
    package var firstOfSource: UInt64 { self.marks.firstOfSource }
}
