package import NIOCore

/// Reads AMF3 values (Adobe AMF3, 2013) with their tables of strings, objects and traits.
package struct AMF3Decoder {
    private struct Traits {
        var className: String?
        var names: [String]
        var isDynamic: Bool
    }

    private(set) var budget: AMFBudget
    private var strings: [String] = []
    private var objects: [AMFReferable] = []
    private var traits: [Traits] = []

    package init(limits: AMFLimits = AMFLimits()) {
        self.budget = AMFBudget(limits)
    }

    init(budget: AMFBudget) {
        self.budget = budget
    }

    /// The next value. The buffer is left inside a value that throws.
    package mutating func next(from bytes: inout ByteBuffer) throws(AMFError) -> AMFValue {
        let start = bytes.readerIndex
        try self.budget.spend(1, at: start)
        guard let marker: UInt8 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        switch marker {
        case 0x00: return .undefined
        case 0x01: return .null
        case 0x02: return .boolean(false)
        case 0x03: return .boolean(true)
        case 0x04:
            // 29 bits, signed (section 3.6)
            let bits = Int32(bitPattern: try Self.u29(from: &bytes))
            return .number(Double((bits << 3) >> 3))
        case 0x05: return .number(try Self.double(from: &bytes))
        case 0x06: return .string(try self.string(from: &bytes))
        case 0x07, 0x0B:
            return try self.referable(from: &bytes, at: start) { decoder, length, bytes throws(AMFError) in
                .xml(try bytes.readAMFString(length: length, limit: decoder.budget.limits.stringBytes, at: start))
            }
        case 0x08:
            return try self.referable(from: &bytes, at: start) { _, _, bytes throws(AMFError) in
                .date(try Self.double(from: &bytes))
            }
        case 0x09:
            return try self.referable(from: &bytes, at: start) { decoder, count, bytes throws(AMFError) in
                try decoder.array(count, from: &bytes)
            }
        case 0x0A:
            return try self.referable(from: &bytes, at: start) { decoder, header, bytes throws(AMFError) in
                try decoder.object(header, from: &bytes, at: start)
            }
        case 0x0C:
            return try self.referable(from: &bytes, at: start) { decoder, length, bytes throws(AMFError) in
                let limit = decoder.budget.limits.stringBytes
                guard length <= limit else { throw AMFError(.stringTooLong(bytes: length, limit: limit), at: start) }
                guard let slice = bytes.readSlice(length: length) else { throw AMFError(.truncated, at: start) }
                return .bytes(slice)
            }
        case 0x0D, 0x0E, 0x0F, 0x10:
            return try self.referable(from: &bytes, at: start) { decoder, count, bytes throws(AMFError) in
                try decoder.vector(marker, count, from: &bytes, at: start)
            }
        case 0x11:
            return try self.referable(from: &bytes, at: start) { decoder, count, bytes throws(AMFError) in
                try decoder.dictionary(count, from: &bytes, at: start)
            }
        default: throw AMFError(.unknownMarker(marker), at: start)
        }
    }

    /// Reads a U29 whose lowest bit tells a reference from a value; the value takes its place in the table first.
    private mutating func referable(
        from bytes: inout ByteBuffer,
        at start: Int,
        _ read: (inout AMF3Decoder, Int, inout ByteBuffer) throws(AMFError) -> AMFValue
    ) throws(AMFError) -> AMFValue {
        let header = Int(try Self.u29(from: &bytes))
        guard header & 1 == 1 else {
            return try self.objects.value(at: header >> 1, spending: &self.budget, at: start)
        }
        let mark = try self.budget.enter(at: start)
        let place = self.objects.count
        self.objects.append(.open)
        let value = try read(&self, header >> 1, &bytes)
        self.objects[place] = .whole(value, self.budget.leave(mark))
        return value
    }

    /// Section 3.11: named elements up to an empty name, then numbered ones.
    private mutating func array(_ count: Int, from bytes: inout ByteBuffer) throws(AMFError) -> AMFValue {
        let named = try self.dynamicProperties(from: &bytes)
        let dense = try self.elements(count, from: &bytes)
        guard !named.isEmpty else { return .array(dense) }
        let numbered = dense.enumerated().map { AMFObject.Property(name: "\($0.offset)", value: $0.element) }
        return .ecmaArray(AMFObject(named + numbered))
    }

    /// Section 3.12.
    private mutating func object(
        _ header: Int,
        from bytes: inout ByteBuffer,
        at start: Int
    ) throws(AMFError) -> AMFValue {
        let traits: Traits
        if header & 1 == 0 {
            let index = header >> 1
            guard self.traits.indices.contains(index) else { throw AMFError(.danglingReference(index), at: start) }
            traits = self.traits[index]
        } else {
            guard header & 0b10 == 0 else { throw AMFError(.externalizable, at: start) }
            let className = try self.string(from: &bytes)
            var names: [String] = []
            for _ in 0..<(header >> 3) {
                try self.budget.spend(1, at: start)
                names.append(try self.string(from: &bytes))
            }
            traits = Traits(
                className: className.isEmpty ? nil : className,
                names: names,
                isDynamic: header & 0b100 != 0
            )
            self.traits.append(traits)
        }
        var properties: [AMFObject.Property] = []
        for name in traits.names {
            properties.append(.init(name: name, value: try self.next(from: &bytes)))
        }
        if traits.isDynamic {
            properties += try self.dynamicProperties(from: &bytes)
        }
        return .object(AMFObject(properties, className: traits.className))
    }

    /// Section 3.15.
    private mutating func vector(
        _ marker: UInt8,
        _ count: Int,
        from bytes: inout ByteBuffer,
        at start: Int
    ) throws(AMFError) -> AMFValue {
        guard bytes.readInteger(as: UInt8.self) != nil else { throw AMFError(.truncated, at: start) }
        if marker == 0x10 {
            _ = try self.string(from: &bytes)
            return .array(try self.elements(count, from: &bytes))
        }
        guard count <= bytes.readableBytes / (marker == 0x0F ? 8 : 4) else { throw AMFError(.truncated, at: start) }
        try self.budget.spend(count, at: start)
        var values: [AMFValue] = []
        for _ in 0..<count {
            switch marker {
            case 0x0D: values.append(.number(Double(try Self.integer(Int32.self, from: &bytes))))
            case 0x0E: values.append(.number(Double(try Self.integer(UInt32.self, from: &bytes))))
            default: values.append(.number(try Self.double(from: &bytes)))
            }
        }
        return .array(values)
    }

    /// Section 3.16. Keys that are not strings have no place in a value and go, with what they lead to.
    private mutating func dictionary(
        _ count: Int,
        from bytes: inout ByteBuffer,
        at start: Int
    ) throws(AMFError) -> AMFValue {
        guard bytes.readInteger(as: UInt8.self) != nil else { throw AMFError(.truncated, at: start) }
        var properties: [AMFObject.Property] = []
        for _ in 0..<count {
            let key = try self.next(from: &bytes)
            let value = try self.next(from: &bytes)
            if let name = key.string {
                properties.append(.init(name: name, value: value))
            }
        }
        return .ecmaArray(AMFObject(properties))
    }

    private mutating func dynamicProperties(
        from bytes: inout ByteBuffer
    ) throws(AMFError) -> [AMFObject.Property] {
        var properties: [AMFObject.Property] = []
        while true {
            let name = try self.string(from: &bytes)
            guard !name.isEmpty else { return properties }
            properties.append(.init(name: name, value: try self.next(from: &bytes)))
        }
    }

    /// A count is only believed value by value: each costs at least a byte.
    private mutating func elements(_ count: Int, from bytes: inout ByteBuffer) throws(AMFError) -> [AMFValue] {
        guard count <= bytes.readableBytes else { throw AMFError(.truncated, at: bytes.readerIndex) }
        var values: [AMFValue] = []
        for _ in 0..<count {
            values.append(try self.next(from: &bytes))
        }
        return values
    }

    /// Section 3.8: by reference or by value; the empty string is never referred to.
    private mutating func string(from bytes: inout ByteBuffer) throws(AMFError) -> String {
        let start = bytes.readerIndex
        let header = Int(try Self.u29(from: &bytes))
        guard header & 1 == 1 else {
            guard self.strings.indices.contains(header >> 1) else {
                throw AMFError(.danglingReference(header >> 1), at: start)
            }
            return self.strings[header >> 1]
        }
        let string = try bytes.readAMFString(
            length: header >> 1,
            limit: self.budget.limits.stringBytes,
            at: start
        )
        if !string.isEmpty {
            self.strings.append(string)
        }
        return string
    }

    /// Section 1.3.1: seven bits a byte, the fourth byte whole.
    private static func u29(from bytes: inout ByteBuffer) throws(AMFError) -> UInt32 {
        var value: UInt32 = 0
        for place in 0..<4 {
            let byte = UInt32(try Self.integer(UInt8.self, from: &bytes))
            if place == 3 { return value << 8 | byte }
            value = value << 7 | byte & 0x7F
            if byte & 0x80 == 0 { break }
        }
        return value
    }

    private static func integer<Integer: FixedWidthInteger>(
        _ type: Integer.Type,
        from bytes: inout ByteBuffer
    ) throws(AMFError) -> Integer {
        guard let value: Integer = bytes.readInteger() else { throw AMFError(.truncated, at: bytes.readerIndex) }
        return value
    }

    private static func double(from bytes: inout ByteBuffer) throws(AMFError) -> Double {
        Double(bitPattern: try Self.integer(UInt64.self, from: &bytes))
    }
}
