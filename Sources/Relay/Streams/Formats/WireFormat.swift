package import Contract
package import Media

/// The formats a stream is muxed to, each once however many viewers it has.
///
/// A format is defined in a file of its own, as an ``OutputFormat``, and registered here in a line.
package struct WireFormat: Sendable {
    /// As it stands in logs and reports.
    package let name: String
    /// Which of the formats of that name.
    package let variant: UInt32
    let definition: any OutputFormat

    private init(_ name: String, variant: UInt32 = 0, _ definition: any OutputFormat) {
        self.name = name
        self.variant = variant
        self.definition = definition
    }
}

extension WireFormat {
    /// RTMP for players that have said nothing of Enhanced RTMP, for those that know its codecs, and for those that know its
    /// multitrack messages.
    package static let rtmp = WireFormat("rtmp", RTMPFormat.plain)
    package static let rtmpEnhanced = WireFormat("rtmp_enhanced", RTMPFormat.enhanced)
    package static let rtmpMultitrack = WireFormat("rtmp_multitrack", RTMPFormat.multitrack)
    package static let flv = WireFormat("flv", FLVFormat())
    package static let ts = WireFormat("ts", TransportStreamFormat())
    package static let mp4 = WireFormat("mp4", FragmentedMP4Format.main)
    /// One of the sounds beside the first, in segments of fragmented MP4 of its own.
    package static func mp4Sound(_ index: UInt8) -> WireFormat {
        WireFormat("mp4_sound_\(index)", FragmentedMP4Format.sound(index))
    }
    /// RTP and RTCP of every track, interleaved.
    package static let rtp = WireFormat("rtp", RTPFormat(selection: nil))
    /// The same of some of the tracks, under the same numbers, for players that set up only those.
    package static func rtpTracks(_ numbers: RTPTrackNumbers) -> WireFormat {
        WireFormat("rtp_tracks", variant: numbers.bits, RTPFormat(selection: numbers))
    }
}

extension WireFormat {
    /// The format that is named so and of that variant; nil: none is.
    package init?(named name: String, variant: UInt32) {
        let fixed: [WireFormat] = [.rtmp, .rtmpEnhanced, .rtmpMultitrack, .flv, .ts, .mp4, .rtp]
        let sound = name.hasPrefix("mp4_sound_") ? UInt8(name.dropFirst("mp4_sound_".count)) : nil
        if variant == 0, let format = fixed.first(where: { $0.name == name }) ?? sound.map(WireFormat.mp4Sound) {
            self = format
        } else if variant != 0, name == "rtp_tracks" {
            self = .rtpTracks(RTPTrackNumbers(bits: variant))
        } else {
            return nil
        }
    }
}

extension WireFormat: Hashable {
    package static func == (left: WireFormat, right: WireFormat) -> Bool {
        left.variant == right.variant && left.name == right.name
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(self.name)
        hasher.combine(self.variant)
    }
}

extension WireFormat {
    /// Of an answer by HTTP.
    package var contentType: String { self.definition.contentType }

    /// What a viewer who is sent the format's tape watches by.
    package var viewers: ViewerProtocol { self.definition.viewers }

    /// All the ways of watching that the format serves.
    package var served: [ViewerProtocol] { self.definition.served }

    /// What viewers of the format say they watch.
    var noun: String { self.definition.noun }

    /// Why the format cannot carry the track, whatever others there are; nil where it can.
    package func omission(of track: TrackID, _ configuration: CodecConfiguration) -> MediaOmission? {
        self.definition.omission(of: track, configuration)
    }
}
