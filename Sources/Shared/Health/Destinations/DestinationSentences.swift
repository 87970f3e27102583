package import Contract

/// What is said of a destination: one place for both languages.
package struct DestinationSentences {
    private let destination: DestinationSnapshot
    private let state: DestinationState
    private let reason: DestinationTrouble?
    private let time: Duration

    /// - Parameters:
    ///   - destination: What the relay has told of it.
    ///   - state: How it stands with it.
    ///   - reason: Why it fails.
    ///   - time: For how long it has been so.
    package init(
        _ destination: DestinationSnapshot,
        _ state: DestinationState,
        _ reason: DestinationTrouble?,
        time: Duration
    ) {
        self.destination = destination
        self.state = state
        self.reason = reason
        self.time = time
    }

    package func sentence(for audience: Audience, in language: Language) -> String {
        switch language {
        case .english: self.english(self.name(audience, "'", "'"))
        case .japanese: self.japanese(self.name(audience, "「", "」"))
        }
    }

    /// Where it is, only to the operator.
    private func name(_ audience: Audience, _ opening: String, _ closing: String) -> String {
        let name = "\(opening)\(self.destination.name)\(closing)"
        return audience == .everybody ? name : "\(name) (\(self.destination.address))"
    }

    private func english(_ name: String) -> String {
        switch self.state {
        case .waiting: "\(name) is sent nothing, because the stream is not on air."
        case .starting: "\(name) is being connected to."
        case .sending: "The stream is sent to \(name)."
        case .failing where self.time < .seconds(1): "The stream has not reached \(name): \(self.advice)"
        case .failing: "The stream has not reached \(name) for \(Phrases.time(self.time)): \(self.advice)"
        }
    }

    private var advice: String {
        switch self.reason {
        case .unanswered:
            "nobody answers there. Check that it listens at that address, and that no firewall is in between."
        case .refused: "it turns the call down. Check the stream id, and whether somebody else sends to it."
        case .passphrase: "it has another passphrase, or none. Write its own in the configuration."
        case .unreachable: "no way there is known. Check its name, and this machine's network."
        case .disconnected: "the connection ended. Check that it is still running, and the network in between."
        case .noRoom: "the relay has no room for it. Raise limits.viewers or limits.memory."
        case .unsuitable:
            "what it is sent cannot carry the stream's codecs. Have the encoder send H.264 or HEVC with AAC, or leave it out."
        case nil: "the reason is not known. The relay's log may say more."
        }
    }

    private func japanese(_ name: String) -> String {
        switch self.state {
        case .waiting: "配信していないため、\(name)には何も送っていません。"
        case .starting: "\(name)に接続しています。"
        case .sending: "\(name)に送信しています。"
        case .failing where self.time < .seconds(1): "\(name)に送信できません。\(self.japaneseAdvice)"
        case .failing: "\(Phrases.japanese(self.time))前から\(name)に送信できていません。\(self.japaneseAdvice)"
        }
    }

    private var japaneseAdvice: String {
        switch self.reason {
        case .unanswered: "応答がありません。送信先が待ち受けているか、途中のファイアウォールを確認してください。"
        case .refused: "送信先が接続を断りました。ストリームIDと、ほかに送信している人がいないかを確認してください。"
        case .passphrase: "パスフレーズが一致しません。送信先のパスフレーズを設定に書いてください。"
        case .unreachable: "送信先への経路がありません。名前とこのマシンのネットワークを確認してください。"
        case .disconnected: "接続が切れました。送信先が動いているか、途中のネットワークを確認してください。"
        case .noRoom: "リレーに空きがありません。limits.viewers か limits.memory を増やしてください。"
        case .unsuitable: "送信形式がストリームのコーデックに対応していません。エンコーダーを H.264 か HEVC と AAC にしてください。"
        case nil: "原因は不明です。リレーのログを確認してください。"
        }
    }
}
