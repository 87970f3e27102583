package import Media

/// A playlist of playlists: RFC 8216 section 4.3.4, there called a master playlist.
package struct MultivariantPlaylist: Hashable, Sendable {
    package struct Variant: Hashable, Sendable {
        package var uri: String
        /// Bits a second in the worst segment, all renditions together.
        package var bandwidth: Int
        /// Bits a second over everything.
        package var averageBandwidth: Int?
        /// RFC 6381 names of all tracks that play together.
        package var codecs: [String]
        /// Pixels.
        package var width = 0
        package var height = 0
        package var frameRate: Double?
        /// Nil where the picture does not say what its numbers mean.
        package var range: DynamicRange?
        /// The group that the variant's sound is chosen from; nil when it is in the segments.
        package var audioGroup: String?

        package init(uri: String, bandwidth: Int, averageBandwidth: Int? = nil, codecs: [String]) {
            self.uri = uri
            self.bandwidth = bandwidth
            self.averageBandwidth = averageBandwidth
            self.codecs = codecs
        }

        /// Describes the tracks that are in the variant's segments, or play beside them.
        package init(
            uri: String,
            bandwidth: Int,
            averageBandwidth: Int? = nil,
            tracks: [CodecConfiguration]
        ) {
            self.init(uri: uri, bandwidth: bandwidth, averageBandwidth: averageBandwidth, codecs: [])
            for track in tracks where !self.codecs.contains(track.codecString) { self.codecs.append(track.codecString) }
            if let video = tracks.first(where: { $0.codec.kind == .video }) {
                (self.width, self.height, self.frameRate) = (video.width, video.height, video.frameRate)
                self.range = video.colour?.range
            }
        }
    }

    /// `EXT-X-MEDIA` of type AUDIO: section 4.3.4.1.
    package struct AudioRendition: Hashable, Sendable {
        package var group: String
        /// What a person chooses it by.
        package var name: String
        /// RFC 5646.
        package var language: String?
        package var isDefault = false
        package var channels: Int?
        /// Its playlist; nil when it is in the variants' segments.
        package var uri: String?

        package init(group: String, name: String, uri: String? = nil) {
            self.group = group
            self.name = name
            self.uri = uri
        }
    }

    package var variants: [Variant]
    package var audioRenditions: [AudioRendition]
    package var hasIndependentSegments = true

    package init(variants: [Variant], audioRenditions: [AudioRendition] = []) {
        self.variants = variants
        self.audioRenditions = audioRenditions
    }

    /// The text, with line feeds.
    package var text: String {
        var text = PlaylistText()
        text.tag("EXTM3U")
        text.tag("EXT-X-VERSION", 6)
        if self.hasIndependentSegments { text.tag("EXT-X-INDEPENDENT-SEGMENTS") }
        for rendition in self.audioRenditions { text.tag("EXT-X-MEDIA", Self.attributes(rendition)) }
        for variant in self.variants {
            text.tag("EXT-X-STREAM-INF", Self.attributes(variant))
            text.line(variant.uri)
        }
        return text.text
    }

    private static func attributes(_ rendition: AudioRendition) -> PlaylistText.Attributes {
        var attributes: PlaylistText.Attributes = [
            ("TYPE", .plain("AUDIO")), ("GROUP-ID", .quoted(rendition.group)), ("NAME", .quoted(rendition.name)),
        ]
        if let language = rendition.language { attributes.append(("LANGUAGE", .quoted(language))) }
        attributes.append(("DEFAULT", .plain(rendition.isDefault ? "YES" : "NO")))
        attributes.append(("AUTOSELECT", .plain("YES")))
        if let channels = rendition.channels { attributes.append(("CHANNELS", .quoted("\(channels)"))) }
        if let uri = rendition.uri { attributes.append(("URI", .quoted(uri))) }
        return attributes
    }

    private static func attributes(_ variant: Variant) -> PlaylistText.Attributes {
        var attributes: PlaylistText.Attributes = [("BANDWIDTH", .plain("\(max(1, variant.bandwidth))"))]
        if let average = variant.averageBandwidth {
            attributes.append(("AVERAGE-BANDWIDTH", .plain("\(max(1, average))")))
        }
        if !variant.codecs.isEmpty {
            attributes.append(("CODECS", .quoted(variant.codecs.joined(separator: ","))))
        }
        if variant.width > 0, variant.height > 0 {
            attributes.append(("RESOLUTION", .plain("\(variant.width)x\(variant.height)")))
        }
        if let rate = variant.frameRate, rate > 0, rate < 10_000 {
            attributes.append(("FRAME-RATE", .plain(PlaylistText.thousandths(rate))))
        }
        // SDR is what players take for granted; old ones trip over the attribute.
        if let range = variant.range, range != .standard {
            attributes.append(("VIDEO-RANGE", .plain(range.rawValue)))
        }
        if let group = variant.audioGroup { attributes.append(("AUDIO", .quoted(group))) }
        return attributes
    }
}
