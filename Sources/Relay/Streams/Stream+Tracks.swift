import Contract
package import Media
package import Wire

/// What viewers ask of a stream's tracks; answered without the publisher's lock.
extension Stream {
    /// What the stream looks like in RTP; nil until its tracks are known. It stays what it was while nobody is on air.
    package var presentation: RTPPresentation? { self.tracks.presentation }

    /// The session description for who plays the stream by RTSP; nil until its tracks are known.
    package func sessionDescription() -> String? { self.presentation?.sessionDescription() }

    /// Calls `onKnown` once, from any thread, as soon as the stream's tracks are known; at once if they are.
    ///
    /// - Returns: for ``forgetPresentationWaiter(_:)`` when the answer is not wanted any more; nil when it was given.
    package func whenPresentationIsKnown(_ onKnown: @escaping @Sendable () -> Void) -> UInt64? {
        self.tracks.whenKnown(onKnown)
    }

    package func forgetPresentationWaiter(_ number: UInt64) { self.tracks.forget(number) }

    /// How the tracks that a format carries are coded now, video first.
    package func tracks(in format: WireFormat) -> [CodecConfiguration] {
        Carriage(of: self.tracks.value.tracks, in: format).sorted.map(\.configuration)
    }

    /// The sounds that have segments of fragmented MP4 of their own, beside the one in the main segments.
    package var soundRenditions: [SoundRendition] { SoundRendition.all(of: self.tracks.value.tracks) }

    /// Refuses a format that can carry nothing of the stream as it is now, and has health tell so where it is asked for again and
    /// again.
    package func examine(_ format: WireFormat, now: Now) throws(PlayDenial) {
        guard let denial = self.playDenial(of: format) else { return }
        self.outputs.noteRefusal(.noTracks, of: format, now: now)
        throw denial
    }

    /// Whether something of the stream as it is now can be carried in the format, or may when its tracks are known.
    package func isCarried(by format: WireFormat) -> Bool { self.playDenial(of: format) == nil }

    /// Why the stream as it is now cannot be played in the format; nil where it can, or may when its tracks are known.
    private func playDenial(of format: WireFormat) -> PlayDenial? {
        let now = self.tracks.value
        guard now.hasSource, now.isFlowing, !now.tracks.isEmpty else { return nil }
        let carriage = Carriage(of: now.tracks, in: format)
        guard carriage.tracks.isEmpty, !carriage.omissions.isEmpty else { return nil }
        return PlayDenial(
            .unsupported,
            "Nothing of \(self.path) can be played so. "
                + carriage.omissions.map(\.sentence).joined(separator: " ")
        )
    }
}
