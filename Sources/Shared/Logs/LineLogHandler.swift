import Encodings
import Foundation
package import Logging

/// One line an event, for people and for `grep`: `2026-11-23T14:22:44.123Z info sentence key=value …`.
package struct LineLogHandler: LogHandler {
    package var logLevel: Logger.Level
    package var metadata: Logger.Metadata = [:]
    package var metadataProvider: Logger.MetadataProvider?

    /// µs since 1970-01-01 UTC.
    private let now: @Sendable () -> Int64
    private let write: @Sendable (String) -> Void

    /// Writes to standard error.
    package init(level: Logger.Level) {
        self.init(level: level, now: { Int64((Date().timeIntervalSince1970 * 1_000_000).rounded()) }) { line in
            // Whoever read our log may be gone; that is no reason to stop relaying.
            try? FileHandle.standardError.write(contentsOf: Data(line.utf8))
        }
    }

    /// - Parameters:
    ///   - level: Events below it are dropped.
    ///   - now: The wall clock, µs since 1970-01-01 UTC.
    ///   - write: Takes whole lines, line break included, from any thread.
    package init(
        level: Logger.Level,
        now: @escaping @Sendable () -> Int64,
        write: @escaping @Sendable (String) -> Void
    ) {
        self.logLevel = level
        self.now = now
        self.write = write
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { self.metadata[key] }
        set { self.metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var all = self.metadata
        if let provided = self.metadataProvider?.get() { all.merge(provided) { _, new in new } }
        if let given = event.metadata { all.merge(given) { _, new in new } }
        if let error = event.error { all["error"] = "\(error)" }
        let time = CivilTime(microseconds: self.now()).iso8601
        var line = "\(time) \(event.level.rawValue) \(Self.harmless(Redaction.masked(event.message.description)))"
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            line += " \(Self.harmless(key))=\(Self.quoted(Self.text(of: value, under: key)))"
        }
        self.write(line + "\n")
    }

    private static func text(of value: Logger.Metadata.Value, under key: String) -> String {
        if Redaction.isSecret(key) { return Redaction.mask }
        switch value {
        case .dictionary(let inner):
            let parts = inner.sorted { $0.key < $1.key }.map { "\($0.key)=\(self.text(of: $0.value, under: $0.key))" }
            return "{\(parts.joined(separator: " "))}"
        case .array(let values):
            return "[\(values.map { self.text(of: $0, under: "") }.joined(separator: " "))]"
        default:
            return Redaction.masked(value.description)
        }
    }

    private static func quoted(_ text: String) -> String {
        let isPlain = !text.isEmpty && text.unicodeScalars.allSatisfy { !$0.properties.isWhitespace && $0 != "\"" }
        if isPlain { return self.harmless(text) }
        var escaped = String.UnicodeScalarView()
        for scalar in text.unicodeScalars {
            if scalar == "\"" || scalar == "\\" { escaped.append("\\") }
            escaped.append(scalar)
        }
        return "\"\(self.harmless(String(escaped)))\""
    }

    /// Peers choose much of what is logged: they get no line breaks and no control over the terminal.
    private static func harmless(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { self.isControl($0) }) else { return text }
        var harmless = ""
        for scalar in text.unicodeScalars {
            if self.isControl(scalar) {
                harmless += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                harmless.unicodeScalars.append(scalar)
            }
        }
        return harmless
    }

    /// Controls, line and paragraph separators, and marks that turn the direction of text.
    private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0..<0x20, 0x7f..<0xa0, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }
}
