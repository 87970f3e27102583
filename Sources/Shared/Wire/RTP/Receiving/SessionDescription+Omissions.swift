package import Media

extension SessionDescription {
    /// The pictures and the sound that an ``RTPReceiver`` of the description leaves out, and why.
    package var omissions: [MediaOmission] {
        var received = 0
        return self.media.compactMap { medium in
            guard let part = MediaOmission.Part(rawValue: medium.kind), part != .data else { return nil }
            let noun = part == .video ? "picture" : "sound"
            guard medium.isRTP, !medium.isEncrypted else {
                let form = medium.isEncrypted ? "encrypted (SRTP)" : "not sent as RTP"
                return MediaOmission(
                    part,
                    codec: medium.codecNames,
                    reason: .unsupportedForm,
                    sentence: "The \(noun) is left out because it is \(form): have it sent as plain RTP/AVP."
                )
            }
            guard medium.encodings.contains(where: { $0.content != nil }) else {
                let better = part == .video ? "H.264, HEVC, AV1, VP8 or VP9" : "AAC, Opus, AC-3, MP2 or G.711"
                return MediaOmission(
                    part,
                    codec: medium.codecNames,
                    reason: .unsupportedCodec,
                    sentence:
                        "The \(noun) is left out because its coding, \(medium.codecNames), is not understood: send "
                        + "\(better)."
                )
            }
            received += 1
            guard received > RTPLimits.tracks else { return nil }
            return MediaOmission(
                part,
                codec: medium.codecNames,
                reason: .tooManyTracks,
                sentence: "A track of \(noun) is left out because the source has more than \(RTPLimits.tracks)."
            )
        }
    }
}

extension MediaDescription {
    /// The names of its encodings for a person, of what peers write only letters, digits and a few marks; payload types
    /// where nothing names them.
    fileprivate var codecNames: String {
        let names = self.encodings.map(\.name) + self.unexplainedNames
        let readable = names.prefix(4).map { name in
            String(name.unicodeScalars.filter { Self.marks.contains($0) }.prefix(32))
        }.filter { !$0.isEmpty }
        return readable.isEmpty ? "an unnamed coding" : readable.joined(separator: ", ")
    }

    private static let marks = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.+ ".unicodeScalars)

    private var unexplainedNames: [String] {
        self.encodings.isEmpty ? self.formats.map { "payload type \($0)" } : []
    }
}
