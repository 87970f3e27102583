/// The members that a type decodes, as its `Decodable` conformance asks for them.
struct TypeShape {
    struct Member: Hashable {
        /// As JSON Schema names it.
        let type: String
        let isRequired: Bool
    }

    private(set) var members: [String: Member] = [:]

    init(_ type: any Decodable.Type) throws {
        let decoder = ShapeDecoder()
        _ = try type.init(from: decoder)
        self.members = decoder.members
    }
}

/// Answers every question with a value of the kind that is asked for, and notes what was asked.
private final class ShapeDecoder: Decoder {
    var members: [String: TypeShape.Member] = [:]
    let codingPath: [any CodingKey] = []
    let userInfo: [CodingUserInfoKey: Any] = [:]

    func container<Key: CodingKey>(keyedBy type: Key.Type) -> KeyedDecodingContainer<Key> {
        KeyedDecodingContainer(ShapeContainer<Key>(decoder: self))
    }

    func unkeyedContainer() throws -> any UnkeyedDecodingContainer { throw NoShape() }

    func singleValueContainer() throws -> any SingleValueDecodingContainer { throw NoShape() }
}

private struct NoShape: Error {}

/// What the members of answers are, with a value of each kind.
private protocol Shaped {
    static var shape: (type: String, value: Self) { get }
}

extension String: Shaped { static var shape: (type: String, value: String) { ("string", "") } }
extension Bool: Shaped { static var shape: (type: String, value: Bool) { ("boolean", false) } }
extension Double: Shaped { static var shape: (type: String, value: Double) { ("number", 0) } }
extension Int: Shaped { static var shape: (type: String, value: Int) { ("integer", 0) } }
extension UInt64: Shaped { static var shape: (type: String, value: UInt64) { ("integer", 0) } }
extension Array: Shaped { static var shape: (type: String, value: [Element]) { ("array", []) } }
extension Dictionary: Shaped { static var shape: (type: String, value: [Key: Value]) { ("object", [:]) } }

private struct ShapeContainer<Key: CodingKey>: KeyedDecodingContainerProtocol {
    let decoder: ShapeDecoder
    let codingPath: [any CodingKey] = []
    let allKeys: [Key] = []

    /// Nothing is there, so that only what is required is decoded; the rest asks whether it is.
    func contains(_ key: Key) -> Bool { false }

    func decodeNil(forKey key: Key) -> Bool { true }

    func decode<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value {
        try self.note(type, key, isRequired: true)
    }

    func decodeIfPresent<Value: Decodable>(_ type: Value.Type, forKey key: Key) throws -> Value? {
        _ = try self.note(type, key, isRequired: false)
        return nil
    }

    // The generic form is not asked for these.
    func decode(_ type: String.Type, forKey key: Key) throws -> String { try self.note(type, key, isRequired: true) }
    func decode(_ type: Bool.Type, forKey key: Key) throws -> Bool { try self.note(type, key, isRequired: true) }
    func decode(_ type: Double.Type, forKey key: Key) throws -> Double { try self.note(type, key, isRequired: true) }
    func decode(_ type: Int.Type, forKey key: Key) throws -> Int { try self.note(type, key, isRequired: true) }
    func decode(_ type: UInt64.Type, forKey key: Key) throws -> UInt64 { try self.note(type, key, isRequired: true) }
    func decodeIfPresent(_ type: String.Type, forKey key: Key) throws -> String? { try self.noteOptional(type, key) }
    func decodeIfPresent(_ type: Bool.Type, forKey key: Key) throws -> Bool? { try self.noteOptional(type, key) }
    func decodeIfPresent(_ type: Double.Type, forKey key: Key) throws -> Double? { try self.noteOptional(type, key) }
    func decodeIfPresent(_ type: Int.Type, forKey key: Key) throws -> Int? { try self.noteOptional(type, key) }
    func decodeIfPresent(_ type: UInt64.Type, forKey key: Key) throws -> UInt64? { try self.noteOptional(type, key) }

    private func noteOptional<Value: Decodable>(_ type: Value.Type, _ key: Key) throws -> Value? {
        _ = try self.note(type, key, isRequired: false)
        return nil
    }

    private func note<Value: Decodable>(_ type: Value.Type, _ key: Key, isRequired: Bool) throws -> Value {
        let (name, value): (String, Any) =
            if let shaped = type as? any Shaped.Type {
                (shaped.shape.type, shaped.shape.value)
            } else if let words = type as? any CaseIterable.Type {
                ("string", Self.first(of: words))
            } else {
                ("object", try type.init(from: ShapeDecoder()))
            }
        self.decoder.members[Self.snake(key.stringValue)] = .init(type: name, isRequired: isRequired)
        guard let value = value as? Value else { throw NoShape() }
        return value
    }

    private static func first<Words: CaseIterable>(of type: Words.Type) -> Any { type.allCases.first as Any }

    /// `lastHeard` as `last_heard`, as the answers are written.
    private static func snake(_ name: String) -> String {
        name.reduce(into: "") { $0 += $1.isUppercase ? "_\($1.lowercased())" : String($1) }
    }

    func nestedContainer<Nested: CodingKey>(
        keyedBy type: Nested.Type,
        forKey key: Key
    ) throws -> KeyedDecodingContainer<Nested> { throw NoShape() }

    func nestedUnkeyedContainer(forKey key: Key) throws -> any UnkeyedDecodingContainer { throw NoShape() }

    func superDecoder() throws -> any Decoder { throw NoShape() }

    func superDecoder(forKey key: Key) throws -> any Decoder { throw NoShape() }
}
