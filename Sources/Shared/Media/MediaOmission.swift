/// Something of a stream's media that is left out, and why: at the source for every viewer, or by one wire format.
package struct MediaOmission: Hashable, Sendable {
    package enum Part: String, Hashable, Sendable {
        case video, audio, data
        /// The oldest seconds of what is kept for viewers.
        case history
    }

    /// The raw values stand in reports: they never change.
    package enum Reason: String, Hashable, Sendable, CaseIterable {
        /// A coding that the relay does not know or carry.
        case unsupportedCodec = "unsupported_codec"
        /// A coding that it carries, in a form that it does not.
        case unsupportedForm = "unsupported_form"
        /// A coding that the wire format has no place for; other formats carry it.
        case notInFormat = "not_in_format"
        case tooLarge = "too_large"
        case tooManyTracks = "too_many_tracks"
        /// Bytes that break the coding's or the container's rules.
        case malformed
        /// The relay's memory has no room for it.
        case noMemory = "no_memory"
        /// The relay does not keep up with the stream.
        case tooSlow = "too_slow"

        /// Whether it is true of every packet for as long as the source stays as it is.
        package var lasts: Bool {
            switch self {
            case .unsupportedCodec, .unsupportedForm, .notInFormat, .tooManyTracks: true
            case .tooLarge, .malformed, .noMemory, .tooSlow: false
            }
        }
    }

    package var part: Part

    /// As people know it: `H.264`, `AAC-LD`, `Nellymoser`.
    package var codec: String

    package var reason: Reason

    /// One sentence for a person: what is left out, and what to set instead. It holds no key and no address.
    package var sentence: String

    package init(_ part: Part, codec: String, reason: Reason, sentence: String) {
        self.part = part
        self.codec = codec
        self.reason = reason
        self.sentence = sentence
    }
}

extension MediaOmission {
    /// A track that a wire format leaves out.
    ///
    /// - Parameters:
    ///   - format: what people call the format.
    ///   - track: which of the stream's tracks.
    ///   - configuration: how it is coded.
    ///   - reason: the kind of obstacle.
    ///   - cause: words on why, where the coding's name does not say it.
    ///   - remedy: what to do about it, as an order.
    package init(
        notIn format: String,
        _ track: TrackID,
        _ configuration: CodecConfiguration,
        reason: Reason = .notInFormat,
        because cause: String? = nil,
        instead remedy: String
    ) {
        let what = track.kind == .video ? "The picture" : "The sound"
        let number = track.index > 0 ? " of track \(Int(track.index) + 1)" : ""
        let why = cause.map { ": \($0)" } ?? ""
        self.init(
            track.kind == .video ? .video : .audio,
            codec: configuration.name,
            reason: reason,
            sentence: "\(what)\(number) (\(configuration.name)) cannot be carried in \(format)\(why); \(remedy)."
        )
    }
}
