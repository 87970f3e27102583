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
        self.findUnusualProfile(&found)
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

    /// How long nothing has come of a kind, not even a part of what is still arriving.
    private func stillness(of kind: TrackSnapshot.Kind) -> Duration? {
        self.silence(of: kind).map { silence in
            min(silence, self.snapshot.source?.arriving(kind).map { self.now - $0 } ?? silence)
        }
    }

    private func findSilence(_ found: inout [StreamFault: FaultFinding]) {
        guard let video = self.stillness(of: .video), let audio = self.stillness(of: .audio),
            let picture = self.silence(of: .video)
        else { return }
        let limit = Duration.seconds(2)
        // The other track is compared, not the clock: an encoder that waits for one sends the other in bursts.
        let lead = Duration.seconds(1)
        // A picture that is held back has come, and what is to be done about it is another thing.
        if video > limit, video - audio > lead, self.snapshot.source?.link?.isHolding != true {
            found[.videoStopped] = FaultFinding(.videoStopped(video))
        }
        if min(video, audio) > limit, self.isHeard, self.memory.growth(of: \.packetsDropped) > 0 {
            found[.videoStopped] = FaultFinding(.soundWaits(video))
        }
        // Sound waits on a connection for the picture in front of it: a whole one alone shows that it could have come.
        if audio > limit, audio - picture > lead {
            found[.audioStopped] = FaultFinding(.audioStopped(audio))
        }
    }

    /// Whether anything comes from the source, used or not.
    private var isHeard: Bool {
        self.snapshot.source?.heard.map { self.now - $0 < .seconds(1) } ?? false
    }

    private func findRestlessness(_ found: inout [StreamFault: FaultFinding]) {
        let takeovers = self.memory.growth(of: \.takeovers)
        if takeovers >= 3 { found[.contended] = FaultFinding(.contended(takeovers, self.snapshot.path)) }
        let losses = self.memory.recentLosses
        if losses >= 3 { found[.unstable] = FaultFinding(.unstable(losses)) }
    }

    private func findCollapse(_ found: inout [StreamFault: FaultFinding]) {
        // Where the picture has stopped, that is what there is to say.
        guard let usual = self.memory.usual, usual.isKnown, found[.videoStopped] == nil,
            let video = self.snapshot.defaultTrack(.video)
        else { return }
        if usual.frameRate > 1, video.frameRate < usual.frameRate * (self.watch.isActive(.frameRateFell) ? 0.8 : 0.6) {
            found[.frameRateFell] = self.acceptable(.frameRateFell(to: video.frameRate, from: usual.frameRate))
        }
        // A picture that stands needs little, and whether it may stand is looked at by itself.
        if !self.stands, video.bitrate < usual.bitrate * (self.watch.isActive(.bitrateFell) ? 0.4 : 0.2) {
            found[.bitrateFell] = self.acceptable(.bitrateFell(to: video.bitrate, from: usual.bitrate))
        }
    }

    /// A fault that a person ends who says that it is none. How is told to the operator, who alone can.
    private func acceptable(_ sentences: FaultSentences) -> FaultFinding {
        var finding = FaultFinding(sentences)
        let command = "transponder health accept \(self.snapshot.path)"
        finding.wording.advise { language in
            switch language {
            case .english: "If it is meant to be so: \(command)"
            case .japanese: "意図したものであれば \(command) を実行してください。"
            }
        }
        return finding
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
            let advised = min(expected ?? .seconds(2), .seconds(2))
            found[.keyframesRare] = FaultFinding(
                Wording { language in
                    func words(_ time: Duration) -> String {
                        language == .english ? Phrases.time(time) : Phrases.japanese(time)
                    }
                    return ExpectationSentences.sentence(
                        .keyframesRare,
                        measured: words(interval),
                        expected: words(advised),
                        in: language
                    )
                }
            )
        }
    }

    private func findMissingTrack(_ found: inout [StreamFault: FaultFinding]) {
        for kind in self.memory.kinds where self.snapshot.defaultTrack(kind) == nil {
            found[.trackMissing] = FaultFinding(.trackMissing(kind))
        }
    }

    private func findLoss(_ found: inout [StreamFault: FaultFinding]) {
        let lost = self.memory.growth(of: \.linkLost)
        let isHolding = self.snapshot.source?.link?.isHolding ?? false
        guard lost >= (self.watch.isActive(.packetsLost) ? 1 : 10) || isHolding && lost > 0 else { return }
        let (sent, overflow) = self.memory.growth(of: \.linkPackets).addingReportingOverflow(lost)
        let share = overflow ? 0 : Double(lost) / Double(max(sent, 1)) * 100
        let held = self.memory.growth(of: \.linkHeld)
        let effect: FaultSentences.Loss.Effect = isHolding ? .holding : held > 0 ? .held : .none
        found[.packetsLost] = FaultFinding(.packetsLost(.init(lost: lost, percent: share, effect: effect)))
    }

    /// How long something that was left out once is told, unless it lasts.
    private static let omissionMemory = Duration.seconds(60)

    private func findOmissions(_ found: inout [StreamFault: FaultFinding]) {
        let present = self.snapshot.omissions.filter { $0.isLasting || self.now - $0.last < Self.omissionMemory }
        guard !present.isEmpty else { return }
        // What one format leaves out reaches the viewers of the others.
        let isMinor = present.allSatisfy { $0.format != nil || $0.part == "data" }
        let sentences = OmissionSentences(present, formats: self.snapshot.formats)
        found[.mediaLeftOut] = FaultFinding(Wording(sentences.text), isMinor: isMinor)
    }

    /// How long a refused encoder is told of.
    private static let refusalMemory = Duration.seconds(60)

    private func findRefusal(_ found: inout [StreamFault: FaultFinding]) {
        // Whoever was refused before the source came may be the source itself, which has been put right.
        guard let refusal = self.snapshot.refusal, let source = self.snapshot.source,
            self.now - refusal.at < Self.refusalMemory, refusal.at > source.connectedAt
        else { return }
        let sentences = StreamSentences(snapshot: self.snapshot, now: self.now, setting: self.setting)
        found[.publisherRefused] = FaultFinding(sentences.wording { $0.refused(refusal) }, isMinor: true)
    }

    private func findBadInput(_ found: inout [StreamFault: FaultFinding]) {
        let steps = self.memory.growth(of: \.trackSteps)
        if steps > 0 { found[.tracksStepped] = FaultFinding(.tracksStepped(steps)) }
        let held = self.memory.growth(of: \.timestampRegressions)
        if held >= 5 { found[.timestampsJump] = FaultFinding(.timestampsJump(held)) }
        let dropped = self.memory.growth(of: \.packetsDropped)
        // Where the picture has stopped, that is the reason, and what waits for it is dropped.
        guard dropped >= 50, found[.videoStopped] == nil else { return }
        found[.packetsDropped] = FaultFinding(.packetsDropped(dropped))
    }
}
