package import Contract

/// What is said of media that is left out: the relay says it in English, and with a reason from which the rest follows.
package struct OmissionSentences {
    private let omissions: [OmissionSnapshot]
    /// What viewers call the stream's formats.
    private let nouns: [String: String]

    /// Of many the first few are told.
    private static let limit = 3

    /// - Parameters:
    ///   - omissions: What is left out.
    ///   - formats: Of the stream.
    package init(_ omissions: [OmissionSnapshot] = [], formats: [FormatSnapshot]) {
        // What no viewer gets comes first.
        self.omissions = omissions.filter { $0.format == nil } + omissions.filter { $0.format != nil }
        self.nouns = Dictionary(formats.map { ($0.format, $0.noun) }) { first, _ in first }
    }

    /// What is left out, each once; nothing where nothing is.
    package func text(in language: Language) -> String {
        var sentences: [String] = []
        for omission in self.omissions {
            let sentence = self.sentence(omission, in: language)
            if !sentences.contains(sentence) { sentences.append(sentence) }
        }
        let told = sentences.prefix(Self.limit)
        let more = sentences.count - told.count
        switch language {
        case .english:
            let rest = more > 0 ? ["\(more) more \(more == 1 ? "thing is" : "things are") left out."] : []
            return (told + rest).joined(separator: " ")
        case .japanese: return told.joined() + (more > 0 ? "ほかに\(more)件が送られていません。" : "")
        }
    }

    package func sentence(_ omission: OmissionSnapshot, in language: Language) -> String {
        switch language {
        case .english: omission.sentence
        case .japanese: self.japanese(omission)
        }
    }

    private func japanese(_ omission: OmissionSnapshot) -> String {
        guard omission.part != "history" else { return self.incomplete(omission) }
        let part = ["video": "映像", "audio": "音声"][omission.part] ?? "データ"
        let what = "\(part)(\(omission.codec))"
        guard omission.part == "video" || omission.part == "audio" else {
            return "\(what)は送られません。映像と音声に影響はありません。"
        }
        let format = omission.format.map { self.nouns[$0] ?? $0.uppercased() }
        let place = format.map { "\($0)では" } ?? ""
        return switch omission.reason {
        case "unsupported_codec": "\(what)は\(place)送れないコーデックです。H.264とAACに設定してください。"
        case "unsupported_form": "\(what)は\(place)この形のままでは送れません。エンコーダーの設定を確認してください。"
        case "not_in_format": "\(what)は\(place)送れません。ほかの形式で視聴するか、エンコーダーをH.264とAACに設定してください。"
        case "too_large":
            "\(what)に limits.frame を超える大きさのものがあり、送れませんでした。"
                + "エンコーダーのビットレートを下げるか、limits.frame を増やしてください。"
        case "too_many_tracks": "\(part)のトラックが多すぎるため、\(place)一部を送れません。トラックを減らしてください。"
        case "malformed": "\(what)のデータに誤りがあり、\(place)一部を送れませんでした。続く場合はエンコーダーを再起動してください。"
        case "no_memory": "リレーのメモリーが足りず、\(what)の一部を送れませんでした。limits.memory を増やすか、ビットレートを下げてください。"
        case "too_slow": "リレーの処理が追いつかず、\(what)の一部を送れませんでした。limits.cpu を増やすか、ビットレートを下げてください。"
        default: "\(what)の一部が\(place)送られていません。"
        }
    }

    /// Of a format that viewers do not get whole; its name stands for that of the coding.
    private func incomplete(_ omission: OmissionSnapshot) -> String {
        switch omission.reason {
        case "too_large":
            "\(omission.codec)では配信の一部が欠けています。エンコーダーのビットレートかキーフレームの大きさを下げてください。"
        case "too_slow":
            "リレーの処理が追いつかず、\(omission.codec)では配信の一部が欠けています。limits.cpu を増やすか、ビットレートを下げてください。"
        default:
            "リレーのメモリーが足りず、\(omission.codec)で視聴できないか、視聴できる時間が短くなっています。"
                + "limits.memory を増やすか、window かビットレートを下げてください。"
        }
    }
}
