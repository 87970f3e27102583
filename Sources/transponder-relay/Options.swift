import ArgumentParser
import Contract
import Logging
import Settings

/// What may stand behind `--rtmp` and `--http`.
enum AddressOption {
    static func parse(_ text: String) throws -> RelayChoice.Override {
        text == "off" ? .off : .at(try ListenAddress(text))
    }
}

struct LogLevelOption: ExpressibleByArgument {
    let level: Logger.Level

    init?(argument: String) {
        guard let level = Logger.Level(rawValue: argument.lowercased()) else { return nil }
        self.level = level
    }

    static var allValueStrings: [String] { Logger.Level.allCases.map(\.rawValue) }

    /// `info` unless the variable says otherwise.
    static func level(of environment: [String: String]) throws -> Logger.Level {
        guard let text = environment["TRANSPONDER_LOG_LEVEL"], !text.isEmpty else { return .info }
        guard let option = Self(argument: text) else {
            throw ValidationError(
                "TRANSPONDER_LOG_LEVEL: '\(text)' is not one of \(self.allValueStrings.joined(separator: ", "))."
            )
        }
        return option.level
    }
}
