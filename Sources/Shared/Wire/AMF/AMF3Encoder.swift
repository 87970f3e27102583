package import NIOCore

/// Writes values as AMF3. Strings that come again are referred to; objects are written out each time.
package struct AMF3Encoder {
    private var strings: [String: Int] = [:]

    package init() {}

    package static func encode(_ value: AMFValue) -> ByteBuffer {
        var bytes = ByteBuffer()
        var encoder = AMF3Encoder()
        encoder.write(value, into: &bytes)
        return bytes
    }

    package mutating func write(_ value: AMFValue, into bytes: inout ByteBuffer) {
        switch value {
        case .undefined: bytes.writeInteger(UInt8(0x00))
        case .null: bytes.writeInteger(UInt8(0x01))
        case .boolean(let flag): bytes.writeInteger(UInt8(flag ? 0x03 : 0x02))
        case .number(let number): Self.write(number, into: &bytes)
        case .string(let string):
            bytes.writeInteger(UInt8(0x06))
            self.write(string, into: &bytes)
        case .xml(let document):
            bytes.writeInteger(UInt8(0x07))
            Self.writeU29(document.utf8.count << 1 | 1, into: &bytes)
            bytes.writeString(document)
        case .date(let milliseconds):
            bytes.writeMultipleIntegers(UInt8(0x08), UInt8(0x01), milliseconds.bitPattern)
        case .array(let values):
            bytes.writeInteger(UInt8(0x09))
            Self.writeU29(values.count << 1 | 1, into: &bytes)
            self.write("", into: &bytes)
            for value in values {
                self.write(value, into: &bytes)
            }
        case .ecmaArray(let object):
            bytes.writeMultipleIntegers(UInt8(0x09), UInt8(0x01))
            self.write(object.properties, into: &bytes)
        case .object(let object):
            // traits by value, dynamic, no sealed members (section 3.12)
            bytes.writeMultipleIntegers(UInt8(0x0A), UInt8(0x0B))
            self.write(object.className ?? "", into: &bytes)
            self.write(object.properties, into: &bytes)
        case .bytes(let content):
            bytes.writeInteger(UInt8(0x0C))
            Self.writeU29(content.readableBytes << 1 | 1, into: &bytes)
            bytes.writeImmutableBuffer(content)
        }
    }

    /// An empty name ends the list (section 3.11), so a property without a name is left out.
    private mutating func write(_ properties: [AMFObject.Property], into bytes: inout ByteBuffer) {
        for property in properties where !property.name.isEmpty {
            self.write(property.name, into: &bytes)
            self.write(property.value, into: &bytes)
        }
        self.write("", into: &bytes)
    }

    private mutating func write(_ string: String, into bytes: inout ByteBuffer) {
        if let place = self.strings[string] {
            Self.writeU29(place << 1, into: &bytes)
            return
        }
        if !string.isEmpty {
            self.strings[string] = self.strings.count
        }
        Self.writeU29(string.utf8.count << 1 | 1, into: &bytes)
        bytes.writeString(string)
    }

    private static func write(_ number: Double, into bytes: inout ByteBuffer) {
        guard let integer = Int32(exactly: number), (-0x1000_0000...0x0FFF_FFFF).contains(integer),
            !(number == 0 && number.sign == .minus)
        else {
            bytes.writeMultipleIntegers(UInt8(0x05), number.bitPattern)
            return
        }
        bytes.writeInteger(UInt8(0x04))
        Self.writeU29(Int(integer) & 0x1FFF_FFFF, into: &bytes)
    }

    private static func writeU29(_ value: Int, into bytes: inout ByteBuffer) {
        precondition(value >= 0 && value < 1 << 29, "a count that AMF3 cannot write")
        switch value {
        case 0..<0x80: bytes.writeInteger(UInt8(value))
        case 0x80..<0x4000: bytes.writeMultipleIntegers(UInt8(value >> 7 | 0x80), UInt8(value & 0x7F))
        case 0x4000..<0x20_0000:
            bytes.writeMultipleIntegers(
                UInt8(value >> 14 | 0x80),
                UInt8(value >> 7 & 0x7F | 0x80),
                UInt8(value & 0x7F)
            )
        default:
            bytes.writeMultipleIntegers(
                UInt8(value >> 22 | 0x80),
                UInt8(value >> 15 & 0x7F | 0x80),
                UInt8(value >> 8 & 0x7F | 0x80),
                UInt8(value & 0xFF)
            )
        }
    }
}
