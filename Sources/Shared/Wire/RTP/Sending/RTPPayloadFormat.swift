import Encodings
import Media
import NIOCore

/// How a coding is named and described in session descriptions: the registrations of its RTP payload format.
struct RTPPayloadFormat {
    var encoding: String
    var clockRate: Int
    var channels: Int?
    var parameters: FormatParameters
    /// RFC 3551 section 6, where the coding has a number of its own.
    var staticType: UInt8?

    private init(
        _ encoding: String,
        clockRate: Int,
        channels: Int? = nil,
        parameters: FormatParameters = [:],
        staticType: UInt8? = nil
    ) {
        self.encoding = encoding
        self.clockRate = clockRate
        self.channels = channels
        self.parameters = parameters
        self.staticType = staticType
    }

    static func carries(_ codec: Codec) -> Bool {
        switch codec {
        case .h264, .hevc, .av1, .vp9, .vp8, .aac, .mp3, .mp2, .opus, .ac3, .eac3, .pcmu, .pcma, .l16: true
        case .flac: false
        }
    }

    /// Nil for codings without a payload format, and where the record does not say what the description must.
    init?(_ configuration: CodecConfiguration) {
        switch configuration.codec {
        case .h264: self.init(h264: configuration.record)
        case .hevc: self.init(hevc: configuration.record)
        case .av1: self.init(av1: configuration.record)
        case .vp9: self.init("VP9", clockRate: 90_000)
        case .vp8: self.init("VP8", clockRate: 90_000)
        case .aac: self.init(aac: configuration)
        // RFC 3551 section 4.5.13: the clock is 90 kHz whatever the sampling rate is.
        case .mp3, .mp2: self.init("MPA", clockRate: 90_000, staticType: 14)
        case .opus: self.init(opus: configuration)
        case .ac3, .eac3:
            guard configuration.sampleRate > 0 else { return nil }
            let name = configuration.codec == .ac3 ? "ac3" : "eac3"
            self.init(name, clockRate: configuration.sampleRate, channels: max(configuration.channels, 1))
        case .pcmu: self.init(samples: "PCMU", configuration, staticTypes: [8000 << 8 | 1: 0])
        case .pcma: self.init(samples: "PCMA", configuration, staticTypes: [8000 << 8 | 1: 8])
        case .l16: self.init(samples: "L16", configuration, staticTypes: [44_100 << 8 | 2: 10, 44_100 << 8 | 1: 11])
        case .flac: return nil
        }
    }

    /// RFC 3551 sections 4.5.11 and 4.5.14: a tick is a sample. `staticTypes` has the numbers of some forms, by sampling
    /// rate and channels.
    private init?(samples name: String, _ configuration: CodecConfiguration, staticTypes: [Int: UInt8]) {
        let (rate, channels) = (configuration.sampleRate, max(configuration.channels, 1))
        guard rate > 0, channels < 256 else { return nil }
        self.init(
            name,
            clockRate: rate,
            channels: channels > 1 ? channels : nil,
            staticType: staticTypes[rate << 8 | channels]
        )
    }

    /// RFC 6184 section 8.1.
    private init?(h264 record: ByteBuffer) {
        guard let configuration = try? AVCDecoderConfiguration(record: record) else { return nil }
        let sets = configuration.sequenceParameterSets + configuration.pictureParameterSets
        let profile = [configuration.profile, configuration.constraints, configuration.level]
        self.init(
            "H264",
            clockRate: 90_000,
            parameters: [
                "packetization-mode": "1", "profile-level-id": Hexadecimal.encode(profile, uppercase: true),
                "sprop-parameter-sets": sets.map(Self.base64).joined(separator: ","),
            ]
        )
    }

    /// RFC 7798 section 7.1.
    private init?(hevc record: ByteBuffer) {
        guard let configuration = try? HEVCDecoderConfiguration(record: record) else { return nil }
        let general = configuration.profileTierLevel
        var parameters: FormatParameters = [
            "profile-space": "\(general.profileSpace)", "profile-id": "\(general.profile)",
            "tier-flag": general.isHighTier ? "1" : "0", "level-id": "\(general.level)",
        ]
        for (name, kind) in [("sprop-vps", 32), ("sprop-sps", 33), ("sprop-pps", 34)] as [(String, UInt8)] {
            let sets = configuration.parameterSets.filter { $0.kind == kind }.map { Self.base64($0.nalUnit) }
            if !sets.isEmpty { parameters[name] = sets.joined(separator: ",") }
        }
        self.init("H265", clockRate: 90_000, parameters: parameters)
    }

    /// RTP payload format for AV1, section 7.2.
    private init(av1 record: ByteBuffer) {
        let configuration = try? AV1CodecConfiguration(record: record)
        self.init(
            "AV1",
            clockRate: 90_000,
            parameters: configuration.map {
                ["profile": "\($0.profile)", "level-idx": "\($0.level)", "tier": $0.isHighTier ? "1" : "0"]
            } ?? [:]
        )
    }

    /// RFC 3640 sections 3.3.6 and 4.1.
    private init?(aac configuration: CodecConfiguration) {
        guard configuration.sampleRate > 0, configuration.record.readableBytes > 0 else { return nil }
        let record = Hexadecimal.encode(configuration.record.readableBytesView, uppercase: true)
        self.init(
            "MPEG4-GENERIC",
            clockRate: configuration.sampleRate,
            channels: max(configuration.channels, 1),
            parameters: [
                "streamtype": "5", "profile-level-id": "1", "mode": "AAC-hbr", "sizelength": "13", "indexlength": "3",
                "indexdeltalength": "3", "config": record,
            ]
        )
    }

    /// RFC 7587 section 7: always 48000 and two channels, whatever is in it. More channels have no registration.
    private init?(opus configuration: CodecConfiguration) {
        guard configuration.channels <= 2 else { return nil }
        self.init(
            "opus",
            clockRate: 48_000,
            channels: 2,
            parameters: configuration.channels == 2 ? ["sprop-stereo": "1"] : [:]
        )
    }

    private static func base64(_ bytes: ByteBuffer) -> String { Base64.encode(Array(bytes.readableBytesView)) }
}
