import Encodings

/// Which stream, and which of its tracks, an RTSP address means: `rtsp://HOST/RELAY/STREAM/trackID=0?key=SECRET`.
package struct RTSPAddress: Hashable, Sendable {
    /// The first component of the path; empty where there is none, as in `*`.
    package let relay: String

    /// The rest of the path without a track, slashes around it gone.
    package let stream: String

    /// It holds keys and prints none.
    package let query: QueryString

    /// The track: its place among the media of the description that was announced, or the number in `trackID=0` and
    /// its like (`streamid`, `stream`, `track`).
    package let media: Int?

    /// Reads an address. `controls` are the `a=control` of each medium of the description that the peer announced: ffmpeg
    /// sets a track up at `…/main?key=SECRET/streamid=0`, GStreamer at `…/main/stream=0?key=SECRET`.
    package init(_ uri: String, controls: [String]? = nil) {
        let (whole, endMedia) = Self.removeTrack(from: Self.path(of: uri), controls)
        let (before, query) = whole.halves(at: "?")
        let (path, pathMedia) = endMedia == nil ? Self.removeTrack(from: before, controls) : (before, endMedia)
        let components = path.parts(at: "/").map { PercentEncoding.decodeRepairing($0) }
        self.relay = components.first ?? ""
        self.stream = components.dropFirst().joined(separator: "/")
        self.query = query.map { QueryString(parsing: $0) } ?? QueryString()
        self.media = pathMedia
    }

    /// A stream's address without what a client shows in it.
    init(relay: String, stream: String) {
        self.relay = relay
        self.stream = stream
        self.query = QueryString()
        self.media = nil
    }

    /// Everything behind the authority; absolute paths are taken too.
    private static func path(of uri: String) -> Substring {
        if uri.begins(with: "/") { return uri[...] }
        guard let rest = uri.halves(at: ":").behind?.without(prefix: "//") else { return "" }
        let start = rest.utf8.firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
        return start.map { rest[$0...] } ?? ""
    }

    private static func removeTrack(from text: Substring, _ controls: [String]?) -> (Substring, media: Int?) {
        guard let controls else { return self.removeNumberedTrack(from: text) }
        var found: (Substring, media: Int?) = (text, nil)
        for (media, control) in controls.enumerated() where !control.isEmpty && control != "*" {
            guard let rest = text.without(suffix: "/" + control),
                rest.endIndex < found.0.endIndex || found.media == nil
            else { continue }
            found = (rest, media)
        }
        return found
    }

    private static func removeNumberedTrack(from text: Substring) -> (Substring, media: Int?) {
        guard let slash = text.utf8.lastIndex(of: UInt8(ascii: "/")) else { return (text, nil) }
        let (word, number) = text[text.utf8.index(after: slash)...].halves(at: "=")
        guard let media = number.flatMap({ Int($0) }), media >= 0,
            ["trackID", "streamid", "stream", "track"].contains(where: { ASCII.matches($0, word) })
        else { return (text, nil) }
        return (text[..<slash], media)
    }

    /// A control as it stands at the end of addresses: of an absolute one (RFC 2326 appendix C.1.1) what it adds to the
    /// address of the whole.
    static func ending(of control: String, base: String) -> String {
        guard control.halves(at: ":").behind?.begins(with: "//") ?? false else { return control }
        let path = self.path(of: control)
        let whole = self.path(of: base).halves(at: "?").before
        let rest = path.without(prefix: whole) ?? path.utf8.lastIndex(of: UInt8(ascii: "/")).map { path[$0...] }
        return (rest ?? path).parts(at: "/").joined(separator: "/")
    }

    /// The control of a track in descriptions that are made here.
    package static func control(media: Int) -> String { "trackID=\(media)" }

    /// Whether both mean the same stream.
    func isSameStream(as other: RTSPAddress) -> Bool {
        self.relay.isSame(as: other.relay) && self.stream.isSame(as: other.stream)
    }
}
