import Foundation

/// How it is written down where a publisher stands, for a process that reads it as if anybody had written it.
package enum StandingText {
    /// What is written down, and by which version of the relay's own language.
    private struct Versioned<Standing: Codable>: Codable {
        let version: Int
        let standing: Standing
    }

    /// Rises whenever what is written down, or what it means, changes.
    private static let version = 2

    /// Digits of a number: so few that no sum of some of them overflows. Times of day in microseconds have as many.
    private static let digits = 16

    /// Nil where it cannot be written.
    package static func write(_ standing: some Codable) -> [UInt8]? {
        (try? JSONEncoder().encode(Versioned(version: Self.version, standing: standing))).map(Array.init)
    }

    /// Nil where the bytes say nothing that this version understands.
    package static func read<Standing: Codable>(_ bytes: [UInt8], as _: Standing.Type = Standing.self) -> Standing? {
        guard Self.hasModestNumbers(bytes),
            let read = try? JSONDecoder().decode(Versioned<Standing>.self, from: Data(bytes)),
            read.version == Self.version
        else { return nil }
        return read.standing
    }

    /// Whether every number is a whole one of few digits.
    private static func hasModestNumbers(_ bytes: [UInt8]) -> Bool {
        var isText = false
        var isEscaped = false
        var digits = 0
        for byte in bytes {
            if isText {
                if isEscaped {
                    isEscaped = false
                } else if byte == UInt8(ascii: "\\") {
                    isEscaped = true
                } else if byte == UInt8(ascii: "\"") {
                    isText = false
                }
                continue
            }
            switch byte {
            case UInt8(ascii: "\""):
                isText = true
                digits = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                guard digits <= Self.digits else { return false }
            // In a number, and in the words true, false and null only beside letters.
            case UInt8(ascii: "."), UInt8(ascii: "e"), UInt8(ascii: "E"):
                guard digits == 0 else { return false }
            default:
                digits = 0
            }
        }
        return true
    }
}
