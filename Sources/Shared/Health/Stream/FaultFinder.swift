import Contract

/// Says what is wrong with a stream that is on air. A threshold is easier to keep past than to pass: that, with
/// ``FaultWatch``, keeps the verdict from swinging.
struct FaultFinder {
    let snapshot: StreamSnapshot
    let destinations: [DestinationVerdict]
    let now: Instant
    let memory: StreamMemory
    let watch: FaultWatch<StreamFault, FaultFinding>
    let setting: HealthSetting

    /// What is wrong, by fault.
    func found() -> [StreamFault: FaultFinding] {
        var found: [StreamFault: FaultFinding] = [:]
        self.findSilence(&found)
        self.findRestlessness(&found)
        self.findCollapse(&found)
        self.findRareKeyframes(&found)
        self.findMissingTrack(&found)
        self.findOmissions(&found)
        self.findBadInput(&found)
        self.findLoss(&found)
        self.findRefusal(&found)
        self.findInspected(&found)
        self.findUnexpected(&found)
        self.findFormatChange(&found)
        self.findUnreached(&found)
        self.findOverload(&found)
        self.findSlowViewers(&found)
        self.findUnavailableFormats(&found)
        self.findStoppedPlaylists(&found)
        self.findShortTapes(&found)
        return found
    }

    private func silence(of kind: TrackSnapshot.Kind) -> Duration? {
        self.snapshot.defaultTrack(kind)?.lastPacketAt.map { self.now - $0 }
    }

    private func findSilence(_ found: inout [StreamFault: FaultFinding]) {
        guard let video = self.silence(of: .video), let audio = self.silence(of: .audio) else { return }
        let limit = Duration.seconds(2)
        // The other track is compared, not the clock: an encoder that waits for one sends the other in bursts.
        let lead = Duration.seconds(1)
        // A picture that is held back has come, and what is to be done about it is another thing.
        if video > limit, video - audio > lead, self.snapshot.source?.link?.isHolding != true {
            found[.videoStopped] = FaultFinding(
                "Sound arrives but the picture stopped \(Phrases.time(video)) ago: check the camera and its line into "
                    + "the encoder."
            )
        }
        if min(video, audio) > limit, self.isHeard, self.memory.growth(of: \.packetsDropped) > 0 {
            found[.videoStopped] = FaultFinding(
                "The picture stopped \(Phrases.time(video)) ago, and the sound that still comes cannot be shown before a new "
                    + "keyframe: check the camera and its line into the encoder."
            )
        }
        if audio > limit, audio - video > lead {
            found[.audioStopped] = FaultFinding(
                "The picture arrives but the sound stopped \(Phrases.time(audio)) ago: check the audio device in the "
                    + "encoder."
            )
        }
    }

    /// Whether anything comes from the source, used or not.
    private var isHeard: Bool {
        self.snapshot.source?.lastHeard.map { self.now - $0 < .seconds(1) } ?? false
    }

    private func findRestlessness(_ found: inout [StreamFault: FaultFinding]) {
        let takeovers = self.memory.growth(of: \.takeovers)
        if takeovers >= 3 {
            found[.contended] = FaultFinding(
                "Encoders have replaced each other \(takeovers) times within a minute: more than one publishes to "
                    + "\(self.snapshot.path); stop all but one."
            )
        }
        let losses = self.memory.recentLosses
        if losses >= 3 {
            found[.unstable] = FaultFinding(
                "The source was lost \(losses) times within a minute: check the encoder's network, or lower its "
                    + "bitrate."
            )
        }
    }

    private func findCollapse(_ found: inout [StreamFault: FaultFinding]) {
        // Where the picture has stopped, that is what there is to say.
        guard let usual = self.memory.usual, usual.isKnown, found[.videoStopped] == nil,
            let video = self.snapshot.defaultTrack(.video)
        else { return }
        if usual.frameRate > 1, video.frameRate < usual.frameRate * (self.watch.isActive(.frameRateFell) ? 0.8 : 0.6) {
            found[.frameRateFell] = self.acceptable(
                "Only \(Phrases.rate(video.frameRate)) pictures a second arrive where \(Phrases.rate(usual.frameRate)) are "
                    + "usual: the encoder is overloaded or its line too slow."
            )
        }
        // A picture that stands needs little, and whether it may stand is looked at by itself.
        if !self.stands, video.bitrate < usual.bitrate * (self.watch.isActive(.bitrateFell) ? 0.4 : 0.2) {
            found[.bitrateFell] = self.acceptable(
                "The picture fell from \(Phrases.bitrate(usual.bitrate)) to \(Phrases.bitrate(video.bitrate)): a black or "
                    + "frozen picture, or a bad line from the encoder."
            )
        }
    }

    /// A fault that a person ends who says that it is none. How is told to the operator, who alone can.
    private func acceptable(_ sentence: String) -> FaultFinding {
        FaultFinding(
            sentence,
            detail: "\(sentence) If it is meant to be so: transponder health accept \(self.snapshot.path)"
        )
    }

    private func findRareKeyframes(_ found: inout [StreamFault: FaultFinding]) {
        guard let video = self.snapshot.defaultTrack(.video) else { return }
        let running = video.lastKeyframeAt.map { self.now - $0 } ?? .zero
        let interval = max(video.keyframeInterval ?? .zero, running)
        let expected = self.expectation.keyframes
        // Keyframes come with pictures, which are as much as a tenth of a second apart and arrive unevenly.
        let wanted = (expected ?? .seconds(5)) + .milliseconds(200)
        let limit = self.watch.isActive(.keyframesRare) ? wanted - (expected == nil ? .seconds(1) : .zero) : wanted
        if interval > limit, self.silence(of: .video).map({ $0 < .seconds(2) }) ?? false {
            found[.keyframesRare] = FaultFinding(
                ExpectationSentences.sentence(
                    .keyframesRare,
                    measured: Phrases.time(interval),
                    expected: expected.map { Phrases.time(min($0, .seconds(2))) } ?? "2 s"
                )
            )
        }
    }

    private func findMissingTrack(_ found: inout [StreamFault: FaultFinding]) {
        for kind in self.memory.kinds where self.snapshot.defaultTrack(kind) == nil {
            let (here, gone) = kind == .audio ? ("The picture arrives", "sound") : ("Sound arrives", "picture")
            found[.trackMissing] = FaultFinding(
                "\(here), but without the \(gone) it had before: check what the encoder sends."
            )
        }
    }

    private func findLoss(_ found: inout [StreamFault: FaultFinding]) {
        let lost = self.memory.growth(of: \.linkLost)
        let isHolding = self.snapshot.source?.link?.isHolding ?? false
        guard lost >= (self.watch.isActive(.packetsLost) ? 1 : 10) || isHolding && lost > 0 else { return }
        let (sent, overflow) = self.memory.growth(of: \.linkPackets).addingReportingOverflow(lost)
        let share = overflow ? 0 : Double(lost) / Double(max(sent, 1)) * 100
        let held = self.memory.growth(of: \.linkHeld)
        let effect =
            isHolding
            ? ", and the picture is held until the next keyframe"
            : held > 0 ? ", and the picture stood still until a keyframe came" : ""
        found[.packetsLost] = FaultFinding(
            "\(lost) \(lost == 1 ? "packet" : "packets") (\(Phrases.share(share))) from the source "
                + "\(lost == 1 ? "was" : "were") lost within a minute\(effect): check the "
                + "network between it and this machine, lower its bitrate, or send by SRT or by RTSP over TCP."
        )
    }

    /// How long something that was left out once is told, unless it lasts.
    private static let omissionMemory = Duration.seconds(60)

    private func findOmissions(_ found: inout [StreamFault: FaultFinding]) {
        let present = self.snapshot.omissions.filter { $0.isLasting || self.now - $0.last < Self.omissionMemory }
        guard !present.isEmpty else { return }
        // What one format leaves out reaches the viewers of the others.
        let isMinor = present.allSatisfy { $0.format != nil || $0.part == "data" }
        found[.mediaLeftOut] = FaultFinding(StreamSentences.joined(present), isMinor: isMinor)
    }

    /// How long a refused encoder is told of.
    private static let refusalMemory = Duration.seconds(60)

    private func findRefusal(_ found: inout [StreamFault: FaultFinding]) {
        // Whoever was refused before the source came may be the source itself, which has been put right.
        guard let refusal = self.snapshot.refusal, let source = self.snapshot.source,
            self.now - refusal.at < Self.refusalMemory, refusal.at > source.connectedAt
        else { return }
        let sentences = StreamSentences(snapshot: self.snapshot, now: self.now, setting: self.setting)
        found[.publisherRefused] = FaultFinding(
            sentences.refused(refusal, for: .everybody),
            detail: sentences.refused(refusal, for: .theOperator),
            isMinor: true
        )
    }

    private func findBadInput(_ found: inout [StreamFault: FaultFinding]) {
        let steps = self.memory.growth(of: \.trackSteps)
        if steps > 0 {
            let often = steps == 1 ? "Within the last minute" : "\(steps) times within a minute"
            found[.tracksStepped] = FaultFinding(
                "\(often) the encoder moved sound and picture against each other, so they may be out of step: check its "
                    + "audio sync offset and that sound and picture are taken by one clock, and restart it if they stay so."
            )
        }
        let held = self.memory.growth(of: \.timestampRegressions)
        if held >= 5 {
            found[.timestampsJump] = FaultFinding(
                "The source set a clock back: \(held) packets within a minute are timed before what had come already, so "
                    + "picture and sound may be out of step. Restart the encoder if it goes on."
            )
        }
        let dropped = self.memory.growth(of: \.packetsDropped)
        // Where the picture has stopped, that is the reason, and what waits for it is dropped.
        if dropped >= 50, found[.videoStopped] == nil {
            found[.packetsDropped] = FaultFinding(
                "\(dropped) packets within a minute could not be shown, because neither a keyframe nor the settings of "
                    + "their codec had come before them: check that the picture arrives, set the encoder's keyframe "
                    + "interval to 2 s, and restart it if this goes on."
            )
        }
    }
}
