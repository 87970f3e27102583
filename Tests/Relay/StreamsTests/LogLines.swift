import Logging
import Synchronization

/// What a hub and its streams have logged, a line each.
final class LogLines: Sendable {
    private let lines = Mutex<[String]>([])

    private struct Handler: LogHandler {
        let lines: LogLines
        var metadata: Logger.Metadata = [:]
        var logLevel = Logger.Level.trace

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { self.metadata[key] }
            set { self.metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let metadata = self.metadata.merging(event.metadata ?? [:]) { $1 }
            let words = metadata.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
            self.lines.lines.withLock { $0.append("\(event.level) \(event.message) \(words.joined(separator: " "))") }
        }
    }

    static func make() -> (Logger, LogLines) {
        let lines = LogLines()
        return (Logger(label: "test") { _ in Handler(lines: lines) }, lines)
    }

    var all: [String] { self.lines.withLock { $0 } }
}
