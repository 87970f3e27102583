import Encodings

/// `a=name` or `a=name:value`: RFC 8866 section 5.13.
package struct SDPAttribute: Hashable, Sendable {
    /// In lower case: names are compared without regard to it, because devices write `a=Control`.
    package var name: String
    package var value: String?

    package init(_ name: String, _ value: String? = nil) {
        self.name = name.lowercased()
        self.value = value
    }

    init(parsing text: Substring) {
        let (name, value) = text.halves(at: ":")
        self.init(String(name.trimmingBlanks()), value.map { String($0.trimmingBlanks()) })
    }

    var text: String { self.value.map { "\(self.name):\($0)" } ?? self.name }
}

extension [SDPAttribute] {
    /// The value of the first attribute of the name; an attribute without a value has the empty one.
    package subscript(name: String) -> String? {
        self.first { $0.name == name }.map { $0.value ?? "" }
    }

    /// The values of all attributes of the name.
    func values(_ name: String) -> [String] {
        self.filter { $0.name == name }.map { $0.value ?? "" }
    }
}

extension Substring {
    /// What spaces and tabs separate. A mark that a reader would draw on a space leaves it one (RFC 8866 section 5 knows bytes).
    var words: [Substring] {
        self.unicodeScalars.split { $0 == " " || $0 == "\t" }.map { Substring($0) }
    }
}
