/// What is seen in a stream's picture and heard in its sound, where the relay looks into them.
package struct InspectionSnapshot: Hashable, Sendable, Codable {
    /// When the stream was last looked into.
    package var at: Instant

    /// Nil where pictures are not looked into, and before the first one.
    package var picture: PictureInspection?

    /// Nil where sound is not looked into, and before the first of it.
    package var sound: SoundInspection?

    /// Seconds that the sound's timestamps gain in each second, on the picture's or on the sound itself, whichever is more; nil
    /// while nothing can be said.
    package var drift: Double?

    /// Seconds of media that come in each second, where they have been too few or too many for a while; 1 where they have not, and
    /// nil while nothing can be said.
    package var pace: Double?

    /// Seconds by which sound comes before the picture of the same time, for a while; negative where it comes after it, and nil
    /// while nothing can be said.
    package var interleave: Double?

    /// The longest time that pictures were sent before they are shown, s; nil while nothing can be said.
    package var reordering: Double?

    /// Whether the picture is too large to be decoded here, so that nobody looks at it.
    package var isPictureTooLarge = false

    /// Whether no decoder can make anything of the picture, so that nothing is known of it.
    package var isPictureUnreadable = false

    /// Processor time that looking into the stream has taken.
    package var cost: Duration

    /// Access units that no decoder could make anything of.
    package var failures: UInt64

    package init(
        at: Instant,
        picture: PictureInspection? = nil,
        sound: SoundInspection? = nil,
        drift: Double? = nil,
        cost: Duration = .zero,
        failures: UInt64 = 0
    ) {
        self.at = at
        self.picture = picture
        self.sound = sound
        self.drift = drift
        self.cost = cost
        self.failures = failures
    }
}

/// The newest keyframe that was decoded.
package struct PictureInspection: Hashable, Sendable, Codable {
    /// When it came.
    package var at: Instant

    /// Keyframes decoded of the source on air.
    package var decoded: UInt64

    /// Brightness and its standard deviation: 0 is black and 255 white.
    package var meanLuma: Double
    package var spread: Double

    /// The mean difference of brightness from the keyframe before; nil of the first.
    package var change: Double?

    package var isBlack: Bool
    package var isFlat: Bool

    /// When the picture came that keyframes have repeated since; nil while it moves.
    package var standsSince: Instant?

    /// Whether it moved all the time before that, as a camera's picture does.
    package var movedBefore: Bool

    /// What the configuration says that the stream shows.
    package var content: StreamContent

    /// Nil where there is no text in it, or nobody looks for it.
    package var text: TextInspection?

    package init(
        at: Instant,
        decoded: UInt64,
        meanLuma: Double,
        spread: Double,
        change: Double? = nil,
        isBlack: Bool = false,
        isFlat: Bool = false,
        standsSince: Instant? = nil,
        movedBefore: Bool = false,
        content: StreamContent = .auto
    ) {
        self.content = content
        self.at = at
        self.decoded = decoded
        self.meanLuma = meanLuma
        self.spread = spread
        self.change = change
        self.isBlack = isBlack
        self.isFlat = isFlat
        self.standsSince = standsSince
        self.movedBefore = movedBefore
    }
}

/// Lines of text in a keyframe.
package struct TextInspection: Hashable, Sendable, Codable {
    /// Pieces of lines that were found.
    package var lines: Int

    /// Of the letters, without what stands out above and below in few of them, pixels.
    package var height: Double

    /// How far strokes stand out against what is between them, of 255.
    package var contrast: Double

    /// How coarsely it is coded where the text is, on H.264's scale of 0 to 51; nil where that cannot be told.
    package var quantiser: Double?

    package init(lines: Int, height: Double, contrast: Double, quantiser: Double? = nil) {
        self.lines = lines
        self.height = height
        self.contrast = contrast
        self.quantiser = quantiser
    }
}

/// The newest sound that was decoded. Levels are dB of full scale.
package struct SoundInspection: Hashable, Sendable, Codable {
    package var at: Instant

    /// The channel that is highest.
    package var peak: Double
    package var rms: Double

    /// Of each channel.
    package var channels: [SoundLevel] = []

    /// LUFS: of 400 ms, of three seconds, and of all that was not silence since the source came.
    package var momentary: Double?
    package var shortTerm: Double?
    package var integrated: Double?

    /// The share of samples at full scale.
    package var clipped: Double

    /// Since when there has been nothing at all in any channel; nil while there is something.
    package var zeroSince: Instant?

    /// Since when it has been very low; nil while it is not.
    package var lowSince: Instant?

    /// The one of two channels that has nothing at all while the other has, counted from 0, and since when.
    package var missingChannel: Int?
    package var missingSince: Instant?

    /// Since when much of it has been cut off at full scale.
    package var clippedSince: Instant?

    package init(at: Instant, peak: Double, rms: Double, clipped: Double = 0) {
        self.at = at
        self.peak = peak
        self.rms = rms
        self.clipped = clipped
    }
}

/// Levels of one channel, dB of full scale.
package struct SoundLevel: Hashable, Sendable, Codable {
    package var peak: Double
    package var rms: Double

    package init(peak: Double, rms: Double) {
        self.peak = peak
        self.rms = rms
    }
}
