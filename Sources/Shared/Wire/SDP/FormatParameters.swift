import Encodings

/// What `a=fmtp` says of a payload type: names and values between semicolons, in order.
///
/// Names are found without regard to case, as devices write `Config` and `sizelength`.
package struct FormatParameters: Hashable, Sendable, ExpressibleByDictionaryLiteral {
    package struct Parameter: Hashable, Sendable {
        package var name: String
        package var value: String?
    }

    package var all: [Parameter] = []

    /// More than any format has.
    private static let limit = 64

    package init() {}

    package init(dictionaryLiteral elements: (String, String)...) {
        self.all = elements.map { Parameter(name: $0, value: $1) }
    }

    /// Values keep everything after the first `=`: base64 has more of them. Some cameras separate by commas or quote.
    init(_ text: Substring) {
        for part in text.parts(at: ";", maxSplits: Self.limit).prefix(Self.limit) {
            let part = part.trimmingBlanks()
            guard !part.isEmpty else { continue }
            let (name, value) = part.halves(at: "=")
            self.all.append(
                Parameter(
                    name: String(name.trimmingBlanks()),
                    value: value.map { String(ASCII.unquote($0.trimmingBlanks())) }
                )
            )
        }
    }

    package subscript(name: String) -> String? {
        get {
            let wanted = name.lowercased()
            return self.all.first { $0.name.lowercased() == wanted }?.value
        }
        set {
            let wanted = name.lowercased()
            self.all.removeAll { $0.name.lowercased() == wanted }
            if let newValue { self.all.append(Parameter(name: name, value: newValue)) }
        }
    }

    /// The parameter as a number that is not negative; nil where it is missing or none.
    package func number(_ name: String) -> Int? {
        self[name].flatMap { Int($0) }.flatMap { $0 >= 0 ? $0 : nil }
    }

    /// As RFC 8866 section 6.15 and the formats' own specifications write it.
    package var text: String {
        self.all.map { parameter in parameter.value.map { "\(parameter.name)=\($0)" } ?? parameter.name }
            .joined(separator: ";")
    }
}
