import Contract
import Health
import Testing

/// What is said is said to both audiences in both languages.
@Suite struct WordingTests {
    @Test(arguments: [
        FaultSentences.videoStopped(.seconds(5)), .soundWaits(.seconds(5)), .audioStopped(.seconds(5)),
        .unstable(3), .frameRateFell(to: 12, from: 25), .bitrateFell(to: 300_000, from: 2_500_000),
        .trackMissing(.audio), .trackMissing(.video), .tracksStepped(1), .tracksStepped(3), .timestampsJump(9),
        .packetsLost(.init(lost: 1, percent: 0.01, effect: .none)),
        .packetsLost(.init(lost: 90, percent: 2.5, effect: .holding)),
        .packetsLost(.init(lost: 90, percent: 2.5, effect: .held)),
        .packetsDropped(60), .relayOverloaded(0.42), .viewersSlow(skips: 8, stalls: 0),
        .viewersSlow(skips: 0, stalls: 1), .viewersSlow(skips: 8, stalls: 1), .interleaveGap(2.5),
        .interleaveGap(-2.5), .profileUnusual("H.264 High 10"), .reorderingDeep(0.8),
    ])
    func faultsAreSaidInBothLanguages(_ sentences: FaultSentences) {
        checked(Wording(sentences.text))
    }

    @Test func figuresAreTheSameInBothLanguages() {
        let lost = FaultSentences.packetsLost(.init(lost: 90, percent: 2.5, effect: .holding))
        #expect(lost.text(in: .english).hasPrefix("90 packets (2.5 %) from the source were lost within a minute"))
        #expect(lost.text(in: .japanese).hasPrefix("エンコーダーからのパケットが1分間に90個(2.5%)失われました。"))
        let few = FaultSentences.packetsLost(.init(lost: 1, percent: 0.01, effect: .none))
        #expect(few.text(in: .japanese).contains("1個(0.1%未満)"))
        #expect(FaultSentences.videoStopped(.seconds(5)).text(in: .japanese).contains("映像が5秒前から"))
        #expect(FaultSentences.relayOverloaded(0.42).text(in: .japanese).contains("直近10秒間の42%の時間"))
    }

    @Test(arguments: [(0.2, "1秒"), (59.9, "59秒"), (120, "2分"), (7200, "2時間"), (400_000, "5日"), (.infinity, "日")])
    func timesAreSaid(seconds: Double, words: String) {
        #expect(Phrases.japanese(seconds.isFinite ? .seconds(seconds) : .seconds(Int64.max / 2)).hasSuffix(words))
    }

    @Test func whoIsTheOperatorIsToldMore() {
        var wording = Wording { audience, language in
            let place = audience == .theOperator ? " at 10.0.0.3" : ""
            return language == .english ? "The encoder\(place) is gone." : "エンコーダー\(place)がいません。"
        }
        wording.advise { $0 == .english ? "Call it." : "呼んでください。" }
        #expect(wording.sentence == "The encoder is gone." && wording.japanese == "エンコーダーがいません。")
        #expect(wording.detail == "The encoder at 10.0.0.3 is gone. Call it.")
        #expect(wording.japaneseDetail == "エンコーダー at 10.0.0.3がいません。呼んでください。")
        let other = wording.reworded { $0.replacing("10.0.0.3", with: "home") }
        #expect(other.detail.contains("home") && other.japaneseDetail.contains("home"))
        #expect(other.sentence == wording.sentence)
    }

    private static let parts = ["video", "audio", "data", "history"]
    private static let reasons = [
        "unsupported_codec", "unsupported_form", "not_in_format", "too_large", "too_many_tracks", "malformed",
        "no_memory", "too_slow", "one that nobody knows",
    ]

    /// A relay says in English what it leaves out; what is said of it in Japanese follows from its reason.
    @Test(arguments: parts, reasons)
    func whatIsLeftOutIsSaidInJapanese(part: String, reason: String) {
        func omission(_ format: String?) -> OmissionSnapshot {
            OmissionSnapshot(
                format: format,
                part: part,
                codec: "AAC-LD",
                reason: reason,
                sentence: "The sound is left out.",
                isLasting: true,
                first: Instant(microseconds: 1),
                last: Instant(microseconds: 1),
                count: 1
            )
        }
        let formats = [FormatSnapshot(format: "ts", noun: "MPEG-TS")]
        let sentences = OmissionSentences([omission("ts"), omission(nil), omission("ts")], formats: formats)
        checked(Wording(sentences.text))
        let text = sentences.sentence(omission("ts"), in: .japanese)
        #expect(text.contains("AAC-LD") || reason == "too_many_tracks", "\(text)")
        if reason == "not_in_format", part == "audio" { #expect(text.contains("MPEG-TSでは")) }
        #expect(sentences.sentence(omission("ts"), in: .english) == "The sound is left out.")
    }

    @Test func ofManyThatAreLeftOutTheFirstAreTold() {
        let omissions = (1...5).map { number in
            OmissionSnapshot(
                part: "data",
                codec: "D\(number)",
                reason: "unsupported_codec",
                sentence: "D\(number) is left out.",
                isLasting: true,
                first: Instant(microseconds: 1),
                last: Instant(microseconds: 1),
                count: 1
            )
        }
        let sentences = OmissionSentences(omissions, formats: [])
        #expect(sentences.text(in: .english).hasSuffix("D3 is left out. 2 more things are left out."))
        #expect(sentences.text(in: .japanese).hasSuffix("ほかに2件が送られていません。"))
        #expect(OmissionSentences(formats: []).text(in: .japanese).isEmpty)
    }
}

/// Holds what every wording has to be.
@discardableResult func checked(_ wording: Wording, at location: SourceLocation = #_sourceLocation) -> Wording {
    let words = wording.sentence
    #expect(words.hasSuffix("."), "\(words)", sourceLocation: location)
    // A command that is to be typed may end what the operator is told.
    #expect(wording.detail.hasSuffix(".") || wording.detail.contains(": transponder "), sourceLocation: location)
    for text in [wording.japanese, wording.japaneseDetail] {
        #expect(text.hasSuffix("。"), "\(text)", sourceLocation: location)
        let isJapanese = text.unicodeScalars.contains { (0x3040...0x30ff).contains($0.value) }
        #expect(isJapanese, "\(text)", sourceLocation: location)
    }
    // Scenes have encoders and destinations at such addresses.
    for text in [wording.sentence, wording.japanese] {
        #expect(!text.contains("10.0.0."), "\(text)", sourceLocation: location)
    }
    return wording
}

/// Holds that of all that is said of a stream.
@discardableResult func checked(_ verdict: Verdict, at location: SourceLocation = #_sourceLocation) -> Verdict {
    checked(verdict.wording, at: location)
    for finding in verdict.findings { checked(finding.wording, at: location) }
    return verdict
}
