package import Media

/// A track as it is sent in RTP: what its packets carry and what a session description says of it.
package struct RTPOutgoingTrack: Hashable, Sendable {
    /// Which of the stream's tracks.
    package let track: TrackID

    package let configuration: CodecConfiguration

    /// Its number among the tracks that RTP carries: the `n` of `a=control:trackID=n`. Interleaved (RFC 2326 section 10.12) its
    /// packets go by channel 2n and its reports by 2n + 1.
    package let number: Int

    package let payloadType: UInt8

    /// `a=rtpmap`: the name of the coding.
    package let encoding: String

    /// `a=rtpmap`: ticks of its timestamps a second.
    package let clockRate: Int

    /// `a=rtpmap`: channels of sound where the coding's registration says them.
    package let channels: Int?

    /// `a=fmtp`.
    package let parameters: FormatParameters

    package let synchronizationSource: UInt32

    package var channel: UInt8 { UInt8(truncatingIfNeeded: self.number * 2) }
    package var reportChannel: UInt8 { self.channel + 1 }

    /// Tracks a stream has at most in RTP: so many channels there are.
    package static let limit = 16

    /// Nil for what RTP has no payload format for.
    ///
    /// `seed` is the same for all tracks of a stream and for every relay that sends it: what is random by RFC 3550 is made of
    /// it, so that a successor goes on as the same source.
    init?(_ track: TrackID, _ configuration: CodecConfiguration, number: Int, seed: UInt64) {
        guard number < Self.limit, let format = RTPPayloadFormat(configuration) else { return nil }
        self.track = track
        self.configuration = configuration
        self.number = number
        // Dynamic ones differ between tracks: some receivers tell tracks apart by nothing else.
        self.payloadType = format.staticType ?? UInt8(96 + number)
        self.encoding = format.encoding
        self.clockRate = format.clockRate
        self.channels = format.channels
        self.parameters = format.parameters
        let mixed = SplitMix64.mix(seed ^ (UInt64(track.kind.rawValue) << 8 | UInt64(track.index) | 0x5250 << 32))
        self.synchronizationSource = UInt32(truncatingIfNeeded: mixed)
    }

    /// Why RTP cannot carry the track; nil where it can.
    package static func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        guard RTPPayloadFormat(configuration) == nil else { return nil }
        let isOther = RTPPayloadFormat.carries(configuration.codec)
        return MediaOmission(
            notIn: "RTP",
            track,
            configuration,
            reason: isOther ? .unsupportedForm : .notInFormat,
            because: isOther ? "no payload format is registered for this form of it" : nil,
            instead: track.kind == .video
                ? "play it by .m3u8 or .mp4" : "send AAC or Opus in stereo, or play it by .m3u8"
        )
    }

    /// The timestamp of a stream time: ticks since its clock's zero.
    package func timestamp(of time: MediaTime) -> UInt32 {
        // In two parts, so that a clock of centuries does not overflow; rounded, so that whole frames of sound stay whole.
        let (seconds, rest) = time.microseconds.quotientAndRemainder(dividingBy: 1_000_000)
        let ticks = seconds &* Int64(self.clockRate) &+ (rest &* Int64(self.clockRate) &+ 500_000) / 1_000_000
        return UInt32(truncatingIfNeeded: ticks)
    }

    /// Whether a receiver that was told of one can go on with packets of the other: everything else is in the packets.
    package func isContinued(by other: RTPOutgoingTrack) -> Bool {
        guard self.track == other.track, self.number == other.number, self.payloadType == other.payloadType,
            self.encoding == other.encoding, self.clockRate == other.clockRate, self.channels == other.channels
        else { return false }
        return self.track.kind == .video || self.parameters == other.parameters
    }
}

/// Numbers that look random and are not.
package enum RTPSeed {
    /// FNV-1a of a stream's path.
    package static func of(_ text: String) -> UInt64 {
        var hash: UInt64 = 0xCBF2_9CE4_8422_2325
        for byte in text.utf8 { hash = (hash ^ UInt64(byte)) &* 0x0000_0100_0000_01B3 }
        return SplitMix64.mix(hash)
    }
}
