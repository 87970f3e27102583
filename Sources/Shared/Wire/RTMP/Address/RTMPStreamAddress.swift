import Encodings

/// Which stream a peer means: the pieces that clients put in different places, brought to one form.
package struct RTMPStreamAddress: Hashable, Sendable {
    /// The first component of the path: the relay.
    package let app: String

    /// The rest of the path, without slashes around it; empty where the client gave none.
    package let stream: String

    /// Merged from the stream name, the application and the URL, in this order.
    package let query: QueryString

    package init(app: String, stream: String, query: QueryString = QueryString()) {
        self.app = app
        self.stream = stream
        self.query = query
    }

    /// Reads a stream name on a connection.
    ///
    /// `rtmp://host/live/main` may come as application `live` and name `main`, as application `live/main` without a name
    /// (OBS with an empty key), or as no application and name `live/main`. Flash's `_definst_`, its word for the only
    /// instance, and librtmp's and ffmpeg's prefixes for file formats (`mp4:`) mean nothing here.
    package init(name: String, on connection: RTMPConnectRequest) {
        let (path, query) = Self.split(name)
        let bare = ["flv:", "mp4:", "mp3:"].lazy.compactMap { path.without(prefix: $0) }.first ?? path
        let components = connection.path + Self.components(bare)
        self.app = components.first ?? ""
        self.stream = components.dropFirst().joined(separator: "/")
        self.query = query.merging(connection.query)
    }

    /// A path and its query, neither decoded.
    static func split(_ text: String) -> (path: Substring, query: QueryString) {
        let (path, query) = text.halves(at: "?")
        return (path, query.map { QueryString(parsing: $0) } ?? QueryString())
    }

    static func components(_ path: Substring) -> [String] {
        path.parts(at: "/").map { PercentEncoding.decodeRepairing($0) }.filter {
            !$0.isEmpty && $0 != "_definst_"
        }
    }
}
