import Logging
import Toolkit

/// A log whose lines a test can wait for.
struct RememberedLog: LogHandler {
    let lines: Observed<[String]>
    var metadata: Logger.Metadata = [:]
    var logLevel = Logger.Level.info

    static func make() -> (Logger, Observed<[String]>) {
        let lines = Observed<[String]>([])
        return (Logger(label: "door") { _ in RememberedLog(lines: lines) }, lines)
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let line = "\(event.level) \(event.message) \(event.metadata ?? [:])"
        self.lines.change { $0.append(line) }
    }
}
