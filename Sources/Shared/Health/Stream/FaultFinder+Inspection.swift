import Contract

/// What is wrong with what is to be seen and heard.
extension FaultFinder {
    /// How long silence must last: a speaker's pause is never nothing at all.
    private static let silence = Duration.seconds(3)
    /// How long it must be very low: that is for a long pause in a quiet room.
    private static let low = Duration.seconds(60)
    private static let missing = Duration.seconds(3)
    private static let clipping = Duration.seconds(3)
    /// How long keyframes of a camera must repeat, of which one comes every two seconds.
    private static let standstill = Duration.milliseconds(1500)
    /// Seconds in each second: a clock that is off by itself is so by less than a thousandth.
    private static let drift = 0.02
    /// Beyond this it is no drift of clocks.
    private static let mostDrift = 0.5
    /// How old what is known may be: keyframes may come every ten seconds, and a busy machine takes its time to look into sound.
    private static let inspectionAge = Duration.seconds(10)

    func findInspected(_ found: inout [StreamFault: FaultFinding]) {
        guard let inspection = self.snapshot.inspection else { return }
        guard self.now - inspection.at < Self.inspectionAge else {
            return self.note(.unchecked, inspection, isMinor: true, in: &found)
        }
        let isUnseen = inspection.isPictureTooLarge || inspection.isPictureUnreadable
        if isUnseen { self.note(.unchecked, inspection, isMinor: true, in: &found) }
        if let pace = inspection.pace { self.find(pace: pace, &found) }
        // Where the picture has stopped, that is what there is to say.
        if let picture = inspection.picture, found[.videoStopped] == nil { self.find(picture, inspection, &found) }
        if let sound = inspection.sound, found[.audioStopped] == nil, self.now - sound.at < Self.inspectionAge {
            self.find(sound, inspection, &found)
        }
        self.findLateness(inspection, &found)
        if let drift = inspection.drift, (Self.drift...Self.mostDrift).contains(abs(drift)) {
            self.note(.drifting, inspection, in: &found)
        }
    }

    private func find(
        _ picture: PictureInspection,
        _ inspection: InspectionSnapshot,
        _ found: inout [StreamFault: FaultFinding]
    ) {
        if picture.isBlack { return self.note(.black, inspection, in: &found) }
        if picture.isFlat { return self.note(.flat, inspection, in: &found) }
        self.findIllegibleText(picture, &found)
        guard let since = picture.standsSince, picture.at - since >= Self.standstill else { return }
        let mayStand =
            switch picture.content {
            case .camera: false
            case .slides: true
            case .auto: !picture.movedBefore && !self.memory.wasFrozen
            }
        guard !mayStand else { return }
        self.note(.frozen, inspection, in: &found)
        // What a person may do who knows that it is none.
        let isCamera = picture.content == .camera
        found[.frozen]?.wording.advise { language in
            switch (language, isCamera) {
            case (.english, true): "If it is meant to stand, write content: slides for the stream."
            case (.english, false):
                "If it is a slide, this ends with the next one; content: slides for the stream says so beforehand."
            case (.japanese, true): "止まっていてよい映像であれば、ストリームに content: slides と設定してください。"
            case (.japanese, false): "スライドであれば、次のスライドで解消します。content: slides と設定しておくこともできます。"
            }
        }
    }

    /// A figure must be so much better than its limit before text counts as legible again.
    private static let legibilityMargin = 1.25

    private func findIllegibleText(_ picture: PictureInspection, _ found: inout [StreamFault: FaultFinding]) {
        // What a camera sees of a page or of a wall is not what its audience is meant to read.
        guard let text = picture.text, picture.content != .camera else { return }
        let limits = self.setting.judgement.health.legibility
        let margin = self.watch.isActive(.textIllegible) ? Self.legibilityMargin : 1
        let isSmall = text.height < Double(limits.height) * margin
        let isCoarse = text.clarity.map { $0 < Double(limits.clarity) * margin } ?? false
        guard isSmall || isCoarse else { return }
        let video = self.snapshot.defaultTrack(.video)
        // Letters of which only parts are left seem smaller than they are.
        let sentence = LegibilitySentences(
            height: text.height,
            width: video?.width ?? 0,
            lines: video?.height ?? 0,
            bitrate: video?.bitrate ?? 0
        )
        found[.textIllegible] = FaultFinding(
            Wording { isCoarse ? sentence.coarse(in: $0) : sentence.small(in: $0) },
            isMinor: true
        )
    }

    private func find(
        _ sound: SoundInspection,
        _ inspection: InspectionSnapshot,
        _ found: inout [StreamFault: FaultFinding]
    ) {
        func lasts(_ since: Instant?, _ limit: Duration) -> Bool { since.map { sound.at - $0 >= limit } ?? false }
        if sound.zeroSince != nil {
            if lasts(sound.zeroSince, Self.silence) { self.note(.silent, inspection, in: &found) }
            return
        }
        if lasts(sound.lowSince, Self.low) { self.note(.soundLow, inspection, in: &found) }
        if lasts(sound.missingSince, Self.missing) { self.note(.channelMissing, inspection, in: &found) }
        if lasts(sound.clippedSince, Self.clipping) { self.note(.clipping, inspection, in: &found) }
    }

    /// Whether keyframes repeat one another, or have nothing to be seen in them.
    var stands: Bool {
        guard let inspection = self.snapshot.inspection, self.now - inspection.at < Self.inspectionAge,
            let picture = inspection.picture
        else { return false }
        let isStill = picture.standsSince.map { picture.at - $0 >= Self.standstill } ?? false
        return isStill || picture.isBlack || picture.isFlat
    }

    /// Seconds of media in each second beyond which it is told, and within which it is told no more.
    private static let steady = 0.97...1.03
    private static let even = 0.985...1.015

    private func find(pace: Double, _ found: inout [StreamFault: FaultFinding]) {
        let fault: StreamFault = pace < 1 ? .inputSlow : .inputFast
        guard !(self.watch.isActive(fault) ? Self.even : Self.steady).contains(pace) else { return }
        let measured = Phrases.ratio(pace)
        found[fault] = FaultFinding(
            Wording { ExpectationSentences.sentence(fault, measured: measured, in: $0) }
        )
    }

    /// Seconds between sound and picture of the same time from which it is told, and within which it is told no more: players of
    /// television send as much as a second.
    private static let gap = 1.5
    private static let smallGap = 1.2
    /// Seconds that pictures may be sent before they are shown, and within which it is told no more.
    private static let depth = 0.5
    private static let smallDepth = 0.4

    /// What makes every viewer later than need be.
    private func findLateness(_ inspection: InspectionSnapshot, _ found: inout [StreamFault: FaultFinding]) {
        let isOff = found[.videoStopped] != nil || found[.audioStopped] != nil
        if let gap = inspection.interleave, !isOff,
            abs(gap) >= (self.watch.isActive(.interleaveGap) ? Self.smallGap : Self.gap)
        {
            found[.interleaveGap] = FaultFinding(.interleaveGap(gap), isMinor: true)
        }
        if let depth = inspection.reordering,
            depth >= (self.watch.isActive(.reorderingDeep) ? Self.smallDepth : Self.depth)
        {
            found[.reorderingDeep] = FaultFinding(.reorderingDeep(depth), isMinor: true)
        }
    }

    private func note(
        _ fault: StreamFault,
        _ inspection: InspectionSnapshot,
        isMinor: Bool = false,
        in found: inout [StreamFault: FaultFinding]
    ) {
        let wording = Wording { InspectionSentences.sentence(fault, inspection, at: self.now, in: $0) ?? "" }
        // Of what is none of picture or sound there is nothing to say.
        if !wording.sentence.isEmpty { found[fault] = FaultFinding(wording, isMinor: isMinor) }
    }
}
