package import NIOCore

package enum TrackKind: UInt8, Hashable, Sendable, Comparable, Codable {
    case video = 0
    case audio = 1

    package static func < (left: TrackKind, right: TrackKind) -> Bool { left.rawValue < right.rawValue }
}

/// Which track of a stream: its kind and its number among those of that kind, as Enhanced RTMP v2 numbers them.
package struct TrackID: Hashable, Sendable, Comparable, Codable {
    package let kind: TrackKind
    /// 0 is the default track of its kind.
    package let index: UInt8

    package init(_ kind: TrackKind, _ index: UInt8 = 0) {
        self.kind = kind
        self.index = index
    }

    package static let video = TrackID(.video)
    package static let audio = TrackID(.audio)

    package static func < (left: TrackID, right: TrackID) -> Bool {
        (left.kind, left.index) < (right.kind, right.index)
    }
}

/// What a decoder must know before the first access unit of a track.
package struct CodecConfiguration: Hashable, Sendable {
    package var codec: Codec

    /// The decoder configuration record as ISO BMFF stores it: the body of `avcC`, `hvcC`, `av1C` or `vpcC`; an
    /// AudioSpecificConfig for AAC; an `OpusHead` packet (RFC 7845 section 5.1) for Opus; a `fLaC` header with its
    /// STREAMINFO block for FLAC. Empty where the coding carries its own (MP2, MP3, AC-3)
    /// or has none (G.711, L16: rate and channels say all).
    package var record: ByteBuffer

    /// Picture width and height in pixels, from the record; zero where not known.
    package var width = 0
    package var height = 0

    /// Samples a second and number of channels, from the record; zero where not known.
    package var sampleRate = 0
    package var channels = 0

    package init(codec: Codec, record: ByteBuffer) {
        self.codec = codec
        self.record = record
    }
}
