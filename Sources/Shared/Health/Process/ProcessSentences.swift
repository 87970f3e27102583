import Contract

/// What is said of the host process: one place for both languages.
enum ProcessSentences {
    case loopStuck(String, for: Duration)
    case helperStuck(String, for: Duration)
    case certificate(CertificateHealth)
    case descriptorsShort
    /// With the words for the operator, who may know where it lies.
    case historyFailing(HistoryCause, String)
    case historyLost
    /// How many receivers, and the words of the first for the operator.
    case alertsUndelivered(Int, String)
    case configurationRefused

    var fault: ProcessFault {
        switch self {
        case .loopStuck: .loopStuck
        case .helperStuck: .helperStuck
        case .certificate(let certificate): certificate.state == .expired ? .certificateExpired : .certificateExpiring
        case .descriptorsShort: .descriptorsShort
        case .historyFailing: .historyFailing
        case .historyLost: .historyLost
        case .alertsUndelivered: .alertsUndelivered
        case .configurationRefused: .configurationRefused
        }
    }

    func text(for audience: Audience, in language: Language) -> String {
        switch (self, language) {
        case (.historyFailing(_, let trouble), .english) where audience == .theOperator: trouble
        case (.alertsUndelivered(_, let trouble), .english) where audience == .theOperator: trouble
        case (_, .english): self.english
        case (_, .japanese): self.japanese
        }
    }

    private var english: String {
        switch self {
        case .loopStuck(let name, let age):
            "The loop '\(name)' has not come round for \(Phrases.time(age)): restart the host."
        case .helperStuck(let name, let age):
            "The thread '\(name)' has stood still for \(Phrases.time(age)), so what happens is neither written down nor told by "
                + "it: the disk with the host's state does not answer. Nobody is kept from watching."
        case .certificate(let certificate): certificate.sentence
        case .descriptorsShort:
            "The host had no file descriptor left for a connection within the last minute: raise LimitNOFILE of its service, or "
                + "ulimit -n."
        case .historyFailing(.full, _):
            "What happens cannot be written down: no space is left on the disk with the host's state; free some."
        case .historyFailing(.locked, _):
            "What happens cannot be written down: another program holds the history's file."
        case .historyFailing(.readOnly, _): "What happens cannot be written down: the host's state may only be read."
        case .historyFailing(.unopenable, _):
            "What happens cannot be written down: the history's file cannot be opened."
        case .historyFailing(.failing, _):
            "What happens cannot be written down: the history's file cannot be used. The host's log says why."
        case .historyLost:
            "Some of what happened within the last minute was not written down: the disk with the host's state is too slow or full."
        case .alertsUndelivered(let count, _):
            "\(Phrases.count(count, "receiver")) of alerts \(count == 1 ? "is" : "are") not reached: transponder status says why."
        case .configurationRefused: "The newest configuration was refused, and the one before it is in force."
        }
    }

    private var japanese: String {
        switch self {
        case .loopStuck(let name, let age):
            "ホストのループ「\(name)」が\(Self.whole(age.inSeconds))秒止まっています。ホストを再起動してください。"
        case .helperStuck(let name, let age):
            "ホストのスレッド「\(name)」が\(Self.whole(age.inSeconds))秒止まっており、記録や通知ができません。"
                + "ホストの状態を置くディスクを確認してください。視聴に影響はありません。"
        case .certificate(let certificate):
            certificate.state == .expired
                ? "TLS証明書の有効期限が切れています。更新してください。" : "TLS証明書の有効期限がまもなく切れます。更新してください。"
        case .descriptorsShort:
            "直近の1分間にファイルディスクリプターが足りず、接続を受けられませんでした。LimitNOFILE か ulimit -n を増やしてください。"
        case .historyFailing(.full, _): "ディスクに空きがないため、履歴を記録できません。空きを作ってください。"
        case .historyFailing(.locked, _): "ほかのプログラムがファイルを使用しているため、履歴を記録できません。"
        case .historyFailing(.readOnly, _): "書き込みが許可されていないため、履歴を記録できません。"
        case .historyFailing(.unopenable, _): "ファイルを開けないため、履歴を記録できません。"
        case .historyFailing(.failing, _): "履歴を記録できません。ホストのログを確認してください。"
        case .historyLost: "直近の1分間に記録できなかった履歴があります。ディスクの空きと速さを確認してください。"
        case .alertsUndelivered(let count, _):
            "アラートの送信先\(count)件に届いていません。transponder status で原因を確認してください。"
        case .configurationRefused: "新しい設定に誤りがあるため、以前の設定のまま動いています。"
        }
    }

    static func sentence(_ state: ProcessState, in language: Language) -> String {
        switch (state, language) {
        case (.draining, .english): "The host is ending and takes no new connections."
        case (.draining, .japanese): "ホストは終了処理中で、新しい接続を受け付けません。"
        case (_, .english): "The host is running."
        case (_, .japanese): "ホストは正常に動いています。"
        }
    }

    private static func whole(_ seconds: Double) -> Int { Int(min(max(seconds, 0), 1e9)) }
}
