package import Linux

/// Where a stream is published or played: `rtmp://host:port/app/stream?key=…` or `http://host:port/app/stream.flv`.
package struct StreamAddress: Hashable, Sendable, CustomStringConvertible {
    /// How the stream's bytes are put on the wire.
    package enum Format: String, Hashable, Sendable, CaseIterable {
        case rtmp, flv, ts, mp4
    }

    package let format: Format
    package let host: String
    package let port: UInt16
    /// RTMP: what `connect` names, the path without its last part. HTTP: empty.
    package let app: String
    /// RTMP: what `play` and `publish` name, the query included. HTTP: the path and the query.
    package let resource: String

    package init(parsing text: String) throws(StreamAddressError) {
        guard let mark = text.firstRange(of: "://") else { throw .schemeMissing(text) }
        let scheme = text[..<mark.lowerBound].lowercased()
        guard ["rtmp", "http"].contains(scheme) else { throw .schemeUnknown(scheme) }
        let rest = text[mark.upperBound...]
        let authorityEnd = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
        (self.host, self.port) = try Self.authority(rest[..<authorityEnd], standard: scheme == "rtmp" ? 1935 : 80)
        let path = rest[authorityEnd...].drop { $0 == "/" }
        let pathEnd = path.firstIndex(of: "?") ?? path.endIndex
        if scheme == "rtmp" {
            guard let slash = path[..<pathEnd].lastIndex(of: "/"), path.index(after: slash) < pathEnd else {
                throw .streamMissing(Self.redact(text))
            }
            self.format = .rtmp
            self.app = String(path[..<slash])
            self.resource = String(path[path.index(after: slash)...])
        } else {
            let suffix = path[..<pathEnd].lastIndex(of: ".").map { path[path.index(after: $0)..<pathEnd] }
            guard let suffix, let format = Format(rawValue: suffix.lowercased()), format != .rtmp else {
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
        let whole = self.format == .rtmp ? "rtmp://\(self.authority)/\(self.app)/" : "http://\(self.authority)"
        return whole + (self.resource.split(separator: "?", omittingEmptySubsequences: false).first ?? "")
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
        case .schemeMissing(let text): "“\(text)” has no scheme: an address begins with rtmp:// or http://"
        case .schemeUnknown(let scheme): "“\(scheme)” is not a scheme this can use: rtmp and http are"
        case .hostMissing: "the address names no host"
        case .authorityInvalid(let error): "the address's host and port cannot be read: \(error)"
        case .streamMissing(let text): "“\(text)” names no stream: rtmp://host/app/stream is needed"
        case .formatUnknown(let text): "“\(text)” does not end in .flv, .ts or .mp4, so its format is not known"
        }
    }
}
