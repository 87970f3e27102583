import Media

/// Lines of a playlist: RFC 8216 section 4.1 and 4.2.
struct PlaylistText {
    private(set) var text = ""

    typealias Attributes = [(name: String, value: AttributeValue)]

    enum AttributeValue {
        /// A number, an enumerated value or a resolution.
        case plain(String)
        case quoted(String)
    }

    mutating func line(_ line: String) {
        self.text += line
        self.text += "\n"
    }

    mutating func tag(_ name: String) {
        self.line("#\(name)")
    }

    mutating func tag(_ name: String, _ value: some CustomStringConvertible) {
        self.line("#\(name):\(value)")
    }

    mutating func tag(_ name: String, _ attributes: Attributes) {
        let list = attributes.map { attribute in
            switch attribute.value {
            case .plain(let value): "\(attribute.name)=\(value)"
            case .quoted(let value): "\(attribute.name)=\"\(Self.quotable(value))\""
            }
        }
        self.line("#\(name):\(list.joined(separator: ","))")
    }

    /// A decimal with six places: `EXTINF` adds up over a day, so nothing is rounded away.
    static func seconds(_ time: MediaTime) -> String {
        let microseconds = max(0, time.microseconds)
        return "\(microseconds / 1_000_000).\(Self.padded(microseconds % 1_000_000, to: 6))"
    }

    /// A decimal with three places, rounded.
    static func thousandths(_ value: Double) -> String {
        let thousandths = Int64((value * 1000).rounded())
        return "\(thousandths / 1000).\(Self.padded(thousandths % 1000, to: 3))"
    }

    static func padded(_ value: Int64, to digits: Int) -> String {
        let string = String(value)
        return String(repeating: "0", count: max(0, digits - string.count)) + string
    }

    /// A quoted string has no way to hold a quotation mark or a line's end.
    private static func quotable(_ value: String) -> String {
        guard value.unicodeScalars.contains(where: { $0 == "\"" || $0 == "\n" || $0 == "\r" }) else { return value }
        var quotable = ""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": quotable += "'"
            case "\n", "\r": quotable += " "
            default: quotable.unicodeScalars.append(scalar)
            }
        }
        return quotable
    }
}
