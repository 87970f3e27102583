import Contract

/// What is not as the configuration expects, whatever is usual.
extension FaultFinder {
    /// A figure must be so much better than its limit before a fault is over, as a share of it.
    private static let margin = 0.05

    /// How long a change of the stream's format is told.
    private static let changeMemory = Duration.seconds(60)

    var expectation: ExpectSpec { self.setting.judgement.expectation(of: self.snapshot.path.stream) }

    func findUnexpected(_ found: inout [StreamFault: FaultFinding]) {
        let expected = self.expectation
        guard expected != .nothing else { return }
        if let range = expected.bitrate {
            let limits = ValueRange(least: range.least.map(Double.init), most: range.most.map(Double.init))
            let bits = self.snapshot.tracks.reduce(0) { $0 + $1.bitrate }
            self.find(bits, limits, .bitrateLow, .bitrateHigh, Phrases.bitrate, &found)
        }
        guard let video = self.snapshot.defaultTrack(.video) else { return }
        // Where the picture has stopped, that is what there is to say.
        if let range = expected.fps, found[.videoStopped] == nil {
            self.find(video.frameRate, range, .frameRateLow, .frameRateHigh, Phrases.rate, &found)
        }
        if let size = expected.size, video.width > 0, PixelSize(width: video.width, height: video.height) != size {
            let measured = "\(video.width)×\(video.height)"
            found[.sizeUnexpected] = FaultFinding(
                Wording {
                    ExpectationSentences.sentence(.sizeUnexpected, measured: measured, expected: "\(size)", in: $0)
                }
            )
        }
    }

    private func find(
        _ value: Double,
        _ range: ValueRange<Double>,
        _ low: StreamFault,
        _ high: StreamFault,
        _ phrase: (Double) -> String,
        _ found: inout [StreamFault: FaultFinding]
    ) {
        func note(_ fault: StreamFault, _ limit: Double) {
            found[fault] = FaultFinding(
                Wording {
                    ExpectationSentences.sentence(fault, measured: phrase(value), expected: phrase(limit), in: $0)
                }
            )
        }
        if let least = range.least, value < least * (self.watch.isActive(low) ? 1 + Self.margin : 1) {
            note(low, least)
        }
        if let most = range.most, value > most * (self.watch.isActive(high) ? 1 - Self.margin : 1) {
            note(high, most)
        }
    }

    /// Viewers of whom some see nothing, whatever is expected.
    func findUnusualProfile(_ found: inout [StreamFault: FaultFinding]) {
        guard let text = self.snapshot.defaultTrack(.video)?.codecString,
            let profile = PictureProfile(codecString: text)
        else { return }
        found[.profileUnusual] = FaultFinding(.profileUnusual(profile.name), isMinor: true)
    }

    /// That viewers' players had to begin anew, or could not.
    func findFormatChange(_ found: inout [StreamFault: FaultFinding]) {
        guard let change = self.memory.formatChange, self.now - change.at < Self.changeMemory else { return }
        found[.formatChanged] = FaultFinding(
            Wording { language in
                ExpectationSentences.sentence(
                    .formatChanged,
                    measured: ExpectationSentences.format(change.after, beside: change.before),
                    expected: ExpectationSentences.format(change.before, beside: change.after),
                    in: language
                )
            },
            isMinor: true
        )
    }
}
