import Media
import NIOCore

/// A track of a programme whose coding is not relayed.
struct TSForeignTrack: Hashable, Sendable, Codable {
    /// ISO/IEC 13818-1 table 2-34.
    let type: UInt8

    /// `format_identifier` of its registration descriptors (section 2.6.8), and the tags of its others.
    private var registrations: Set<UInt32> = []
    private var tags: Set<UInt8> = []

    init(type: UInt8, descriptors: ByteBuffer) {
        self.type = type
        var bytes = descriptors
        while let tag = bytes.readInteger(as: UInt8.self), let length = bytes.readInteger(as: UInt8.self),
            let body = bytes.readSlice(length: Int(length))
        {
            self.tags.insert(tag)
            guard tag == 0x05, let four = body.getInteger(at: body.readerIndex, as: UInt32.self) else { continue }
            self.registrations.insert(four)
        }
    }

    /// What is left out with the track, where it is a picture or sound; tracks of data are left out silently.
    var omission: MediaOmission? {
        guard let (part, codec) = self.coding else { return nil }
        let (noun, remedy) =
            part == .video
            ? ("picture", "set the encoder's video to H.264 or HEVC")
            : ("sound", "set the encoder's audio to AAC, Opus, AC-3 or MP2")
        return MediaOmission(
            part,
            codec: codec,
            reason: .unsupportedCodec,
            sentence: "The \(noun) is left out because its coding, \(codec), is not relayed: \(remedy)."
        )
    }

    /// From the stream type, and where that says "private" from the registrations of SMPTE RA and the descriptors of ETSI
    /// EN 300 468 section 6.1.
    private var coding: (part: MediaOmission.Part, name: String)? {
        for (code, part, name) in Self.registered where self.registrations.contains(code) { return (part, name) }
        switch self.type {
        case 0x01: return (.video, "MPEG-1 video")
        case 0x02: return (.video, "MPEG-2 video")
        case 0x10: return (.video, "MPEG-4 Visual")
        case 0x21: return (.video, "JPEG 2000")
        case 0x32: return (.video, "JPEG XS")
        case 0x33: return (.video, "VVC")
        case 0x42, 0xD2, 0xD4: return (.video, "AVS")
        case 0xD1: return (.video, "Dirac")
        case 0xEA: return (.video, "VC-1")
        case 0x1C: return (.audio, "AAC without a header")
        case 0x2D, 0x2E: return (.audio, "MPEG-H 3D Audio")
        // Of discs, as cameras record; some of the numbers mean other things elsewhere, which are no pictures.
        case 0x83: return (.audio, "TrueHD")
        case 0x82, 0x85, 0x8A: return (.audio, "DTS")
        case 0x06 where self.tags.contains(0x7B): return (.audio, "DTS")
        default: return nil
        }
    }

    private static let registered: [(UInt32, MediaOmission.Part, String)] = [
        (0x4156_3031, .video, "AV1"), (0x5656_4320, .video, "VVC"), (0x5643_2D31, .video, "VC-1"),
        (0x6472_6163, .video, "Dirac"), (0x4253_5344, .audio, "SMPTE 302M"), (0x4454_5331, .audio, "DTS"),
        (0x4454_5332, .audio, "DTS"), (0x4454_5333, .audio, "DTS"), (0x4143_2D34, .audio, "AC-4"),
    ]
}

extension MediaOmission {
    /// A track beyond those that are taken of one source.
    static func tooManyTracks(_ kind: TrackKind, limit: Int) -> MediaOmission {
        MediaOmission(
            kind == .video ? .video : .audio,
            codec: "tracks",
            reason: .tooManyTracks,
            sentence: "A track of \(kind == .video ? "picture" : "sound") is left out because the source has more than "
                + "\(limit)."
        )
    }

    /// A track that the sender encrypts (ISO/IEC 13818-1 section 2.4.3.3, `transport_scrambling_control`).
    static func encrypted(_ kind: TrackKind) -> MediaOmission {
        MediaOmission(
            kind == .video ? .video : .audio,
            codec: "encrypted",
            reason: .unsupportedForm,
            sentence:
                "The \(kind == .video ? "picture" : "sound") is left out because it is encrypted: have the transport "
                + "stream sent without conditional access."
        )
    }
}
