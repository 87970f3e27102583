internal import Media
internal import NIOCore

extension PacketRecord {
    /// Reads a record that a tape of this version wrote, nil when the bytes are not one.
    init?(reading buffer: ByteBuffer) {
        var bytes = buffer
        guard let kind: UInt8 = bytes.readInteger(), let trackKind: UInt8 = bytes.readInteger(),
            let trackIndex: UInt8 = bytes.readInteger(), let codecNumber: UInt8 = bytes.readInteger(),
            let flags: UInt16 = bytes.readInteger(endianness: .little),
            let marks: UInt16 = bytes.readInteger(endianness: .little),
            let first: UInt64 = bytes.readInteger(endianness: .little),
            let second: UInt64 = bytes.readInteger(endianness: .little),
            let length: UInt32 = bytes.readInteger(endianness: .little),
            let _: UInt32 = bytes.readInteger(endianness: .little), let kindOfTrack = TrackKind(rawValue: trackKind)
        else { return nil }
        let track = TrackID(kindOfTrack, trackIndex)
        let known = Marks(rawValue: marks)
        self.isJoin = known.contains(.join)
        self.isRepeat = known.contains(.repeated)
        if known.contains(.segment) {
            guard let number: UInt64 = bytes.readInteger(endianness: .little),
                let discontinuity: UInt64 = bytes.readInteger(endianness: .little),
                let wallClock: Int64 = bytes.readInteger(endianness: .little)
            else { return nil }
            self.segment = SegmentMark(number: number, discontinuity: discontinuity, wallClock: wallClock)
        }
        guard let payload = bytes.readSlice(length: Int(length)) else { return nil }
        switch kind {
        case 1:
            self.event = .packet(
                Packet(
                    track: track,
                    pts: MediaTime(microseconds: Int64(bitPattern: first)),
                    dts: MediaTime(microseconds: Int64(bitPattern: second)),
                    flags: PacketFlags(rawValue: flags),
                    payload: payload
                )
            )
        case 2:
            guard let codec = Codec(tapeNumber: codecNumber) else { return nil }
            var configuration = CodecConfiguration(codec: codec, record: payload)
            configuration.sampleRate = Int(first & 0xffff_ffff)
            configuration.channels = Int(first >> 32)
            configuration.width = Int(second & 0xffff_ffff)
            configuration.height = Int(second >> 32)
            self.event = .configuration(track, configuration)
        default:
            return nil
        }
    }
}

extension Codec {
    /// The number that stands for the codec on tapes. Never changed: a tape outlives the program that wrote it.
    var tapeNumber: UInt8 {
        switch self {
        case .h264: 1
        case .hevc: 2
        case .av1: 3
        case .vp9: 4
        case .vp8: 5
        case .aac: 32
        case .mp3: 33
        case .opus: 34
        case .flac: 35
        case .ac3: 36
        case .eac3: 37
        case .pcmu: 38
        case .pcma: 39
        case .l16: 40
        case .mp2: 41
        }
    }

    init?(tapeNumber: UInt8) {
        guard let codec = Codec.allCases.first(where: { $0.tapeNumber == tapeNumber }) else { return nil }
        self = codec
    }
}
