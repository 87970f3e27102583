package import Media
import NIOCore

/// Makes audio and video tags of a stream, in the form that the most players understand.
///
/// H.264, AAC, MP3 and G.711 on the default tracks go out as FLV has always had them; all else as Enhanced RTMP v2, and
/// tracks beside the default ones as multitrack messages of one track. Players that know none of these do not pass over
/// them: ffmpeg 5.1 and mpv take them for a track of their own and play nothing, so a caller sends them to nobody who has
/// not said that it knows them.
package struct MediaTagEncoder: Sendable {
    package init() {}

    /// The tag that says from `time` on the stream's clock how the track is coded; nil for codings whose access units
    /// say it themselves.
    package func configuration(
        _ track: TrackID,
        _ configuration: CodecConfiguration,
        at time: MediaTime
    ) -> FLVTagParts? {
        guard configuration.record.readableBytes > 0, let form = Self.form(track, configuration) else { return nil }
        var header = ByteBuffer()
        switch form {
        case .legacy where configuration.codec == .h264:
            header.writeInteger(UInt32(0x1700_0000))
            header.writeInteger(UInt8(0))
        case .legacy:
            header.writeInteger(UInt16(0xAF00))
        case .enhanced:
            header = Self.enhanced(
                track,
                configuration.codec,
                frameType: 1,
                packetType: Self.sequenceStart,
                compositionTime: nil
            )
        }
        return FLVTagParts(
            kind: Self.kind(track),
            timestamp: Self.timestamp(time),
            header: header,
            payload: configuration.record
        )
    }

    /// The tag of an access unit; nil when its composition time does not fit into the 24 bits that there are, or FLV has no
    /// form for the track.
    package func packet(_ packet: Packet, _ configuration: CodecConfiguration) -> FLVTagParts? {
        // The difference of the rounded times, not the rounded difference: what a player adds up is then the
        // presentation time, rounded down like everything else.
        let compositionTime = packet.pts.milliseconds - packet.dts.milliseconds
        guard compositionTime >= -0x80_0000, compositionTime < 0x80_0000 else { return nil }
        guard let form = Self.form(packet.track, configuration) else { return nil }
        let isKeyframe = packet.flags.contains(.keyframe)
        var header: ByteBuffer
        switch (form, configuration.codec) {
        case (.legacy, .h264):
            let time = UInt32(truncatingIfNeeded: compositionTime) & 0xFF_FFFF
            header = ByteBuffer()
            header.writeInteger((isKeyframe ? 0x1701_0000 : 0x2701_0000) | time >> 8)
            header.writeInteger(UInt8(truncatingIfNeeded: time))
        case (.legacy, .mp3):
            header = ByteBuffer(integer: Self.soundFlags(mp3: configuration))
        case (.legacy, .pcma), (.legacy, .pcmu):
            let format: UInt8 = configuration.codec == .pcma ? 0x72 : 0x82
            header = ByteBuffer(integer: format | (configuration.channels == 1 ? 0 : 1))
        case (.legacy, _):
            header = ByteBuffer(integer: UInt16(0xAF01))
        case (.enhanced, .h264), (.enhanced, .hevc):
            header = Self.enhanced(
                packet.track,
                configuration.codec,
                frameType: isKeyframe ? 1 : 2,
                packetType: compositionTime == 0 ? Self.codedFramesX : Self.codedFrames,
                compositionTime: compositionTime == 0 ? nil : compositionTime
            )
        case (.enhanced, _):
            header = Self.enhanced(
                packet.track,
                configuration.codec,
                frameType: isKeyframe ? 1 : 2,
                packetType: Self.codedFrames,
                compositionTime: nil
            )
        }
        return FLVTagParts(
            kind: Self.kind(packet.track),
            timestamp: Self.timestamp(packet.dts),
            header: header,
            payload: packet.payload
        )
    }

    /// A time as FLV has it: whole milliseconds, rounded down, modulo 2³².
    package static func timestamp(_ time: MediaTime) -> UInt32 {
        UInt32(truncatingIfNeeded: time.milliseconds)
    }

    // MARK: - Forms

    /// Why FLV and RTMP cannot carry the track; nil where they can.
    package static func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        guard Self.form(track, configuration) == nil else { return nil }
        let isAtOtherRate = [.pcmu, .pcma].contains(configuration.codec) && track.index == 0
        return MediaOmission(
            notIn: "FLV and RTMP",
            track,
            configuration,
            reason: isAtOtherRate ? .unsupportedForm : .notInFormat,
            because: isAtOtherRate ? "it has one or two channels of 8000 samples a second there" : nil,
            instead: "send AAC, or play it by RTSP"
        )
    }

    /// Whether the coding has a form that FLV has always had, for a default track.
    package static func isLegacy(_ configuration: CodecConfiguration) -> Bool {
        let track: TrackID = configuration.codec.kind == .video ? .video : .audio
        return Self.form(track, configuration) == .legacy
    }

    enum Form {
        case legacy
        case enhanced
    }

    /// Nil for what FLV cannot say: L16, MPEG audio of layer II, and G.711 beside the default track or at another rate than 8000.
    static func form(_ track: TrackID, _ configuration: CodecConfiguration) -> Form? {
        switch configuration.codec {
        case .h264, .aac, .mp3: track.index == 0 ? .legacy : .enhanced
        case .pcmu, .pcma:
            track.index == 0 && configuration.sampleRate == 8000 && (1...2).contains(configuration.channels)
                ? .legacy : nil
        case .hevc, .av1, .vp9, .vp8, .opus, .flac, .ac3, .eac3: .enhanced
        case .l16, .mp2: nil
        }
    }

    private static let sequenceStart: UInt8 = 0
    private static let codedFrames: UInt8 = 1
    private static let codedFramesX: UInt8 = 3

    private static func kind(_ track: TrackID) -> FLVTag.Kind { track.kind == .video ? .video : .audio }

    /// "Enhanced Audio" and "Enhanced Video": the header as far as the payload.
    private static func enhanced(
        _ track: TrackID,
        _ codec: Codec,
        frameType: UInt8,
        packetType: UInt8,
        compositionTime: Int64?
    ) -> ByteBuffer {
        var header = ByteBuffer()
        let first: UInt8 = track.kind == .video ? 0x80 | frameType << 4 : 0x90
        if track.index == 0 {
            header.writeInteger(first | packetType)
            header.writeInteger(FourCC(codec)?.value ?? 0)
        } else {
            header.writeInteger(first | (track.kind == .video ? 6 : 5))
            header.writeInteger(packetType)  // multitrackType 0: one track
            header.writeInteger(FourCC(codec)?.value ?? 0)
            header.writeInteger(track.index)
        }
        if let compositionTime {
            let time = UInt32(truncatingIfNeeded: compositionTime)
            header.writeInteger(UInt8(truncatingIfNeeded: time >> 16))
            header.writeInteger(UInt16(truncatingIfNeeded: time))
        }
        return header
    }

    /// SoundFormat, SoundRate, SoundSize, SoundType: FLV 10.1 annex E.4.2.1. Decoders take the rate from the frames.
    private static func soundFlags(mp3 configuration: CodecConfiguration) -> UInt8 {
        let stereo: UInt8 = configuration.channels == 1 ? 0 : 1
        switch configuration.sampleRate {
        case 8000: return 0xE2 | stereo
        case 11025, 12000: return 0x26 | stereo
        case 16000, 22050, 24000: return 0x2A | stereo
        default: return 0x2E | stereo
        }
    }
}
