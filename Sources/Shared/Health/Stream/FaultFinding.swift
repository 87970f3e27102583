import Contract

extension StreamFault: WatchedFault {
    var onset: Duration {
        switch self {
        case .contended, .unstable, .tracksStepped, .timestampsJump, .mediaLeftOut, .packetsDropped, .packetsLost,
            .publisherRefused, .silent, .frozen, .channelMissing, .clipping, .soundLow, .unchecked, .inputSlow,
            .inputFast, .formatChanged, .pushFailed, .viewersSlow, .playlistStopped, .formatUnavailable,
            .relayOverloaded, .interleaveGap, .reorderingDeep:
            .zero
        case .videoStopped, .audioStopped, .keyframesRare, .drifting: .seconds(1)
        // Between two scenes a picture may be black for a moment: until the next keyframe after that.
        case .black, .flat: .seconds(2)
        case .trackMissing, .sizeUnexpected, .tapeShort, .profileUnusual: .seconds(3)
        // Until two more keyframes have been looked at: a title that fades in is none.
        case .textIllegible: .seconds(5)
        case .frameRateFell, .bitrateFell, .bitrateLow, .bitrateHigh, .frameRateLow, .frameRateHigh: .seconds(5)
        }
    }

    static let relief = Duration.seconds(5)
}

/// What there is to say of a fault.
struct FaultFinding: Hashable, Sendable {
    var wording: Wording

    /// Whether viewers get picture and sound all the same: then it is said, and the stream stays live.
    var isMinor: Bool

    init(_ wording: Wording, isMinor: Bool = false) {
        self.wording = wording
        self.isMinor = isMinor
    }

    init(_ sentences: FaultSentences, isMinor: Bool = false) {
        self.init(Wording(sentences.text), isMinor: isMinor)
    }
}
