package import Linux

/// Where a stream is published or played: `rtmp://host:port/app/stream?key=…`, `http://host:port/app/stream.flv`,
/// `rtsp://host:port/app/stream`, `rtspu://` with the same for datagrams, or `srt://host:port?streamid=read:app/stream`.
package struct StreamAddress: Hashable, Sendable, CustomStringConvertible {
    /// How the stream's bytes are put on the wire.
    package enum Format: String, Hashable, Sendable, CaseIterable {
        case rtmp, flv, ts, mp4
        /// With the packets interleaved in the connection.
        case rtsp
        /// With the packets in datagrams.
        case rtspu
        case srt

        /// What stands before `://`.
        var scheme: String {
            switch self {
            case .rtmp, .rtsp, .rtspu, .srt: self.rawValue
            case .flv, .ts, .mp4: "http"
            }
        }
    }

    /// Schemes and the ports that are meant where none is named.
    private static let ports: [String: UInt16] = ["rtmp": 1935, "http": 80, "rtsp": 554, "rtspu": 554, "srt": 8890]

    package let format: Format
    package let host: String
    package let port: UInt16
    /// RTMP: what `connect` names, the path without its last part. HTTP: empty.
    package let app: String
    /// RTMP: what `play` and `publish` name, the query included. HTTP and RTSP: the path and the query. SRT: the query.
    package let resource: String

    package init(parsing text: String) throws(StreamAddressError) {
        guard let mark = text.firstRange(of: "://") else { throw .schemeMissing(text) }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard let port = Self.ports[scheme] else { throw .schemeUnknown(scheme) }
        let rest = text[mark.upperBound...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        (self.host, self.port) = try Self.authority(rest[..<authorityEnd], standard: port)
        let path = rest[authorityEnd...].drop { $0 == "/" }
        let pathEnd = path.firstIndex(of: "?") ?? path.endIndex
        if scheme == "rtmp" {
            guard let slash = path[..<pathEnd].lastIndex(of: "/"), path.index(after: slash) < pathEnd else {
                throw .streamMissing(Self.redact(text))
            }
            self.format = .rtmp
            self.app = String(path[..<slash])
            self.resource = String(path[path.index(after: slash)...])
        } else if let format = Format(rawValue: scheme) {
            let query = path[pathEnd...].dropFirst()
            guard format == .srt ? !query.isEmpty : pathEnd > path.startIndex else {
                throw .streamMissing(Self.redact(text))
            }
            self.format = format
            self.app = ""
            self.resource = format == .srt ? String(query) : "/" + path
        } else {
            let suffix = path[..<pathEnd].lastIndex(of: ".").map { path[path.index(after: $0)..<pathEnd] }
            guard let suffix, let format = Format(rawValue: suffix.lowercased()), format.scheme == "http" else {
                throw .formatUnknown(Self.redact(text))
            }
            self.format = format
            self.app = ""
            self.resource = "/" + path
        }
    }

    private static func authority(
        _ text: Substring,
        standard: UInt16
    ) throws(StreamAddressError) -> (String, UInt16) {
        let afterBracket = text.lastIndex(of: "]") ?? text.startIndex
        let hasPort = text[afterBracket...].contains(":")
        do {
            let (host, port) = try InternetAddress.split(hasPort ? String(text) : "\(text):\(standard)")
            guard !host.isEmpty else { throw StreamAddressError.hostMissing }
            return (host, port)
        } catch let error as InternetAddressError {
            throw .authorityInvalid(error)
        } catch {
            throw .hostMissing
        }
    }

    /// The host and port as they stand in an address.
    var authority: String { self.host.contains(":") ? "[\(self.host)]:\(self.port)" : "\(self.host):\(self.port)" }

    /// The address without its query, which may hold a key.
    package var description: String {
        let start = "\(self.format.scheme)://\(self.authority)"
        guard self.format != .srt else { return start }
        return start + (self.format == .rtmp ? "/\(self.app)/" : "")
            + (self.resource.split(separator: "?", omittingEmptySubsequences: false).first ?? "")
    }

    /// What the query says of something; nil where it says nothing.
    func parameter(_ name: String) -> String? {
        let query = self.format == .srt ? self.resource[...] : self.resource.drop { $0 != "?" }.dropFirst()
        for pair in query.split(separator: "&") where pair.hasPrefix(name + "=") {
            return String(pair.dropFirst(name.count + 1))
        }
        return nil
    }

    /// The RTMP address without its query: where what is published here can be played.
    package var withoutQuery: StreamAddress { StreamAddress(withoutQuery: self) }

    private init(withoutQuery other: StreamAddress) {
        self.format = other.format
        self.host = other.host
        self.port = other.port
        self.app = other.app
        self.resource = String(other.resource.prefix { $0 != "?" })
    }

    private static func redact(_ text: String) -> String { String(text.prefix { $0 != "?" }) }
}

package enum StreamAddressError: Error, Hashable, Sendable, CustomStringConvertible {
    case schemeMissing(String)
    case schemeUnknown(String)
    case hostMissing
    case authorityInvalid(InternetAddressError)
    case streamMissing(String)
    case formatUnknown(String)

    package var description: String {
        switch self {
        case .schemeMissing(let text):
            "“\(text)” has no scheme: an address begins with rtmp://, http://, rtsp:// or srt://"
        case .schemeUnknown(let scheme): "“\(scheme)” is not a scheme this can use: rtmp, http, rtsp, rtspu and srt are"
        case .hostMissing: "the address names no host"
        case .authorityInvalid(let error): "the address's host and port cannot be read: \(error)"
        case .streamMissing(let text):
            "“\(text)” names no stream: rtmp://host/app/stream, rtsp://host/app/stream or "
                + "srt://host?streamid=read:app/stream is needed"
        case .formatUnknown(let text): "“\(text)” does not end in .flv, .ts or .mp4, so its format is not known"
        }
    }
}
