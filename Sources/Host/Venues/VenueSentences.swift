import Contract

/// What is said of a venue: one place for both languages.
enum VenueSentences: Hashable {
    case unseen, closed
    /// Since its last report.
    case silent(Duration)
    /// Kilobits a second.
    case slow(arriving: Int, sent: Int)
    /// Times in the last minute.
    case stalling(Int)
    case unplayable, refused
    /// For how long, where that is known.
    case pictureless(Duration?)
    case connecting
    /// Whether it plays all the same, without sound.
    case unpressed(isPlaying: Bool)
    case ready
    case relayMissed, pictureMissed, soundMissed, sourceMissed
    /// Milliseconds behind the main venue.
    case late(Int)
    /// Share of all pictures.
    case dropping(Double)
    case covered
    /// Milliseconds behind the main venue, where that is known.
    case playing(latency: Int?)

    var reason: VenueReason {
        switch self {
        case .unseen: .unseen
        case .closed: .closed
        case .silent: .silent
        case .slow: .slow
        case .stalling: .stalling
        case .unplayable: .unplayable
        case .refused: .refused
        case .pictureless: .pictureless
        case .connecting: .connecting
        case .unpressed: .unpressed
        case .ready: .ready
        case .relayMissed: .relayMissed
        case .pictureMissed: .pictureMissed
        case .soundMissed: .soundMissed
        case .sourceMissed: .sourceMissed
        case .late: .late
        case .dropping: .dropping
        case .covered: .covered
        case .playing: .playing
        }
    }

    func english(_ name: VenueName) -> String {
        switch self {
        case .unseen: "\(name) has not been seen yet: nobody has opened its link."
        case .closed: "\(name) has closed its screen."
        case .silent(let age): "\(name) has not reported for \(Self.span(age))."
        case .slow(let arriving, let sent):
            "\(name)'s connection is too slow: \(Self.tenths(arriving)) of \(Self.tenths(sent)) Mbit/s."
        case .stalling(let times): "\(name) stalled \(Self.often(times)) in the last minute."
        case .unplayable: "\(name) cannot show the stream: its browser does not play it."
        case .refused: "\(name) shows no picture: the relay has no room for another viewer."
        case .pictureless(let time?): "\(name) has shown no picture for \(Self.span(time))."
        case .pictureless(nil): "\(name) shows no picture."
        case .connecting: "\(name) is connecting."
        case .unpressed(isPlaying: true): "\(name) plays without sound: nobody has pressed the button there."
        case .unpressed(isPlaying: false): "\(name) has opened its link; nobody has pressed the button there."
        case .ready: "\(name) is ready and shows the test card."
        case .relayMissed: "\(name) waits for the relay."
        case .pictureMissed: "\(name) waits for the main venue's picture."
        case .soundMissed: "\(name) waits for the main venue's sound."
        case .sourceMissed: "\(name) waits for the main venue to send again."
        case .late(let latency): "\(name) is \(Self.tenths(latency)) s behind."
        case .dropping(let share):
            "\(name)'s computer is too slow: it leaves out \(Self.percent(share)) % of the pictures."
        case .covered: "\(name) has another window in front of the picture."
        case .playing(let latency?): "\(name) plays, \(Self.tenths(latency)) s behind."
        case .playing(nil): "\(name) plays."
        }
    }

    func japanese(_ name: VenueName) -> String {
        switch self {
        case .unseen: "\(name)はまだ接続していません。リンクが開かれていません。"
        case .closed: "\(name)の画面が閉じられました。"
        case .silent(let age): "\(name)から\(Self.spanInJapanese(age))間、報告がありません。"
        case .slow(let arriving, let sent):
            "\(name)の回線速度が不足しています。必要な\(Self.tenths(sent)) Mbit/sのうち\(Self.tenths(arriving)) Mbit/sしか届いていません。"
        case .stalling(let times): "\(name)の映像が、直近の1分間に\(times)回止まりました。"
        case .unplayable: "\(name)のブラウザーではこの配信を再生できません。"
        case .refused: "\(name)に映像が出ていません。リレーの視聴者数が上限に達しています。"
        case .pictureless(let time?): "\(name)に\(Self.spanInJapanese(time))間、映像が出ていません。"
        case .pictureless(nil): "\(name)に映像が出ていません。"
        case .connecting: "\(name)が接続しています。"
        case .unpressed(isPlaying: true): "\(name)では音が出ていません。会場の画面のボタンがまだ押されていません。"
        case .unpressed(isPlaying: false): "\(name)はリンクを開きましたが、画面のボタンがまだ押されていません。"
        case .ready: "\(name)は準備ができており、テスト画面を表示しています。"
        case .relayMissed: "\(name)は中継サーバーを待っています。"
        case .pictureMissed: "\(name)はメイン会場の映像を待っています。"
        case .soundMissed: "\(name)はメイン会場の音声を待っています。"
        case .sourceMissed: "\(name)はメイン会場からの送信再開を待っています。"
        case .late(let latency): "\(name)の映像が\(Self.tenths(latency))秒遅れています。"
        case .dropping(let share): "\(name)のパソコンの処理が追いつかず、映像の\(Self.percent(share))%が表示されていません。"
        case .covered: "\(name)では映像の前に別のウィンドウがあります。"
        case .playing(let latency?): "\(name)は\(Self.tenths(latency))秒遅れで再生しています。"
        case .playing(nil): "\(name)は再生しています。"
        }
    }

    private static func span(_ time: Duration) -> String {
        let seconds = time.components.seconds
        return seconds < 120 ? "\(seconds) s" : "\(seconds / 60) min"
    }

    private static func spanInJapanese(_ time: Duration) -> String {
        let seconds = time.components.seconds
        return seconds < 120 ? "\(seconds)秒" : "\(seconds / 60)分"
    }

    private static func often(_ times: Int) -> String {
        switch times {
        case 1: "once"
        case 2: "twice"
        default: "\(times) times"
        }
    }

    private static func percent(_ share: Double) -> Int {
        Int((min(max(share.isFinite ? share : 0, 0), 1) * 100).rounded())
    }

    /// Of thousands, with a decimal where there is one.
    private static func tenths(_ thousandths: Int) -> String {
        let tenths = max(thousandths, 0) / 100
        return tenths % 10 == 0 ? "\(tenths / 10)" : "\(tenths / 10).\(tenths % 10)"
    }
}
