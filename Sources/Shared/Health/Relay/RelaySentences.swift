import Contract

/// What is said of a relay as a whole: one place for both languages.
struct RelaySentences {
    let relay: RelayStatus
    let state: RelayCondition
    /// Whether it reports again, and has yet to go on so for a while.
    let isBack: Bool
    let now: Instant

    func sentence(in language: Language) -> String {
        switch language {
        case .english: self.english
        case .japanese: self.japanese
        }
    }

    private var english: String {
        let name = "The relay '\(self.relay.name)'"
        let silence = Phrases.time(self.now - self.relay.toldAt)
        switch self.state {
        case .starting: return "\(name) has been starting for \(Phrases.time(self.now - self.relay.since))."
        case .restarting: return "\(name) is being restarted.\(self.story)"
        case .restless where self.relay.serves:
            return "\(name) takes connections, but its instances end again and again.\(self.story)"
        case .restless: return "\(name) ends as soon as it starts and is tried again in a while.\(self.story)"
        case .silent where self.isBack, .starved where self.isBack:
            return "\(name) takes connections, and has just begun to report again."
        case .silent:
            return
                "\(name) has not reported for \(silence), so nobody knows how its streams are; it is replaced if it stays "
                + "silent."
        case .starved:
            return
                "\(name) waits for a processor and has not reported for \(silence): the machine is too busy, or limits.cpu "
                + "too low."
        case .overloaded:
            return
                "\(name) was kept from the processor by limits.cpu for \(self.throttledPercent) % of the last 10 s, so its "
                + "viewers may see pauses: raise limits.cpu, or give it fewer streams and viewers."
        case .serving where self.relay.state == .replacing:
            return "\(name) takes connections; a fresh instance is being made."
        case .serving: return self.relay.snapshot == nil ? "\(name) has just come up." : "\(name) takes connections."
        case .draining: return "\(name) is ending and takes no new connections."
        case .stopped: return "\(name) is stopped."
        }
    }

    private var throttledPercent: Int { Int(min(max((self.relay.throttling?.recent ?? 0) * 100, 0), 100).rounded()) }

    /// How the last instance ended.
    private var story: String {
        guard let ending = self.relay.lastEnding else { return "" }
        let story = " The last instance ended \(Phrases.time(self.now - ending.at)) ago: \(ending.sentence)"
        return story.hasSuffix(".") ? story : story + "."
    }

    private var japanese: String {
        let name = "リレー「\(self.relay.name)」"
        let silence = Self.whole(self.now - self.relay.toldAt)
        switch self.state {
        case .starting: return "\(name)を起動しています。"
        case .restarting: return "\(name)を再起動しています。\(self.storyInJapanese)"
        case .restless where self.relay.serves:
            return "\(name)は接続を受け付けていますが、再起動を繰り返しています。\(self.storyInJapanese)"
        case .restless: return "\(name)は起動に繰り返し失敗しており、しばらくしてから再試行します。\(self.storyInJapanese)"
        case .silent where self.isBack, .starved where self.isBack:
            return "\(name)は接続を受け付けています。応答が戻ったばかりです。"
        case .silent:
            return "\(name)から\(silence)秒間応答がなく、配信の状態がわかりません。このまま応答がなければ入れ替えます。"
        case .starved:
            return
                "\(name)はCPUの割り当てを待っており、\(silence)秒間応答がありません。マシンの負荷が高すぎるか、limits.cpu が小さすぎます。"
        case .overloaded:
            return
                "\(name)は limits.cpu の上限により、直近10秒間の\(self.throttledPercent)%の時間動作できず、視聴が途切れることがあります。"
                + "limits.cpu を大きくするか、配信や視聴者を減らしてください。"
        case .serving where self.relay.state == .replacing: return "\(name)は接続を受け付けています。新しいインスタンスを準備中です。"
        case .serving: return "\(name)は接続を受け付けています。"
        case .draining: return "\(name)は終了処理中で、新しい接続を受け付けません。"
        case .stopped: return "\(name)は停止しています。"
        }
    }

    private var storyInJapanese: String {
        guard let ending = self.relay.lastEnding else { return "" }
        let cause =
            switch ending.cause {
            case .exit: "プログラムの終了"
            case .signal: "シグナルによる終了"
            case .outOfMemory: "メモリ上限の超過"
            case .heartbeat: "応答の途絶"
            case .ownCheck: "自己診断での異常"
            case .misbehaved: "制御通信の誤り"
            case .replaced: "意図した入れ替え"
            case .startFailed: "起動の失敗"
            case .lost: "コンテナの消失"
            }
        return "直前のインスタンスが終了した原因は、\(cause)です。"
    }

    private static func whole(_ time: Duration) -> Int { Int(min(max(time.inSeconds, 0), 1e9)) }
}
