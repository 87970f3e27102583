import Contract

/// What is said of a source: one place for both languages.
struct SourceSentences {
    let state: SourceState
    let reason: SourceReason?
    let time: Duration

    func sentence(in language: Language) -> String {
        switch language {
        case .english: self.english
        case .japanese: self.japanese
        }
    }

    private var english: String {
        let time = Phrases.time(self.time)
        switch self.state {
        case .absent: return "No encoder has come yet."
        case .connecting: return "The encoder is connected, and its picture and sound have yet to come steadily."
        case .sending: return "The encoder sends."
        case .faltering where self.reason == .slow:
            return "The encoder sends more slowly than the media plays: check its load and its line."
        case .faltering:
            return "Packets from the encoder are lost on the way: check the network between it and this machine."
        case .silent: return "The encoder is connected and has sent nothing for \(time): check it and its network."
        case .lost: return "The encoder has been gone for \(time): \(self.lossInEnglish)"
        case .ended:
            return self.reason == .loss(.removed)
                ? "The encoder was taken off air \(Phrases.ago(self.time))."
                : "The encoder ended the stream \(Phrases.ago(self.time))."
        case .refused: return "An encoder was refused \(Phrases.ago(self.time)): \(self.refusalInEnglish)"
        }
    }

    private var lossInEnglish: String {
        guard case .loss(let cause) = self.reason else { return "nobody knows why." }
        return switch cause {
        case .disconnected: "its connection broke. Check it and its network."
        case .silent: "it had stopped to send. Check it and its network."
        case .malformed: "it broke its protocol and was cut off. Check its settings."
        case .replaced: "another took its place and has gone, too."
        case .relayEnded: "the relay was restarted, and it has not come back. Check that it is still sending."
        case .ended, .removed: "it has ended."
        }
    }

    private var refusalInEnglish: String {
        guard case .refusal(let reason) = self.reason else { return "nobody knows why." }
        return switch reason {
        case .noKey, .wrongKey: "its key is wrong or missing. Check the stream key in the encoder."
        case .busy: "another one was on air."
        case .tooMany, .noMemory: "the relay has no room for it. Raise its limits."
        case .unsupported, .malformed: "it sends what cannot be carried. Set it to H.264 and AAC."
        case .unknownStream, .declaredSource, .unknownRelay, .badName: "the configuration has no such stream for it."
        }
    }

    private var japanese: String {
        let time = Phrases.japanese(self.time)
        let ago = Phrases.japaneseAgo(self.time)
        switch self.state {
        case .absent: return "エンコーダーはまだ接続していません。"
        case .connecting: return "エンコーダーは接続していますが、映像と音声がまだ安定して届いていません。"
        case .sending: return "エンコーダーから届いています。"
        case .faltering where self.reason == .slow:
            return "エンコーダーの送信が実時間より遅れています。負荷と回線を確認してください。"
        case .faltering: return "エンコーダーからのパケットが途中で失われています。ネットワークを確認してください。"
        case .silent: return "エンコーダーは接続していますが、\(time)間何も送っていません。エンコーダーと回線を確認してください。"
        case .lost: return "エンコーダーが\(time)前からいません。\(self.lossInJapanese)"
        case .ended: return "配信は\(ago)終了しました。"
        case .refused: return "\(ago)エンコーダーの接続を断りました。\(self.refusalInJapanese)"
        }
    }

    private var lossInJapanese: String {
        guard case .loss(let cause) = self.reason else { return "原因は不明です。" }
        return switch cause {
        case .disconnected: "接続が切れました。エンコーダーと回線を確認してください。"
        case .silent: "送信が止まりました。エンコーダーと回線を確認してください。"
        case .malformed: "正しくないデータが届いたため切断しました。設定を確認してください。"
        case .replaced: "ほかのエンコーダーに替わりましたが、それもいなくなりました。"
        case .relayEnded: "リレーの再起動のあと戻っていません。送信中か確認してください。"
        case .ended, .removed: "終了しました。"
        }
    }

    private var refusalInJapanese: String {
        guard case .refusal(let reason) = self.reason else { return "原因は不明です。" }
        return switch reason {
        case .noKey, .wrongKey: "ストリームキーが正しくありません。"
        case .busy: "ほかのエンコーダーが配信中でした。"
        case .tooMany, .noMemory: "リレーに空きがありません。上限を上げてください。"
        case .unsupported, .malformed: "送れない形式です。H.264とAACに設定してください。"
        case .unknownStream, .declaredSource, .unknownRelay, .badName: "設定にそのストリームがありません。"
        }
    }
}
