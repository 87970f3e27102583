package import Contract

/// What is said of figures that are not as expected: one place for both languages.
package enum ExpectationSentences {
    /// - Parameters:
    ///   - fault: What is not as it should be; one of figures.
    ///   - measured: How it is, in words.
    ///   - expected: How it should be, or was.
    ///   - language: Of the sentence.
    /// - Returns: The sentence; nothing of a fault that is none of figures.
    package static func sentence(
        _ fault: StreamFault,
        measured: String,
        expected: String = "",
        in language: Language = .english
    ) -> String {
        switch (fault, language) {
        case (.bitrateLow, .english):
            "The stream has \(measured) where at least \(expected) is expected: raise the encoder's bitrate, and check its line."
        case (.bitrateLow, .japanese):
            "ビットレートが\(measured)です(想定は\(expected)以上)。エンコーダーの設定と回線を確認してください。"
        case (.bitrateHigh, .english):
            "The stream has \(measured) where at most \(expected) is expected: lower the encoder's bitrate."
        case (.bitrateHigh, .japanese):
            "ビットレートが\(measured)です(想定は\(expected)以下)。エンコーダーのビットレートを下げてください。"
        case (.frameRateLow, .english):
            "Only \(measured) pictures a second come where at least \(expected) are expected: the encoder is overloaded, or set "
                + "to another rate."
        case (.frameRateLow, .japanese):
            "映像が毎秒\(measured)コマしか届いていません(想定は\(expected)コマ以上)。エンコーダーの負荷と設定を確認してください。"
        case (.frameRateHigh, .english):
            "\(measured) pictures a second come where at most \(expected) are expected: check the encoder's frame rate."
        case (.frameRateHigh, .japanese):
            "映像が毎秒\(measured)コマ届いています(想定は\(expected)コマ以下)。エンコーダーのフレームレートを確認してください。"
        case (.sizeUnexpected, .english):
            "The picture is \(measured) where \(expected) is expected: check the size that the encoder sends."
        case (.sizeUnexpected, .japanese):
            "映像の大きさが\(measured)です(想定は\(expected))。エンコーダーの出力サイズを確認してください。"
        case (.inputSlow, .english):
            "Only \(measured) s of media come in each second, so that viewers run dry: the encoder is overloaded, or its line "
                + "too slow."
        case (.inputSlow, .japanese):
            "映像と音声が実時間の\(measured)倍の速さでしか届いていません。エンコーダーの負荷と回線を確認してください。"
        case (.inputFast, .english):
            "\(measured) s of media come in each second, so that viewers fall behind or skip: have the encoder send in real time "
                + "(-re in ffmpeg), and check its clock."
        case (.inputFast, .japanese):
            "映像と音声が実時間の\(measured)倍の速さで届いています。エンコーダーが実時間で送っているか確認してください。"
        case (.keyframesRare, .english):
            "The picture has a keyframe only every \(measured): newcomers wait that long; set the encoder's keyframe interval to "
                + "\(expected)."
        case (.keyframesRare, .japanese):
            "キーフレームの間隔が\(measured)あり、新しい視聴者はその間待たされます。"
                + "エンコーダーのキーフレーム間隔を\(expected)に設定してください。"
        case (.formatChanged, .english): "The stream changed from \(expected) to \(measured) while it was on air."
        case (.formatChanged, .japanese): "配信中に\(expected)から\(measured)に変わりました。"
        default: ""
        }
    }

    /// What of a format another does not have.
    static func format(_ format: StreamMemory.Format, beside other: StreamMemory.Format) -> String {
        var parts: [String] = []
        if let video = format.video, video != other.video { parts.append(video) }
        if let size = format.size, size != other.size { parts.append("\(size)") }
        if let audio = format.audio, audio != other.audio { parts.append(audio) }
        return parts.joined(separator: ", ")
    }
}
