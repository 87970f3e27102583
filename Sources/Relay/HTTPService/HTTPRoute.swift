package import Contract
import Sessions
package import Streams
package import Web

/// What an HTTP address of a relay means.
package enum HTTPRoute: Hashable, Sendable {
    case index
    case alive, ready, metrics
    case relayHealth
    case streamHealth(StreamName)
    /// A stream that never ends: FLV, MPEG-TS or fragmented MP4.
    case live(StreamName, WireFormat)
    /// The session description of what is pushed by RTP.
    case description(StreamName)
    case multivariant(StreamName, SegmentFormat)
    case media(StreamName, SegmentFormat)
    case segment(StreamName, SegmentFormat, number: UInt64)
    case initialization(StreamName, SegmentFormat, number: UInt64)

    /// Why an address means nothing here, as a sentence for whoever typed it.
    package struct Unknown: Error, Hashable, Sendable {
        package let sentence: String
        package var isTooLong = false
    }

    /// Longest path read, bytes; what a relay serves is far shorter.
    package static let pathLimit = 512

    /// Longest query read, bytes; the signatures of content delivery networks have one to three thousand.
    package static let queryLimit = 8 << 10

    /// Reads the target of a request.
    package init(_ target: HTTPTarget, of relay: RelayName) throws(Unknown) {
        guard target.path.utf8.count <= Self.pathLimit, target.query.utf8.count <= Self.queryLimit else {
            throw Unknown(sentence: "The address is longer than \(Self.pathLimit) characters.", isTooLong: true)
        }
        guard let parts = target.components else {
            throw Unknown(sentence: "The address is not percent-encoded UTF-8.")
        }
        switch parts.count {
        case 0: self = .index
        case 1: self = try Self.server(parts[0], relay: relay)
        default:
            if parts[0] == "health" {
                self = try Self.health(Array(parts.dropFirst()), relay: relay)
            } else {
                try Self.check(parts[0], is: relay)
                self = try Self.stream(Array(parts.dropFirst()))
            }
        }
    }

    private static func server(_ word: String, relay: RelayName) throws(Unknown) -> HTTPRoute {
        switch word {
        case "livez": return .alive
        case "readyz": return .ready
        case "metrics": return .metrics
        // A relay that runs by itself is all there is.
        case "health": return .relayHealth
        default:
            try self.check(word, is: relay)
            return .index
        }
    }

    private static func health(_ parts: [String], relay: RelayName) throws(Unknown) -> HTTPRoute {
        try self.check(parts[0], is: relay)
        switch parts.count {
        case 1: return .relayHealth
        case 2: return .streamHealth(try self.name(parts[1]))
        default: throw Unknown(sentence: "Health is asked for as /health/\(relay)/STREAM.")
        }
    }

    private static func stream(_ parts: [String]) throws(Unknown) -> HTTPRoute {
        switch parts.count {
        case 1: return try self.whole(parts[0])
        case 3: return try self.piece(of: self.name(parts[0]), folder: parts[1], file: parts[2])
        default: throw self.nothing
        }
    }

    /// `main.flv`, `main.ts`, `main.mp4`, `main.m3u8`, `main.ts.m3u8`, `main.sdp`.
    private static func whole(_ file: String) throws(Unknown) -> HTTPRoute {
        if let stem = file.removing(suffix: ".ts.m3u8") { return .multivariant(try self.name(stem), .ts) }
        if let stem = file.removing(suffix: ".m3u8") { return .multivariant(try self.name(stem), .mp4) }
        if let stem = file.removing(suffix: ".flv") { return .live(try self.name(stem), .flv) }
        if let stem = file.removing(suffix: ".ts") { return .live(try self.name(stem), .ts) }
        if let stem = file.removing(suffix: ".sdp") { return .description(try self.name(stem)) }
        if let stem = file.removing(suffix: ".mp4") { return .live(try self.name(stem), .mp4) }
        throw self.nothing
    }

    /// `hls/media.m3u8`, `hls/init-7.mp4`, `hls/7.m4s`, the same in `sound-1`, `ts/media.m3u8`, `ts/7.ts`.
    private static func piece(of stream: StreamName, folder: String, file: String) throws(Unknown) -> HTTPRoute {
        guard let format = SegmentFormat(folder: folder) else { throw self.nothing }
        if file == "media.m3u8" { return .media(stream, format) }
        if format != .ts, let number = file.removing(suffix: ".mp4")?.removing(prefix: "init-").flatMap({ UInt64($0) })
        {
            return .initialization(stream, format, number: number)
        }
        guard let number = file.removing(suffix: format.suffix).flatMap({ UInt64($0) }) else { throw self.nothing }
        return .segment(stream, format, number: number)
    }

    private static func check(_ word: String, is relay: RelayName) throws(Unknown) {
        guard relay.isSame(as: word) else {
            throw Unknown(sentence: "This relay is '\(relay)'; its addresses begin with /\(relay)/.")
        }
    }

    private static func name(_ text: String) throws(Unknown) -> StreamName {
        do {
            return try StreamName(text)
        } catch {
            throw Unknown(sentence: "\(error)")
        }
    }

    private static let nothing = Unknown(
        sentence: "There is nothing here. A stream is played at /RELAY/STREAM.m3u8, .ts.m3u8, .mp4, .flv or .ts."
    )
}

/// The kinds of HLS segments.
package enum SegmentFormat: Hashable, Sendable {
    case mp4, ts
    /// One of the sounds beside the first, as fragmented MP4.
    case sound(UInt8)

    init?(folder: String) {
        switch folder {
        case Self.mp4.folder: self = .mp4
        case Self.ts.folder: self = .ts
        default:
            guard let index = folder.removing(prefix: Self.soundFolder).flatMap({ UInt8($0) }), index > 0,
                folder == Self.sound(index).folder
            else { return nil }
            self = .sound(index)
        }
    }

    package var wireFormat: WireFormat {
        switch self {
        case .mp4: .mp4
        case .ts: .ts
        case .sound(let index): .mp4Sound(index)
        }
    }

    private static let soundFolder = "sound-"

    /// Folder below the stream's name in which its playlist and segments lie.
    package var folder: String {
        switch self {
        case .mp4: "hls"
        case .ts: "ts"
        case .sound(let index): "\(Self.soundFolder)\(index)"
        }
    }

    package var suffix: String { self == .ts ? ".ts" : ".m4s" }

    package var contentType: String { self == .ts ? "video/mp2t" : "video/mp4" }
}

extension String {
    fileprivate func removing(suffix: String) -> String? {
        self.hasSuffix(suffix) ? String(self.dropLast(suffix.count)) : nil
    }

    fileprivate func removing(prefix: String) -> String? {
        self.hasPrefix(prefix) ? String(self.dropFirst(prefix.count)) : nil
    }
}
