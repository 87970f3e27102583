package import NIOCore

/// A value of the Action Message Format, whichever of its two versions carried it.
///
/// What only AMF3 has is folded into what both have: integers are numbers, vectors are strict arrays, dictionaries with
/// string keys are ECMA arrays. Numbers compare as Doubles do, so a NaN is unequal to itself.
package indirect enum AMFValue: Hashable, Sendable {
    case number(Double)
    case boolean(Bool)
    case string(String)
    case object(AMFObject)
    /// An array with names for places (AMF0 section 2.10); its count on the wire is a hint that nobody relies on.
    case ecmaArray(AMFObject)
    case array([AMFValue])
    /// Milliseconds since 1970-01-01 UTC. The time zone on the wire is reserved and dropped.
    case date(Double)
    case xml(String)
    case bytes(ByteBuffer)
    case null
    case undefined
}

extension AMFValue {
    package var number: Double? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    package var boolean: Bool? {
        guard case .boolean(let value) = self else { return nil }
        return value
    }

    package var array: [AMFValue]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The properties of an object or an ECMA array: encoders use either for the same thing.
    package var object: AMFObject? {
        switch self {
        case .object(let value), .ecmaArray(let value): value
        default: nil
        }
    }

    /// The number as an integer, or nil where it has none (a fraction, a NaN, out of range).
    package func integer<Integer: FixedWidthInteger>(as type: Integer.Type = Integer.self) -> Integer? {
        self.number.flatMap { Integer(exactly: $0) }
    }
}

extension AMFValue: ExpressibleByFloatLiteral, ExpressibleByIntegerLiteral, ExpressibleByStringLiteral,
    ExpressibleByBooleanLiteral, ExpressibleByNilLiteral, ExpressibleByDictionaryLiteral, ExpressibleByArrayLiteral
{
    package init(floatLiteral value: Double) { self = .number(value) }
    package init(integerLiteral value: Int) { self = .number(Double(value)) }
    package init(stringLiteral value: String) { self = .string(value) }
    package init(booleanLiteral value: Bool) { self = .boolean(value) }
    package init(nilLiteral: ()) { self = .null }
    package init(arrayLiteral values: AMFValue...) { self = .array(values) }
    package init(dictionaryLiteral properties: (String, AMFValue)...) {
        self = .object(AMFObject(properties.map { AMFObject.Property(name: $0.0, value: $0.1) }))
    }
}
