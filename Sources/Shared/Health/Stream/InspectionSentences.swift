package import Contract

/// What is said of what is seen and heard in a stream: one place for both languages.
package enum InspectionSentences {
    /// What there is to say of a fault, by what is known of the stream; nil of one that is not of picture or sound themselves.
    package static func sentence(
        _ fault: StreamFault,
        _ inspection: InspectionSnapshot,
        at now: Instant,
        in language: Language = .english
    ) -> String? {
        let (picture, sound) = (inspection.picture, inspection.sound)
        func age(_ since: Instant?) -> Duration { since.map { max(now - $0, .zero) } ?? .zero }
        switch (fault, language) {
        case (.black, .english):
            return "The picture arrives but is black: check the camera's power, its lens cap, and the scene in the "
                + "encoder."
        case (.black, .japanese):
            return "映像は届いていますが、真っ黒です。"
                + "カメラの電源、レンズキャップ、エンコーダーのシーンを確認してください。"
        case (.frozen, .english):
            return
                "The picture has stood still for \(Phrases.time(age(picture?.standsSince))): check the camera and its line "
                + "into the encoder."
        case (.frozen, .japanese):
            return "映像が\(Phrases.japanese(age(picture?.standsSince)))間止まったままです。"
                + "カメラとエンコーダーまでのケーブルを確認してください。"
        case (.flat, .english):
            return "The picture is of one colour only: check the line from the camera into the encoder."
        case (.flat, .japanese):
            return "映像が一色だけです。カメラからエンコーダーまでのケーブルを確認してください。"
        case (.silent, .english):
            return
                "The sound arrives but has been silent for \(Phrases.time(age(sound?.zeroSince))): check the microphone's "
                + "mute switch, the mixer, and the audio device in the encoder."
        case (.silent, .japanese):
            return "音声は届いていますが、\(Phrases.japanese(age(sound?.zeroSince)))間無音です。"
                + "マイクのミュート、ミキサー、エンコーダーの音声入力を確認してください。"
        case (.soundLow, .english):
            return
                "The sound has been hardly audible for \(Phrases.time(age(sound?.lowSince))): check the level at the mixer "
                + "and in the encoder."
        case (.soundLow, .japanese):
            return "音声が\(Phrases.japanese(age(sound?.lowSince)))間ほとんど聞こえません。ミキサーとエンコーダーの音量を確認してください。"
        case (.channelMissing, .english):
            let side = sound?.missingChannel == 0 ? "left" : "right"
            return "The \(side) channel has no sound: check the cable into the encoder, or set its input to mono."
        case (.channelMissing, .japanese):
            let side = sound?.missingChannel == 0 ? "左" : "右"
            return "\(side)チャンネルの音が出ていません。"
                + "エンコーダーへのケーブルを確認するか、入力をモノラルにしてください。"
        case (.clipping, .english):
            return "The sound is too loud and distorted: lower the level at the mixer or in the encoder."
        case (.clipping, .japanese):
            return "音量が大きすぎて音が割れています。ミキサーまたはエンコーダーの音量を下げてください。"
        case (.drifting, .english):
            let milliseconds = Phrases.rate(abs(inspection.drift ?? 0) * 1000)
            return
                "Sound and picture move \(milliseconds) ms apart each second by the encoder's timestamps: restart the "
                + "encoder, and check that its sample rate is that of the audio device."
        case (.drifting, .japanese):
            return "音声と映像が少しずつずれています。"
                + "エンコーダーを再起動し、サンプルレートを確認してください。"
        case (.unchecked, .english) where inspection.isPictureTooLarge:
            return
                "The picture is not checked, because it is too large for the relay's memory: raise limits.memory, or "
                + "send a smaller one."
        case (.unchecked, .japanese) where inspection.isPictureTooLarge:
            return "映像が大きすぎるため点検していません。limits.memory を増やすか、映像を小さくしてください。"
        case (.unchecked, .english) where inspection.isPictureUnreadable:
            return
                "The picture is not checked, because it cannot be decoded here: look at it in a player, and if it is "
                + "broken there, too, restart the encoder."
        case (.unchecked, .japanese) where inspection.isPictureUnreadable:
            return "映像を復号できないため点検していません。プレーヤーで確認し、乱れていればエンコーダーを再起動してください。"
        case (.unchecked, .english):
            return "Picture and sound have not been checked for \(Phrases.time(age(inspection.at)))."
        case (.unchecked, .japanese): return "映像と音声の点検が\(Phrases.japanese(age(inspection.at)))間行われていません。"
        default: return nil
        }
    }
}
