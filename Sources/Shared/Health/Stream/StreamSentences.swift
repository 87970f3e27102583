import Contract

/// What a person is told of a stream: one place for both languages.
struct StreamSentences {
    let snapshot: StreamSnapshot
    let now: Instant
    let setting: HealthSetting

    /// What is said to each audience in each language.
    func wording(_ text: (StreamText) -> String) -> Wording {
        Wording { audience, language in text(StreamText(self, audience, language)) }
    }
}

/// The sentences of one stream for one audience in one language.
struct StreamText {
    let snapshot: StreamSnapshot
    let now: Instant
    let setting: HealthSetting
    let audience: Audience
    private let language: Language

    fileprivate init(_ sentences: StreamSentences, _ audience: Audience, _ language: Language) {
        self.snapshot = sentences.snapshot
        self.now = sentences.now
        self.setting = sentences.setting
        self.audience = audience
        self.language = language
    }

    /// Nobody is there, or nobody is heard.
    func gone(_ state: StreamState) -> String {
        if let source = self.snapshot.source, let heard = source.heard {
            // One whose only media is left out may be sending all the while.
            if self.snapshot.tracks.isEmpty, !self.snapshot.omissions.isEmpty { return self.arriving }
            return self.say(self.silent(source, self.now - heard, state), self.silentInJapanese(source, heard, state))
        }
        if let refusal = self.freshRefusal { return self.refused(refusal) }
        guard let loss = self.snapshot.loss else { return self.nobody }
        return self.say(self.lost(loss, state), self.lostInJapanese(loss, state))
    }

    var nobody: String { self.say(self.nobodyInEnglish, self.nobodyInJapanese) }

    /// A source is there and its picture is not.
    var arriving: String {
        guard let source = self.snapshot.source else { return self.live }
        guard source.heard != nil, !self.snapshot.tracks.isEmpty else {
            let omissions = OmissionSentences(self.snapshot.omissions, formats: self.snapshot.formats)
            let text = omissions.text(in: self.language)
            return self.say(self.medialess(source, text), self.medialessInJapanese(source, text))
        }
        return self.say(self.keyless(source), self.keylessInJapanese(source))
    }

    var settling: String {
        guard let source = self.snapshot.source else { return self.live }
        return self.say(
            "\(self.encoder(source)) has just begun to send.",
            "\(self.encoderInJapanese(source))が送信を始めたところです。"
        )
    }

    var live: String {
        let live = self.say(self.liveInEnglish, self.liveInJapanese)
        guard let time = self.pictureDelay else { return live }
        return live + self.say(self.late(time), self.lateInJapanese(time))
    }

    /// Whether a picture has begun and parts of it still come.
    var isPictureArriving: Bool {
        self.snapshot.source?.pictureArriving.map { self.now - $0 <= self.setting.sourceTimeout } ?? false
    }

    /// How long ago the last picture came where the next is arriving since; nil while that is nothing to speak of.
    private var pictureDelay: Duration? {
        guard self.isPictureArriving, let last = self.snapshot.defaultTrack(.video)?.lastPacketAt else { return nil }
        let time = self.now - last
        return time > .seconds(2) ? time : nil
    }

    func refused(_ refusal: SourceRefusal) -> String {
        self.say(self.refusedInEnglish(refusal), self.refusedInJapanese(refusal))
    }

    private func say(_ english: @autoclosure () -> String, _ japanese: @autoclosure () -> String) -> String {
        switch self.language {
        case .english: english()
        case .japanese: japanese()
        }
    }

    /// The last refusal, if it is fresh and says more than the loss before it.
    private var freshRefusal: SourceRefusal? {
        guard let refusal = self.snapshot.refusal, self.now - refusal.at < .seconds(60),
            refusal.at > self.snapshot.loss?.at ?? refusal.at + .seconds(-1)
        else { return nil }
        return refusal
    }

    var keyed: String { "\(self.snapshot.path.stream)?key=KEY" }

    /// Where it is, only to the operator. The port says nothing to a person.
    func place(of address: String) -> String? {
        guard self.audience == .theOperator else { return nil }
        guard let colon = address.lastIndex(of: ":"), address.hasPrefix("[") || address.firstIndex(of: ":") == colon
        else { return address }
        return String(address[..<colon].filter { $0 != "[" && $0 != "]" })
    }
}
