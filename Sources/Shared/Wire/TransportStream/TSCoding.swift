import Media
import NIOCore

/// How a track of a transport stream is coded, and framed.
enum TSCoding: Hashable, Sendable, Codable {
    case h264, hevc
    case adts, latm, mpegAudio, ac3, eac3
    case opus(channels: Int)

    var kind: TrackKind {
        switch self {
        case .h264, .hevc: .video
        case .adts, .latm, .mpegAudio, .ac3, .eac3, .opus: .audio
        }
    }

    /// Whether tables can have told of it, for one that anybody may have written.
    var isPlausible: Bool {
        if case .opus(let channels) = self { (1...8).contains(channels) } else { true }
    }

    /// From the stream type (ISO/IEC 13818-1 table 2-34, ATSC A/52 annex A) and, where that says "private", from the
    /// descriptors (ETSI EN 300 468 annex D, and the registrations of SMPTE RA). Nil for what cannot be carried.
    init?(type: UInt8, descriptors: ByteBuffer) {
        switch type {
        case 0x03, 0x04: self = .mpegAudio
        case 0x0F: self = .adts
        case 0x11: self = .latm
        case 0x1B: self = .h264
        case 0x24: self = .hevc
        case 0x81: self = .ac3
        case 0x87: self = .eac3
        case 0x06: self.init(descriptors)
        default: return nil
        }
    }

    private init?(_ descriptors: ByteBuffer) {
        var bytes = descriptors
        var isOpus = false
        var opusChannels: Int?
        while let tag = bytes.readInteger(as: UInt8.self), let length = bytes.readInteger(as: UInt8.self),
            let body = bytes.readSlice(length: Int(length))
        {
            switch tag {
            case 0x6A:
                self = .ac3
                return
            case 0x7A:
                self = .eac3
                return
            case 0x05:
                switch body.getString(at: body.readerIndex, length: 4) {
                case "HEVC":
                    self = .hevc
                    return
                case "AC-3":
                    self = .ac3
                    return
                case "EAC3":
                    self = .eac3
                    return
                case "Opus": isOpus = true
                default: break
                }
            // Opus in MPEG-TS (ETSI TS draft of the Opus project): channel_config_code behind extension 0x80.
            case 0x7F where body.getInteger(at: body.readerIndex, as: UInt8.self) == 0x80:
                let code = body.getInteger(at: body.readerIndex + 1, as: UInt8.self) ?? 2
                opusChannels = code == 0 ? 2 : Int(code)
            default: break
            }
        }
        guard isOpus, let channels = Optional(opusChannels ?? 2), (1...8).contains(channels) else { return nil }
        self = .opus(channels: channels)
    }
}
