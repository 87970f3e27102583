import Foundation
import Toolkit

/// Reads a media playlist over and over and notes whether its numbers ever go back.
final class SequenceWatch: Sendable {
    struct State: Sendable {
        var highest: UInt64 = 0
        var readings = 0
        /// What it was before, and what it became.
        var stepsBack: [String] = []
    }

    let seen = Observed(State())
    private let work: Task<Void, any Error>

    init(_ address: String) {
        let seen = self.seen
        self.work = Task {
            while true {
                try await Task.sleep(for: .milliseconds(100))
                guard let response = try? await HTTP.get(address), response.status == 200,
                    let number = Self.mediaSequence(response.text)
                else { continue }
                seen.change { state in
                    if number < state.highest { state.stepsBack.append("\(state.highest) -> \(number)") }
                    state.highest = max(state.highest, number)
                    state.readings += 1
                }
            }
        }
    }

    deinit {
        self.work.cancel()
    }

    static func mediaSequence(_ playlist: String) -> UInt64? {
        let tag = "#EXT-X-MEDIA-SEQUENCE:"
        let line = playlist.split(separator: "\n").first { $0.hasPrefix(tag) }
        return line.flatMap { UInt64($0.dropFirst(tag.count)) }
    }
}
