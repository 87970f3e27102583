import Contract

/// What is said in Japanese.
extension StreamText {
    var nobodyInJapanese: String {
        let path = self.snapshot.path
        if let source = self.setting.declared[path.stream] {
            let source = self.audience == .everybody ? "設定された送信元" : source
            return "\(source)からまだ何も届いていません。このマシンに送信しているか、途中のファイアウォールを確認してください。"
        }
        let start = "\(path)にはまだ誰も配信していません。"
        guard let port = self.setting.rtmpPort else { return "\(start)設定でRTMPが無効になっています。" }
        let host = port == 1935 ? "HOST" : "HOST:\(port)"
        return "\(start)OBSでは、サーバーに rtmp://\(host)/\(path.relay) 、ストリームキーに \(self.keyed) を入力してください。"
            + "HOSTはこのマシンのアドレス、KEYは配信用のキーです。"
    }

    func silentInJapanese(_ source: SourceSnapshot, _ heard: Instant, _ state: StreamState) -> String {
        "\(self.encoderInJapanese(source))から\(Phrases.japanese(self.now - heard))間、何も届いていません。"
            + self.viewersInJapanese(state)
    }

    func lostInJapanese(_ loss: SourceLoss, _ state: StreamState) -> String {
        let encoder = self.encoderInJapanese(loss.source)
        let ago = Phrases.japaneseAgo(self.now - loss.at)
        let viewers = self.viewersInJapanese(state)
        switch loss.cause {
        case .ended: return "\(encoder)は\(ago)配信を終了しました。いつでも再開できます。"
        case .removed: return "\(encoder)の配信は、\(ago)運営側の操作で停止されました。"
        case .disconnected: return "\(encoder)との接続が\(ago)切れました。エンコーダーと回線を確認してください。\(viewers)"
        case .silent:
            let time = Phrases.japanese(self.now - (loss.source.heard ?? loss.at))
            return "\(encoder)から\(time)間、何も届いていません。エンコーダーと回線を確認してください。\(viewers)"
        case .malformed: return "\(encoder)から正しくないデータが届いたため、\(ago)切断しました。設定を確認してください。\(viewers)"
        case .replaced: return "別のエンコーダーが\(ago)配信を引き継ぎましたが、それもいなくなりました。\(viewers)"
        case .relayEnded:
            return "リレーは\(ago)再起動しましたが、\(encoder)がまだ戻っていません。送信を続けているか確認してください。\(viewers)"
        }
    }

    func medialessInJapanese(_ source: SourceSnapshot, _ omissions: String) -> String {
        let start = "\(self.encoderInJapanese(source))は\(Phrases.japaneseAgo(self.now - source.connectedAt))接続しましたが、"
        guard omissions.isEmpty else { return "\(start)送られてくる映像と音声を配信できません。\(omissions)" }
        if self.isPictureArriving { return "\(start)最初の画像をまだ受信している途中です。" }
        return "\(start)映像も音声もまだ届いていません。"
    }

    func keylessInJapanese(_ source: SourceSnapshot) -> String {
        "\(self.encoderInJapanese(source))は\(Phrases.japaneseAgo(self.now - source.connectedAt))送信を始めましたが、"
            + "キーフレームがまだ届かず、映像を表示できません。キーフレーム間隔を2秒に設定してください。"
    }

    var liveInJapanese: String {
        var parts: [String] = []
        if let video = self.snapshot.defaultTrack(.video) {
            parts.append(video.width > 0 && video.height > 0 ? "\(video.width)×\(video.height)" : "映像")
            if video.frameRate > 0 { parts.append("毎秒\(Phrases.rate(video.frameRate))コマ") }
        }
        let hasAudio = self.snapshot.defaultTrack(.audio) != nil
        parts.append(hasAudio ? (parts.isEmpty ? "音声のみ" : "音声あり") : "音声なし")
        let bits = self.snapshot.tracks.reduce(0) { $0 + $1.bitrate }
        if bits > 0 { parts.append(Phrases.bitrate(bits)) }
        return "配信中です(\(parts.joined(separator: "、")))。"
    }

    func lateInJapanese(_ time: Duration) -> String {
        "前の画像から\(Phrases.japanese(time))たちますが、次の画像をまだ受信している途中です。"
            + "画像が大きいか、エンコーダーの回線が遅い可能性があります。"
    }

    func refusedInJapanese(_ refusal: SourceRefusal) -> String {
        let subject = self.snapshot.source == nil ? "エンコーダー" : "別のエンコーダー"
        let place = self.place(of: refusal.address).map { "(\($0))" } ?? ""
        let who = "\(Phrases.japaneseAgo(self.now - refusal.at))\(subject)\(place)の接続を断りました。"
        switch refusal.reason {
        case .noKey: return "\(who)キーがありません。ストリーム名に続けて \(self.keyed) のように入力してください。"
        case .wrongKey: return "\(who)キーが違います。ストリームキーは \(self.keyed) のように入力してください。"
        case .busy: return "\(who)すでに配信中のエンコーダーがあり、引き継ぎ(takeover)が無効になっています。"
        case .unknownStream: return "\(who)このストリームは設定にありません。"
        case .declaredSource: return "\(who)このストリームの送信元は設定で決められています。"
        case .unknownRelay, .badName: return "\(who)指定された名前が正しくありません。"
        case .tooMany: return "\(who)リレーのストリーム数が上限に達しています。limits.streams を増やしてください。"
        case .noMemory: return "\(who)配信中のストリームでリレーのメモリーがいっぱいです。limits.memory を増やすか、window を下げてください。"
        case .unsupported: return "\(who)送れないコーデックです。H.264とAACで送信してください。"
        case .malformed: return "\(who)届いたデータがプロトコルに従っていません。"
        }
    }

    private func viewersInJapanese(_ state: StreamState) -> String {
        if state == .slate { return "視聴者には代わりの映像を表示しています。" }
        let viewers = self.snapshot.viewers
        return viewers == 0 ? "これから来る視聴者は待機します。" : "視聴者は接続したまま待機しています(現在\(viewers)人)。"
    }

    func encoderInJapanese(_ source: SourceSnapshot) -> String {
        "エンコーダー" + (self.place(of: source.address).map { "(\($0))" } ?? "")
    }
}
