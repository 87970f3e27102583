package import Media
import NIOCore

/// `onMetaData`: FLV 10.1 annex E.5 and "Enhancing onMetaData" of Enhanced RTMP v2.
extension MediaTagEncoder {
    /// The script tag that tells players what is coming, from the configurations alone: what publishers say of
    /// themselves is too often wrong.
    package func metadata(_ tracks: [TrackID: CodecConfiguration], at time: MediaTime = .zero) -> FLVTag {
        let tracks = tracks.filter { Self.form($0.key, $0.value) != nil }
        var object: AMFObject = [:]
        if let video = tracks[.video] { Self.describe(video: video, of: .video, in: &object) }
        if let audio = tracks[.audio] { Self.describe(audio: audio, of: .audio, in: &object) }
        object["encoder"] = "Transponder"
        for (name, kind) in [("videoTrackIdInfoMap", TrackKind.video), ("audioTrackIdInfoMap", .audio)] {
            var map: AMFObject = [:]
            for (track, configuration) in tracks.sorted(by: { $0.key < $1.key })
            where track.kind == kind && track.index > 0 {
                var description: AMFObject = [:]
                switch kind {
                case .video: Self.describe(video: configuration, of: track, in: &description)
                case .audio: Self.describe(audio: configuration, of: track, in: &description)
                }
                map["\(track.index)"] = .object(description)
            }
            if !map.properties.isEmpty { object[name] = .object(map) }
        }
        return FLVTag(
            kind: .script,
            timestamp: Self.timestamp(time),
            body: AMF0Encoder.encode("onMetaData", .ecmaArray(object))
        )
    }

    private static func describe(
        video configuration: CodecConfiguration,
        of track: TrackID,
        in object: inout AMFObject
    ) {
        if configuration.width > 0, configuration.height > 0 {
            object["width"] = .number(Double(configuration.width))
            object["height"] = .number(Double(configuration.height))
        }
        if let rate = configuration.frameRate { object["framerate"] = .number(rate) }
        object["videocodecid"] = .number(Self.codecID(track, configuration))
    }

    private static func describe(
        audio configuration: CodecConfiguration,
        of track: TrackID,
        in object: inout AMFObject
    ) {
        // The specification's example names the properties of the other tracks so, and the default's of old.
        let isDefault = track.index == 0
        if configuration.sampleRate > 0 {
            object[isDefault ? "audiosamplerate" : "samplerate"] = .number(Double(configuration.sampleRate))
        }
        if configuration.channels > 0 {
            object["stereo"] = .boolean(configuration.channels >= 2)
            object[isDefault ? "audiochannels" : "channels"] = .number(Double(configuration.channels))
        }
        object["audiocodecid"] = .number(Self.codecID(track, configuration))
    }

    /// CodecID or SoundFormat for what goes out as of old, the FourCC as a number for the rest.
    private static func codecID(_ track: TrackID, _ configuration: CodecConfiguration) -> Double {
        switch (Self.form(track, configuration), configuration.codec) {
        case (.legacy, .h264): 7
        case (.legacy, .aac): 10
        case (.legacy, .mp3): configuration.sampleRate == 8000 ? 14 : 2
        case (.legacy, .pcma): 7
        case (.legacy, .pcmu): 8
        case (_, _): Double(FourCC(configuration.codec)?.value ?? 0)
        }
    }
}
