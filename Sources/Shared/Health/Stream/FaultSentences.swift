package import Contract

/// What is said of faults that the stream's counters and clocks show: one place for both languages.
package enum FaultSentences: Sendable {
    /// For how long no picture has come, while sound does.
    case videoStopped(Duration)
    /// The same where the sound cannot be shown without a picture.
    case soundWaits(Duration)
    case audioStopped(Duration)
    /// How often encoders have replaced one another within a minute.
    case contended(UInt64, StreamPath)
    /// How often the source was lost within a minute.
    case unstable(Int)
    /// Pictures a second.
    case frameRateFell(to: Double, from: Double)
    /// Bits a second.
    case bitrateFell(to: Double, from: Double)
    case trackMissing(TrackSnapshot.Kind)
    case packetsLost(Loss)
    /// How often within a minute.
    case tracksStepped(UInt64)
    /// How many packets within a minute.
    case timestampsJump(UInt64)
    case packetsDropped(UInt64)
    /// For which share of ten seconds the relay was kept waiting.
    case relayOverloaded(Double)
    case viewersSlow(skips: UInt64, stalls: UInt64)
    /// Seconds by which sound comes before the picture of the same time.
    case interleaveGap(Double)
    /// As encoders call it.
    case profileUnusual(String)
    /// Seconds that pictures are sent before they are shown.
    case reorderingDeep(Double)

    package struct Loss: Sendable {
        /// Within a minute.
        let lost: UInt64
        let percent: Double
        let effect: Effect

        package init(lost: UInt64, percent: Double, effect: Effect) {
            self.lost = lost
            self.percent = percent
            self.effect = effect
        }

        package enum Effect: Sendable {
            case none
            /// The picture waits for a keyframe, or did so.
            case holding, held
        }
    }

    package func text(in language: Language) -> String {
        switch language {
        case .english: self.english
        case .japanese: self.japanese
        }
    }

    private var english: String {
        switch self {
        case .videoStopped(let time):
            "Sound arrives but the picture stopped \(Phrases.time(time)) ago: check the camera and its line into the encoder."
        case .soundWaits(let time):
            "The picture stopped \(Phrases.time(time)) ago, and the sound that still comes cannot be shown before a new "
                + "keyframe: check the camera and its line into the encoder."
        case .audioStopped(let time):
            "The picture arrives but the sound stopped \(Phrases.time(time)) ago: check the audio device in the encoder."
        case .contended(let times, let path):
            "Encoders have replaced each other \(times) times within a minute: more than one publishes to \(path); stop all "
                + "but one."
        case .unstable(let times):
            "The source was lost \(times) times within a minute: check the encoder's network, or lower its bitrate."
        case .frameRateFell(let now, let usual):
            "Only \(Phrases.rate(now)) pictures a second arrive where \(Phrases.rate(usual)) are usual: the encoder is "
                + "overloaded or its line too slow."
        case .bitrateFell(let now, let usual):
            "The picture fell from \(Phrases.bitrate(usual)) to \(Phrases.bitrate(now)): a black or frozen picture, or a "
                + "bad line from the encoder."
        case .trackMissing(.audio):
            "The picture arrives, but without the sound it had before: check what the encoder sends."
        case .trackMissing(.video):
            "Sound arrives, but without the picture it had before: check what the encoder sends."
        case .packetsLost(let loss): self.english(loss)
        case .tracksStepped(let times):
            "\(times == 1 ? "Within the last minute" : "\(times) times within a minute") the encoder moved sound and picture "
                + "against each other, so they may be out of step: check its audio sync offset and that sound and picture are "
                + "taken by one clock, and restart it if they stay so."
        case .timestampsJump(let packets):
            "The source set a clock back: \(packets) packets within a minute are timed before what had come already, so "
                + "picture and sound may be out of step. Restart the encoder if it goes on."
        case .packetsDropped(let packets):
            "\(packets) packets within a minute could not be shown, because neither a keyframe nor the settings of their codec "
                + "had come before them: check that the picture arrives, set the encoder's keyframe interval to 2 s, and "
                + "restart it if this goes on."
        case .relayOverloaded(let share):
            "This relay is overloaded, so all of its viewers may see pauses: the limit of its processor kept it waiting for "
                + "\(Phrases.share(share * 100)) of the last 10 s. Raise limits.cpu, or give it fewer streams and viewers."
        case .viewersSlow(let skips, let stalls):
            "Viewers who are too slow for the stream \(self.english(skips, stalls)) within a minute: check the line out of "
                + "this machine, and theirs, or lower the encoder's bitrate."
        case .interleaveGap(let gap) where gap >= 0:
            "Sound comes \(Phrases.rate(gap)) s before the picture of the same time, so every viewer is as much later: have the "
                + "encoder delay the picture less (look-ahead, B-frames), or send both from one encoder."
        case .interleaveGap(let gap):
            "The picture comes \(Phrases.rate(-gap)) s before the sound of the same time, so every viewer is as much later: "
                + "check the buffer of the encoder's audio device, or send both from one encoder."
        case .profileUnusual(let name):
            "The picture is coded as \(name), which browsers and most decoders do not play: set the encoder to profile high (main "
                + "of H.265) and 4:2:0 with 8 bits (yuv420p)."
        case .reorderingDeep(let depth):
            "Pictures are sent \(Phrases.rate(depth)) s before they are shown, so every viewer is as much later: set the encoder "
                + "to 2 B-frames at most, or to zero latency."
        }
    }

    private func english(_ loss: Loss) -> String {
        let isOne = loss.lost == 1
        let effect =
            switch loss.effect {
            case .none: ""
            case .holding: ", and the picture is held until the next keyframe"
            case .held: ", and the picture stood still until a keyframe came"
            }
        return "\(loss.lost) \(isOne ? "packet" : "packets") (\(Phrases.share(loss.percent))) from the source "
            + "\(isOne ? "was" : "were") lost within a minute\(effect): check the network between it and this machine, lower "
            + "its bitrate, or send by SRT or by RTSP over TCP."
    }

    private func english(_ skips: UInt64, _ stalls: UInt64) -> String {
        let effects = [
            skips == 0 ? nil : "skipped ahead \(skips) \(skips == 1 ? "time" : "times")",
            stalls == 0 ? nil : "were let go \(stalls) \(stalls == 1 ? "time" : "times")",
        ]
        return effects.compactMap(\.self).joined(separator: " and ")
    }

    private var japanese: String {
        switch self {
        case .videoStopped(let time):
            "音声は届いていますが、映像が\(Phrases.japanese(time))前から届いていません。"
                + "カメラとエンコーダーまでのケーブルを確認してください。"
        case .soundWaits(let time):
            "映像が\(Phrases.japanese(time))前から届かず、届いている音声も次のキーフレームまで流せません。"
                + "カメラとエンコーダーまでのケーブルを確認してください。"
        case .audioStopped(let time):
            "映像は届いていますが、音声が\(Phrases.japanese(time))前から届いていません。"
                + "エンコーダーの音声入力を確認してください。"
        case .contended(let times, let path):
            "1分間に\(times)回、エンコーダーが入れ替わりました。"
                + "\(path)に複数のエンコーダーが配信しています。1台だけにしてください。"
        case .unstable(let times):
            "1分間に\(times)回、エンコーダーとの接続が途切れました。"
                + "エンコーダーのネットワークを確認するか、ビットレートを下げてください。"
        case .frameRateFell(let now, let usual):
            "映像が毎秒\(Phrases.rate(now))コマしか届いていません(通常は\(Phrases.rate(usual))コマ)。"
                + "エンコーダーの負荷と回線を確認してください。"
        case .bitrateFell(let now, let usual):
            "映像のビットレートが\(Phrases.bitrate(usual))から\(Phrases.bitrate(now))に下がりました。"
                + "映像が真っ黒になったり止まったりしていないか、また回線を確認してください。"
        case .trackMissing(.audio): "映像は届いていますが、以前あった音声がありません。エンコーダーの出力を確認してください。"
        case .trackMissing(.video): "音声は届いていますが、以前あった映像がありません。エンコーダーの出力を確認してください。"
        case .packetsLost(let loss): self.japanese(loss)
        case .tracksStepped(let times):
            "直近の1分間に\(times == 1 ? "" : "\(times)回、")エンコーダーの音声と映像の時刻が互いにずれたため、音ずれの可能性があります。"
                + "音声の同期設定と、音声と映像が同じ時計で取り込まれているかを確認し、直らなければ再起動してください。"
        case .timestampsJump(let packets):
            "エンコーダーの時刻が戻りました。1分間に\(packets)個のパケットの時刻が前後しており、音ずれの可能性があります。"
                + "続く場合はエンコーダーを再起動してください。"
        case .packetsDropped(let packets):
            "キーフレームまたはコーデックの情報が届いていないため、1分間に\(packets)個のパケットを表示できませんでした。"
                + "映像が届いているかを確認し、キーフレーム間隔を2秒に設定してください。続く場合はエンコーダーを再起動してください。"
        case .relayOverloaded(let share):
            "リレーの負荷が高く、すべての視聴者の映像が途切れることがあります。"
                + "limits.cpu の上限により、直近10秒間の\(Phrases.japaneseShare(share * 100))の時間は動作できませんでした。"
                + "limits.cpu を大きくするか、配信や視聴者を減らしてください。"
        case .viewersSlow(let skips, let stalls):
            "配信に追いつけない視聴者が、1分間に\(self.japanese(skips, stalls))。"
                + "このマシンと視聴者の回線を確認するか、エンコーダーのビットレートを下げてください。"
        case .interleaveGap(let gap) where gap >= 0:
            "音声が、同じ時刻の映像より\(Phrases.rate(gap))秒早く届いており、視聴がその分遅れます。"
                + "エンコーダーの先読みやBフレームを減らすか、音声と映像を1台のエンコーダーから送ってください。"
        case .interleaveGap(let gap):
            "映像が、同じ時刻の音声より\(Phrases.rate(-gap))秒早く届いており、視聴がその分遅れます。"
                + "エンコーダーの音声入力のバッファーを確認するか、音声と映像を1台のエンコーダーから送ってください。"
        case .profileUnusual(let name):
            "映像が\(name)で符号化されており、ブラウザーや多くの機器で再生できません。"
                + "エンコーダーをHighプロファイル(H.265ではMain)、4:2:0、8ビット(yuv420p)に設定してください。"
        case .reorderingDeep(let depth):
            "Bフレームが多いため、視聴が\(Phrases.rate(depth))秒遅れます。"
                + "エンコーダーのBフレームを2枚以下にするか、低遅延に設定してください。"
        }
    }

    private func japanese(_ loss: Loss) -> String {
        let effect =
            switch loss.effect {
            case .none: ""
            case .holding: "映像は次のキーフレームまで止まっています。"
            case .held: "キーフレームが届くまで映像が止まりました。"
            }
        return "エンコーダーからのパケットが1分間に\(loss.lost)個(\(Phrases.japaneseShare(loss.percent)))失われました。\(effect)"
            + "途中のネットワークを確認し、ビットレートを下げるか、SRTまたはTCPのRTSPで送ってください。"
    }

    private func japanese(_ skips: UInt64, _ stalls: UInt64) -> String {
        switch (skips, stalls) {
        case (_, 0): "\(skips)回、途中を飛ばしました"
        case (0, _): "\(stalls)回、切断されました"
        case (_, _): "\(skips)回途中を飛ばし、\(stalls)回切断されました"
        }
    }
}
