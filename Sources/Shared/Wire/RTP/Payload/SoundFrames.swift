import Media
import NIOCore

/// Frames of sound on their way out of packets: one that comes in several of them, and how the last one was coded.
struct SoundFrames: Sendable {
    /// A frame of which more has to come.
    struct Fragment: Sendable {
        var timestamp: UInt32
        var bytes: ByteBuffer
        /// Packets that are to come, or the bytes that the whole will have, as the format counts.
        var wanted: Int
    }

    var fragment: Fragment?
    private(set) var configuration: CodecConfiguration?

    /// Nil while more of a frame has to come.
    var standing: RTPDepacketizerStanding? {
        self.fragment == nil ? RTPDepacketizerStanding(configuration: self.configuration) : nil
    }

    mutating func resume(_ standing: RTPDepacketizerStanding) { self.configuration = standing.configuration }

    /// What was begun will not be continued.
    mutating func drop(_ output: inout RTPDepacketizerOutput) {
        if self.fragment != nil { output.damaged += 1 }
        self.fragment = nil
    }

    /// Gives out a whole frame, with its configuration where that has changed.
    mutating func give(
        _ frame: ByteBuffer,
        _ timestamp: UInt32,
        _ configuration: CodecConfiguration,
        _ output: inout RTPDepacketizerOutput
    ) {
        var unit = RTPAccessUnit(timestamp: timestamp, payload: frame)
        if configuration != self.configuration {
            self.configuration = configuration
            unit.configuration = configuration
        }
        output.units.append(unit)
    }
}
