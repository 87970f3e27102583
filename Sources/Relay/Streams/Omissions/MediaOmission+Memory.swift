import Contract
import Media
import NIOCore
import Tape

/// What is left out because of its size, or for want of memory, in words.
extension MediaOmission {
    /// A frame above `limits.frame`.
    static func tooLarge(_ packet: SourcePacket, _ codec: Codec?, _ limits: LimitsSpec) -> MediaOmission {
        MediaOmission(
            packet.track.kind == .video ? .video : .audio,
            codec: codec?.commonName ?? "unknown",
            reason: .tooLarge,
            sentence:
                "\(packet.noun) is larger than limits.frame (\(ByteText.setting(limits.frame))); lower the bitrate "
                + "or the keyframe size of the encoder, or raise limits.frame."
        )
    }

    /// A frame that the stream's tape did not take.
    static func untaken(
        _ packet: SourcePacket,
        _ codec: Codec?,
        _ error: TapeError,
        _ limits: LimitsSpec
    ) -> MediaOmission {
        if case .recordTooLarge = error { return .tooLarge(packet, codec, limits) }
        return MediaOmission(
            packet.track.kind == .video ? .video : .audio,
            codec: codec?.commonName ?? "unknown",
            reason: .noMemory,
            sentence: "\(packet.noun) finds no room: the relay's live streams fill limits.memory "
                + "(\(ByteText.setting(limits.memory))); raise it, or lower the bitrate."
        )
    }

    /// A format that viewers want and that no memory is left for.
    static func unopened(_ format: WireFormat, _ limits: LimitsSpec) -> MediaOmission {
        MediaOmission(
            .history,
            codec: format.noun,
            reason: .noMemory,
            sentence: "Nobody can watch by \(format.noun): the relay's live streams fill limits.memory "
                + "(\(ByteText.setting(limits.memory))); raise it, or lower window or the bitrate."
        )
    }

    /// A tape of a format that takes less than it is sent.
    static func unwritten(_ format: WireFormat, _ error: TapeError, _ limits: LimitsSpec) -> MediaOmission {
        var reason = Reason.tooLarge
        if case .noMemory = error { reason = .noMemory }
        return MediaOmission(
            .history,
            codec: format.noun,
            reason: reason,
            sentence:
                "Some of the stream is missing by \(format.noun): \(error); raise limits.memory, or lower the bitrate "
                + "or the keyframe size of the encoder."
        )
    }

    /// A format that is not muxed as fast as the stream comes.
    static func overrun(_ format: WireFormat) -> MediaOmission {
        MediaOmission(
            .history,
            codec: format.noun,
            reason: .tooSlow,
            sentence:
                "Some of the stream is missing by \(format.noun): the relay had no time to write it for so long that it was "
                + "overwritten; raise limits.cpu, or lower the bitrate."
        )
    }

    /// Fewer seconds than are meant to be kept.
    static func short(_ format: WireFormat, _ shortfall: TapeShortfall, _ limits: LimitsSpec) -> MediaOmission {
        let (kept, wanted) = (shortfall.kept / 1_000_000, shortfall.wanted / 1_000_000)
        let cause =
            shortfall.isRefused
            ? "the relay's streams fill limits.memory (\(ByteText.setting(limits.memory))); raise it"
            : "its tape is as large as limits.tape (\(ByteText.setting(limits.tape))) allows; raise that"
        return MediaOmission(
            .history,
            codec: format.noun,
            reason: .noMemory,
            sentence:
                "Only \(kept) of \(wanted) seconds are kept for \(format.noun), because \(cause), or lower window, the "
                + "bitrate or the keyframe interval."
        )
    }
}

extension SourcePacket {
    /// `A picture of 2.2 MB`.
    fileprivate var noun: String {
        let noun =
            switch self.track.kind {
            case .video: "picture"
            case .audio: "sound"
            }
        return "A \(noun) of \(ByteText.size(self.payload.readableBytes))"
    }
}

extension Codec {
    /// As people know it.
    fileprivate var commonName: String {
        switch self {
        case .h264: "H.264"
        case .hevc: "H.265"
        case .av1, .vp9, .vp8, .aac, .mp3, .mp2, .flac, .pcmu, .pcma, .l16: self.rawValue.uppercased()
        case .opus: "Opus"
        case .ac3: "AC-3"
        case .eac3: "E-AC-3"
        }
    }
}

/// Sizes in words.
enum ByteText {
    /// As one is measured: `2.2 MB`, `64 kB`.
    static func size(_ bytes: Int) -> String {
        guard bytes >= 1_000_000 else { return "\(max(bytes, 0) / 1000) kB" }
        let tenths = bytes / 100_000
        return "\(tenths / 10).\(tenths % 10) MB"
    }

    /// As one is set: `8MiB`.
    static func setting(_ bytes: Int) -> String {
        if bytes % (1 << 30) == 0 { return "\(bytes >> 30)GiB" }
        if bytes % (1 << 20) == 0 { return "\(bytes >> 20)MiB" }
        if bytes % (1 << 10) == 0 { return "\(bytes >> 10)KiB" }
        return "\(bytes)"
    }
}
