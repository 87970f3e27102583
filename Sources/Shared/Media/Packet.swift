package import NIOCore

/// One access unit of one track, on the stream's clock.
package struct Packet: Hashable, Sendable {
    package var track: TrackID

    /// Presentation time, µs on the stream's clock.
    package var pts: MediaTime

    /// Decoding time, µs on the stream's clock; never goes backwards within a track.
    package var dts: MediaTime

    package var flags: PacketFlags

    /// The coded bytes as ISO BMFF stores a sample: H.264 and HEVC with length-prefixed NAL units (the length's size
    /// is in the configuration record), AAC raw without ADTS, AV1 as a temporal unit without delimiters.
    package var payload: ByteBuffer

    package init(track: TrackID, pts: MediaTime, dts: MediaTime, flags: PacketFlags = [], payload: ByteBuffer) {
        self.track = track
        self.pts = pts
        self.dts = dts
        self.flags = flags
        self.payload = payload
    }
}

package struct PacketFlags: OptionSet, Hashable, Sendable {
    package let rawValue: UInt16

    package init(rawValue: UInt16) {
        self.rawValue = rawValue
    }

    /// A decoder can start here.
    package static let keyframe = PacketFlags(rawValue: 1 << 0)

    /// The source was lost, replaced or jumped just before this packet.
    package static let discontinuity = PacketFlags(rawValue: 1 << 1)

    /// A segment of a playlist starts here.
    package static let segmentStart = PacketFlags(rawValue: 1 << 2)
}
