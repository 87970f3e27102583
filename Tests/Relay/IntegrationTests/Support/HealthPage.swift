import Foundation
import Testing
import Toolkit

/// What tests read of a stream's health page.
struct HealthPage: Decodable {
    struct Track: Decodable {
        var codec: String
        var kind: String
        var bitrate: Double?
    }

    var state: String
    var sentence: String
    var tracks: [Track]?
}

extension RelayProcess {
    /// Waits until a stream is live and has these tracks.
    func expectLive(
        codecs: Set<String>,
        of stream: String = "main",
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let page = try? await HTTP.get(self.page("health/live/\(stream)")) { response in
            guard let page = try? response.json(HealthPage.self), page.state == "live" else { return false }
            return Set((page.tracks ?? []).map(\.codec)).isSuperset(of: codecs)
        }
        guard page == nil else { return }
        let last = try await HTTP.get(self.page("health/live/\(stream)")).text
        Issue.record("\(stream) is not live with \(codecs):\n\(last)\n\(self.log)", sourceLocation: sourceLocation)
    }

    /// Waits until a stream is in a state.
    func expectState(_ state: String, of stream: String = "main") async throws {
        _ = try await HTTP.get(self.page("health/live/\(stream)")) { response in
            (try? response.json(HealthPage.self))?.state == state
        }
    }
}
