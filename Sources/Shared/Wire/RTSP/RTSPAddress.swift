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
        let mark = whole.firstIndex(of: "?")
        let (path, pathMedia) =
            endMedia == nil
            ? Self.removeTrack(from: whole[..<(mark ?? whole.endIndex)], controls)
            : (whole[..<(mark ?? whole.endIndex)], endMedia)
        let components = path.split(separator: "/").map { PercentEncoding.decodeRepairing($0) }
        self.relay = components.first ?? ""
        self.stream = components.dropFirst().joined(separator: "/")
        self.query = mark.map { QueryString(parsing: whole[whole.index(after: $0)...]) } ?? QueryString()
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
        if uri.hasPrefix("/") { return uri[...] }
        guard let colon = uri.firstRange(of: "://") else { return "" }
        let rest = uri[colon.upperBound...]
        return rest.firstIndex { $0 == "/" || $0 == "?" }.map { rest[$0...] } ?? ""
    }

    private static func removeTrack(from text: Substring, _ controls: [String]?) -> (Substring, media: Int?) {
        guard let controls else { return self.removeNumberedTrack(from: text) }
        var found: (Substring, media: Int?) = (text, nil)
        for (media, control) in controls.enumerated() where !control.isEmpty && control != "*" {
            let ending = "/" + control
            guard text.hasSuffix(ending), text.count - ending.count < found.0.count || found.media == nil else {
                continue
            }
            found = (text.dropLast(ending.count), media)
        }
        return found
    }

    private static func removeNumberedTrack(from text: Substring) -> (Substring, media: Int?) {
        guard let slash = text.lastIndex(of: "/") else { return (text, nil) }
        let last = text[text.index(after: slash)...]
        let halves = last.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        guard halves.count == 2, let media = Int(halves[1]), media >= 0,
            ["trackID", "streamid", "stream", "track"].contains(where: { ASCII.matches($0, halves[0]) })
        else { return (text, nil) }
        return (text[..<slash], media)
    }

    /// A control as it stands at the end of addresses: of an absolute one (RFC 2326 appendix C.1.1) what it adds to the
    /// address of the whole.
    static func ending(of control: String, base: String) -> String {
        guard control.contains("://") else { return control }
        let path = self.path(of: control)
        let whole = self.path(of: base).prefix { $0 != "?" }
        let rest = path.hasPrefix(whole) ? path.dropFirst(whole.count) : path.lastIndex(of: "/").map { path[$0...] }
        return (rest ?? path).split(separator: "/").joined(separator: "/")
    }

    /// The control of a track in descriptions that are made here.
    package static func control(media: Int) -> String { "trackID=\(media)" }

    /// Whether both mean the same stream.
    func isSameStream(as other: RTSPAddress) -> Bool { self.relay == other.relay && self.stream == other.stream }
}
