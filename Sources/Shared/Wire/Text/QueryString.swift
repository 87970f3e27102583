import Encodings

/// What stands after the `?` of an application, a URL or a stream name. It holds keys, so it never prints a value.
package struct QueryString: Hashable, Sendable, Codable {
    package struct Item: Hashable, Sendable, Codable {
        package let name: String
        package let value: String

        package init(name: String, value: String) {
            self.name = name
            self.value = value
        }
    }

    package private(set) var items: [Item]

    package init(_ items: [Item] = []) {
        self.items = items
    }

    /// - Parameter text: `name=value&…`, percent-encoded or not, without the `?`.
    package init(parsing text: Substring) {
        self.items = text.parts(at: "&").map { part in
            let (name, value) = part.halves(at: "=")
            return Item(
                name: PercentEncoding.decodeRepairing(name),
                value: value.map { PercentEncoding.decodeRepairing($0) } ?? ""
            )
        }
    }

    package var isEmpty: Bool { self.items.isEmpty }

    /// The first value of that name.
    package subscript(name: String) -> String? { self.items.first { $0.name.isSame(as: name) }?.value }

    /// Adds what the other says where this says nothing: a stream's own query goes before its application's.
    package func merging(_ other: QueryString) -> QueryString {
        QueryString(self.items + other.items.filter { item in !self.items.contains { $0.name == item.name } })
    }
}

extension QueryString: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    /// Names only: `key=***&token=***`. A name that nothing follows may be a key by itself.
    package var description: String {
        self.items.map { $0.value.isEmpty ? "***" : "\($0.name)=***" }.joined(separator: "&")
    }
    package var debugDescription: String { self.description }
    package var customMirror: Mirror { Mirror(self, children: [:]) }
}
