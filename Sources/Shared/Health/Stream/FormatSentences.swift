package import Contract

/// What is said of a form of a stream that viewers do not get, or not all of: one place for both languages.
package struct FormatSentences {
    /// Why a playlist does not grow.
    package enum StopCause: Hashable, Sendable {
        /// The encoder's: a segment ends at a keyframe.
        case noKeyframe
        /// The relay's.
        case trouble(PlaylistSnapshot.Trouble)
        /// The tape does not hold a whole segment.
        case shortTape
        case unknown
    }

    private let noun: String
    private let others: Int
    private let language: Language

    /// - Parameters:
    ///   - noun: What viewers call the form.
    ///   - others: How many more forms the same is true of.
    ///   - language: Of the sentences.
    package init(noun: String, others: Int = 0, in language: Language = .english) {
        self.noun = noun
        self.others = max(others, 0)
        self.language = language
    }

    package func unavailable(_ absence: FormatAbsence, codecs: String) -> String {
        let memory = Phrases.bytes(absence.memory)
        let sentence =
            switch (absence.reason, self.language) {
            case (.noTracks, .english):
                "Nobody can watch by \(self.noun): it can carry nothing of what the encoder sends (\(codecs)); set the encoder "
                    + "to H.264 and AAC, or have those viewers use another form."
            case (.noTracks, .japanese):
                "\(self.noun)では視聴できません。エンコーダーのコーデック(\(codecs))を送れない形式です。"
                    + "H.264とAACに設定するか、ほかの形式で視聴してください。"
            case (.noMemory, .english):
                "Nobody can watch by \(self.noun): the relay's live streams fill limits.memory (\(memory)); raise it, or lower "
                    + "window or the bitrate."
            case (.noMemory, .japanese):
                "\(self.noun)では視聴できません。リレーのメモリー(limits.memory、\(memory))が足りません。"
                    + "これを増やすか、window かビットレートを下げてください。"
            case (.unwritten, .english):
                "Nobody gets anything by \(self.noun): the relay has written none of the stream in it for "
                    + "\(Phrases.time(absence.last - absence.first)). Its log says why; have those viewers use another form, or "
                    + "replace the relay."
            case (.unwritten, .japanese):
                "\(self.noun)では何も届きません。リレーが\(self.seconds(absence.last - absence.first))書き出せていません。"
                    + "リレーのログを確認し、ほかの形式で視聴するか、リレーを入れ替えてください。"
            }
        return sentence + self.rest
    }

    package func stopped(for time: Duration, _ cause: StopCause) -> String {
        let english =
            "The playlist of \(self.noun) has named nothing new for \(Phrases.time(time)), so that its viewers stand still: "
        let japanese = "\(self.noun)のプレイリストが\(self.seconds(time))更新されず、視聴者の映像が止まっています。"
        return switch self.language {
        case .english: english + self.english(cause) + self.rest
        case .japanese: japanese + self.japanese(cause) + self.rest
        }
    }

    private func english(_ cause: StopCause) -> String {
        switch cause {
        case .noKeyframe:
            "no keyframe comes, at which alone a segment can end; set the encoder's keyframe interval to 2 s."
        case .trouble(.noMemory): "the relay has no memory for it; raise limits.memory, or lower window or the bitrate."
        case .trouble(.tooLarge):
            "what it is sent is too large for the relay; raise limits.frame, or lower the bitrate of the encoder."
        case .trouble(.tooSlow): "the relay had no time to write it; raise limits.cpu, or lower the bitrate."
        case .trouble(.failed): "the relay cannot write what the encoder sends. The relay's log says why."
        case .shortTape:
            "its tape does not hold one whole segment; raise limits.tape or limits.memory, or lower the bitrate of the encoder."
        case .unknown: "the relay finishes no segment, although media comes. Replace the relay if this lasts."
        }
    }

    private func japanese(_ cause: StopCause) -> String {
        switch cause {
        case .noKeyframe: "キーフレームが届いていません。エンコーダーのキーフレーム間隔を2秒に設定してください。"
        case .trouble(.noMemory): "リレーのメモリーが足りません。limits.memory を増やすか、window かビットレートを下げてください。"
        case .trouble(.tooLarge): "データが大きすぎます。limits.frame を増やすか、エンコーダーのビットレートを下げてください。"
        case .trouble(.tooSlow): "リレーの処理が追いつきません。limits.cpu を増やすか、ビットレートを下げてください。"
        case .trouble(.failed): "リレーが書き出せませんでした。リレーのログを確認してください。"
        case .shortTape:
            "1つのセグメントを保存できません。limits.tape か limits.memory を増やすか、ビットレートを下げてください。"
        case .unknown: "リレーがセグメントを作れていません。続く場合はリレーを入れ替えてください。"
        }
    }

    package func short(_ shortage: TapeShortage) -> String {
        let (kept, wanted) = (Self.whole(shortage.kept), Self.whole(shortage.wanted))
        let limit = Phrases.bytes(shortage.limit)
        let sentence =
            switch (shortage.isMemoryFull, self.language) {
            case (true, .english):
                "Only \(kept) of \(wanted) seconds are kept for \(self.noun), because the relay's streams fill limits.memory "
                    + "(\(limit)); raise it, or lower window, the bitrate or the keyframe interval."
            case (false, .english):
                "Only \(kept) of \(wanted) seconds are kept for \(self.noun), because its tape is as large as limits.tape "
                    + "(\(limit)) allows; raise that, or lower window, the bitrate or the keyframe interval."
            case (true, .japanese):
                "\(self.noun)は\(wanted)秒のうち\(kept)秒しか保存できません。limits.memory(\(limit))を増やすか、"
                    + "window、ビットレート、キーフレーム間隔のいずれかを下げてください。"
            case (false, .japanese):
                "\(self.noun)は\(wanted)秒のうち\(kept)秒しか保存できません。limits.tape(\(limit))を増やすか、"
                    + "window、ビットレート、キーフレーム間隔のいずれかを下げてください。"
            }
        return sentence + self.rest
    }

    /// The forms that are not named.
    private var rest: String {
        guard self.others > 0 else { return "" }
        return switch self.language {
        case .english: " The same is true of \(Phrases.count(self.others, "more form"))."
        case .japanese: "ほかの\(self.others)形式も同様です。"
        }
    }

    private func seconds(_ time: Duration) -> String { "\(Self.whole(time))秒" }

    private static func whole(_ time: Duration) -> Int { Int(min(max(time.inSeconds, 0), 1e9)) }
}
