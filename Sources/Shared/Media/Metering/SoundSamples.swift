/// Decoded sound of one stretch of time. Full scale is -1...1; a decoder may go beyond.
package struct SoundSamples: Hashable, Sendable {
    /// Samples a second.
    package var rate: Int

    /// The samples of each channel, all of one length.
    package var channels: [[Float]]

    package init(rate: Int = 0, channels: [[Float]] = []) {
        self.rate = rate
        self.channels = channels
    }

    /// Of each channel.
    package var count: Int { self.channels.first?.count ?? 0 }
}
