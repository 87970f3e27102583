package import Logging

/// How much is logged, as people write it.
package enum LogLevel {
    package struct Unknown: Error, CustomStringConvertible {
        package let text: String

        package var description: String { "'\(self.text)' is not one of \(LogLevel.names)." }
    }

    static let variable = "TRANSPONDER_LOG_LEVEL"

    package static var names: String { Logger.Level.allCases.map(\.rawValue).joined(separator: ", ") }

    package static func named(_ text: String) throws(Unknown) -> Logger.Level {
        guard let level = Logger.Level(rawValue: text.lowercased()) else { throw Unknown(text: text) }
        return level
    }

    /// `info` unless the variable says otherwise.
    package static func of(_ environment: [String: String]) throws(Unknown) -> Logger.Level {
        guard let text = environment[Self.variable], !text.isEmpty else { return .info }
        do throws(Unknown) {
            return try Self.named(text)
        } catch {
            throw Unknown(text: "\(Self.variable)=\(error.text)")
        }
    }
}
