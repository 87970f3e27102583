/// Text from anywhere, made harmless for a page (HTML Living Standard section 13.2).
struct HTMLText: ExpressibleByStringInterpolation, Sendable {
    private(set) var source: String

    /// As it stands: markup of ours.
    init(stringLiteral source: String) { self.source = source }

    init(stringInterpolation: StringInterpolation) { self.source = stringInterpolation.source }

    init(joining pieces: [HTMLText]) { self.source = pieces.map(\.source).joined(separator: "\n") }

    /// What is interpolated is escaped, unless it is markup itself.
    struct StringInterpolation: StringInterpolationProtocol {
        var source = ""

        init(literalCapacity: Int, interpolationCount: Int) { self.source.reserveCapacity(literalCapacity) }

        mutating func appendLiteral(_ literal: String) { self.source += literal }
        mutating func appendInterpolation(_ text: HTMLText) { self.source += text.source }
        mutating func appendInterpolation(_ number: some BinaryInteger) { self.source += "\(number)" }
        mutating func appendInterpolation(_ text: String) { self.source += HTMLText.escaped(text) }
    }

    static func escaped(_ text: String) -> String {
        var escaped = ""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "&": escaped += "&amp;"
            case "<": escaped += "&lt;"
            case ">": escaped += "&gt;"
            case "\"": escaped += "&quot;"
            case "'": escaped += "&#39;"
            default: escaped.unicodeScalars.append(scalar)
            }
        }
        return escaped
    }
}
