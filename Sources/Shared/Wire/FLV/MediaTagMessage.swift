import Media
import NIOCore

/// What a tag's body says, before it is known whether its tracks can make sense of it.
struct MediaTagMessage {
    /// One track's share of the tag.
    struct Share {
        var track: UInt8
        var coding: Coding
        var content: Content
    }

    enum Coding: Hashable {
        case known(Codec)
        case unknown(FourCC)
    }

    enum Content {
        /// A decoder configuration record.
        case configuration(ByteBuffer)
        /// An access unit; the composition time is in milliseconds.
        case accessUnit(ByteBuffer, compositionTime: Int, isKeyframe: Bool)
        /// How many channels the track has, for codings whose configuration does not tell.
        case channels(Int)
        /// Nothing that a relay carries on: an end of sequence, a colour description, a descriptor of MPEG-2 TS.
        case nothing

        /// The same, not holding the other tracks of its tag in memory.
        var detached: Content {
            switch self {
            case .configuration(let record): .configuration(record.detached)
            case .accessUnit(let bytes, let compositionTime, let isKeyframe):
                .accessUnit(bytes.detached, compositionTime: compositionTime, isKeyframe: isKeyframe)
            case .channels, .nothing: self
            }
        }
    }

    var shares: [Share]

    /// What a ModEx adds to the tag's timestamp, in nanoseconds below a millisecond.
    var nanoseconds = 0

    /// The tracks that one tag may have a share for. A share can be five bytes long, and a tag 16 MiB.
    let trackLimit: Int

    init(_ tag: FLVTag, trackLimit: Int) throws(FLVError) {
        self.trackLimit = trackLimit
        var reader = TagBodyReader(tag)
        self.shares = []
        // An empty audio message is how RTMP has always said "silence"; some encoders send empty video too.
        if reader.isAtEnd { return }
        switch tag.kind {
        case .audio: try self.readAudio(&reader)
        case .video: try self.readVideo(&reader)
        case .script: break
        }
    }
}

/// The codings FLV had of old: FLV 10.1 annexes E.4.2 and E.4.3.
extension MediaTagMessage {
    private mutating func readAudio(_ reader: inout TagBodyReader) throws(FLVError) {
        let first = try reader.byte("SoundFormat")
        switch first >> 4 {
        case 9:
            try self.readEnhancedAudio(&reader, packetType: first & 0x0F)
        case 10:
            let type = try reader.byte("AACPacketType")
            switch type {
            case 0: self.add(.aac, .configuration(reader.rest()))
            case 1: self.add(.aac, .accessUnit(reader.rest(), compositionTime: 0, isKeyframe: true))
            default: throw reader.refusal(of: Int(type), "AACPacketType")
            }
        case 2, 14:
            self.add(.mp3, .accessUnit(reader.rest(), compositionTime: 0, isKeyframe: true))
        case 7, 8:
            // 8000 samples a second, whatever SoundRate says; SoundType tells mono from stereo.
            let codec: Codec = first >> 4 == 7 ? .pcma : .pcmu
            self.add(codec, .channels(first & 1 == 0 ? 1 : 2))
            self.add(codec, .accessUnit(reader.rest(), compositionTime: 0, isKeyframe: true))
        default:
            throw .soundFormat(first >> 4)
        }
    }

    private mutating func readVideo(_ reader: inout TagBodyReader) throws(FLVError) {
        let first = try reader.byte("FrameType")
        if first & 0x80 != 0 {
            try self.readEnhancedVideo(&reader, frameType: first >> 4 & 7, packetType: first & 0x0F)
            return
        }
        // Commands of a server to a seeking player: no picture in them.
        if first >> 4 == 5 { return }
        let codec: Codec
        switch first & 0x0F {
        case 7: codec = .h264
        // Not in any specification: encoders of Chinese make sent HEVC so before there was Enhanced RTMP.
        case 12: codec = .hevc
        default: throw .videoCodec(first & 0x0F)
        }
        let type = try reader.byte("AVCPacketType")
        guard type <= 2 else { throw reader.refusal(of: Int(type), "AVCPacketType") }
        let compositionTime = try reader.signed24("CompositionTime")
        switch type {
        case 0:
            self.add(codec, .configuration(reader.rest()))
        case 1:
            self.add(
                codec,
                .accessUnit(reader.rest(), compositionTime: compositionTime, isKeyframe: Self.isKey(first >> 4))
            )
        default:
            // The end of a sequence.
            break
        }
    }

    private mutating func add(_ codec: Codec, _ content: Content) {
        self.shares.append(Share(track: 0, coding: .known(codec), content: content))
    }

    /// A key frame, or one that a server made.
    static func isKey(_ frameType: UInt8) -> Bool { frameType == 1 || frameType == 4 }
}
