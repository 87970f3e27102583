/// The codings that FLV had a number for before Enhanced RTMP and that the relay does not carry, as people know them.
enum LegacyCoding {
    /// SoundFormat: FLV 10.1 annex E.4.2.1.
    static func audio(_ format: UInt8) -> String {
        switch format {
        case 0, 3: "PCM"
        case 1: "ADPCM"
        case 4, 5, 6: "Nellymoser"
        case 11: "Speex"
        case 15: "device-specific sound"
        default: "sound format \(format)"
        }
    }

    /// CodecID: FLV 10.1 annex E.4.3.1; 8 and 9 are FFmpeg's.
    static func video(_ id: UInt8) -> String {
        switch id {
        case 1: "JPEG"
        case 2: "Sorenson H.263"
        case 3: "Screen Video"
        case 4, 5: "VP6"
        case 6: "Screen Video 2"
        case 8: "H.263"
        case 9: "MPEG-4 Part 2"
        default: "video codec \(id)"
        }
    }
}
