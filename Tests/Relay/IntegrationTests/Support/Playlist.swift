import Foundation
import Testing
import Toolkit

/// A media playlist as a player reads it (RFC 8216).
struct Playlist {
    struct Segment: Hashable {
        var uri: String
        /// Seconds.
        var duration: Double
        var date: Date?
        var isDiscontinuous: Bool
    }

    var targetDuration: Int?
    var mediaSequence: Int?
    var segments: [Segment] = []
    var initializations: [String] = []
    /// The names of all tags in it.
    var tags: Set<String> = []

    init(_ text: String) {
        var next = Segment(uri: "", duration: 0, date: nil, isDiscontinuous: false)
        for line in text.split(separator: "\n") {
            guard line.hasPrefix("#") else {
                next.uri = String(line)
                self.segments.append(next)
                next = Segment(uri: "", duration: 0, date: nil, isDiscontinuous: false)
                continue
            }
            let parts = line.split(separator: ":", maxSplits: 1)
            let value = parts.count > 1 ? String(parts[1]) : ""
            self.tags.insert(String(parts[0]))
            switch parts[0] {
            case "#EXT-X-TARGETDURATION": self.targetDuration = Int(value)
            case "#EXT-X-MEDIA-SEQUENCE": self.mediaSequence = Int(value)
            case "#EXTINF": next.duration = Double(value.prefix { $0 != "," }) ?? -1
            case "#EXT-X-PROGRAM-DATE-TIME": next.date = Self.date(value)
            case "#EXT-X-DISCONTINUITY": next.isDiscontinuous = true
            case "#EXT-X-MAP":
                let uri = value.components(separatedBy: "URI=\"").last?.prefix { $0 != "\"" } ?? ""
                self.initializations.append(String(uri))
            default: break
            }
        }
    }

    /// Follows a multivariant playlist to its one media playlist.
    ///
    /// - Returns: the playlist and what its addresses start from.
    static func media(_ multivariant: String) async throws -> (playlist: Playlist, base: String) {
        let address = try await self.mediaAddress(multivariant)
        let text = try await HTTP.get(address).text
        return (Playlist(text), String(address[...(address.lastIndex(of: "/") ?? address.startIndex)]))
    }

    static func mediaAddress(_ multivariant: String) async throws -> String {
        let text = try await HTTP.get(multivariant) { $0.status == 200 }.text
        let uri = try #require(text.split(separator: "\n").last { !$0.hasPrefix("#") })
        let base = multivariant[...(multivariant.lastIndex(of: "/") ?? multivariant.startIndex)]
        return "\(base)\(uri)"
    }

    private static func date(_ text: String) -> Date? {
        let reader = ISO8601DateFormatter()
        reader.formatOptions = [.withInternetDateTime, .withFractionalSeconds]
        return reader.date(from: text)
    }
}
