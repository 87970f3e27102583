import Media
import NIOCore

extension TSAudioTrack {
    /// Where a track stands between two packetised units, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var rest: ByteBuffer
        fileprivate var configuration: CodecConfiguration?
        fileprivate var base: Int64?
        fileprivate var samples: Int64
        fileprivate var malformed: UInt64
        /// Of AAC in LATM: the element that says how others are made.
        fileprivate var element: ByteBuffer?
    }

    var standing: Standing {
        Standing(
            rest: self.rest,
            configuration: self.configuration,
            base: self.base,
            samples: self.samples,
            malformed: self.malformed,
            element: self.framing.element
        )
    }

    /// Goes on where another of the coding stood.
    ///
    /// - Returns: false if none can have stood there.
    mutating func resume(_ standing: Standing) -> Bool {
        guard standing.rest.readableBytes <= Self.frameLimit, (0..<Self.sampleLimit).contains(standing.samples),
            standing.malformed < TSLimits.counted
        else { return false }
        self.rest = standing.rest
        self.configuration = standing.configuration
        self.base = standing.base
        self.samples = standing.samples
        self.malformed = standing.malformed
        self.framing.goOn(after: standing.configuration, element: standing.element)
        return true
    }

    /// Samples that are counted from one time to the next; a million of them a microsecond make no number too large.
    private static let sampleLimit: Int64 = 1 << 42
}

extension TSAudioFraming {
    fileprivate var element: ByteBuffer? {
        if case .loas(let framing) = self { framing.configuring } else { nil }
    }

    /// Takes what frames before have told, and those that follow may not repeat.
    fileprivate mutating func goOn(after configuration: CodecConfiguration?, element: ByteBuffer?) {
        switch self {
        case .adts: self = .adts(ADTSFraming(after: configuration))
        case .loas: self = .loas(LOASFraming(behind: element))
        case .mpegAudio, .ac3, .opus: break
        }
    }
}
