import Foundation
import Toolkit

/// What a relay says of one of its streams.
struct StreamHealthAnswer: Decodable, Sendable {
    var state: String
    var sentence: String
    var viewers: Int
}

extension RelayProcess {
    func health(_ stream: String = "main") async throws -> StreamHealthAnswer {
        try await HTTP.get(self.page("health/live/\(stream)")).json()
    }

    /// Asks until the stream is in one of those states.
    @discardableResult
    func health(_ stream: String = "main", isOneOf states: Set<String>) async throws -> StreamHealthAnswer {
        let answer = try await HTTP.get(
            self.page("health/live/\(stream)"),
            until: { response in
                let health = try? response.json(StreamHealthAnswer.self)
                return health.map { states.contains($0.state) } ?? false
            },
            every: .milliseconds(50),
            within: .seconds(40)
        )
        return try answer.json()
    }

    /// Memory that is its own and not of a file, in KiB: tapes are not in it, whose size is configured.
    var privateMemory: Int {
        let text = (try? String(contentsOfFile: "/proc/\(self.pid)/smaps_rollup", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("Anonymous:") }
        return line?.split(separator: " ").dropFirst().first.flatMap { Int($0) } ?? 0
    }

    var descriptors: Int {
        (try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(self.pid)/fd").count) ?? 0
    }

    var logLines: [String] { self.log.split(separator: "\n").map(String.init) }
}
