package import NIOCore

/// Writes values as AMF0, in the plainest form each has; it refers to nothing.
package struct AMF0Encoder {
    package static func encode(_ values: AMFValue...) -> ByteBuffer {
        var bytes = ByteBuffer()
        for value in values {
            Self.write(value, into: &bytes)
        }
        return bytes
    }

    package static func write(_ value: AMFValue, into bytes: inout ByteBuffer) {
        switch value {
        case .number(let number):
            bytes.writeMultipleIntegers(UInt8(0x00), number.bitPattern)
        case .boolean(let flag):
            bytes.writeMultipleIntegers(UInt8(0x01), UInt8(flag ? 1 : 0))
        case .string(let string):
            if string.utf8.count <= UInt16.max {
                bytes.writeInteger(UInt8(0x02))
                Self.write(name: string, into: &bytes)
            } else {
                Self.writeLong(0x0C, string, into: &bytes)
            }
        case .object(let object):
            if let className = object.className {
                bytes.writeInteger(UInt8(0x10))
                Self.write(name: className, into: &bytes)
            } else {
                bytes.writeInteger(UInt8(0x03))
            }
            Self.write(object.properties, into: &bytes)
        case .ecmaArray(let object):
            bytes.writeMultipleIntegers(UInt8(0x08), UInt32(object.properties.count))
            Self.write(object.properties, into: &bytes)
        case .array(let values):
            bytes.writeMultipleIntegers(UInt8(0x0A), UInt32(values.count))
            for value in values {
                Self.write(value, into: &bytes)
            }
        case .date(let milliseconds):
            bytes.writeMultipleIntegers(UInt8(0x0B), milliseconds.bitPattern, Int16(0))
        case .xml(let document):
            Self.writeLong(0x0F, document, into: &bytes)
        case .bytes:
            // AMF0 has no byte array: switch to AMF3 for this one value (AMF0 section 3.1)
            bytes.writeInteger(UInt8(0x11))
            var encoder = AMF3Encoder()
            encoder.write(value, into: &bytes)
        case .null:
            bytes.writeInteger(UInt8(0x05))
        case .undefined:
            bytes.writeInteger(UInt8(0x06))
        }
    }

    private static func write(_ properties: [AMFObject.Property], into bytes: inout ByteBuffer) {
        // A nameless property would read as the end marker where its value starts with 9; none does.
        for property in properties {
            Self.write(name: property.name, into: &bytes)
            Self.write(property.value, into: &bytes)
        }
        bytes.writeMultipleIntegers(UInt16(0), UInt8(0x09))
    }

    /// A name holds 65,535 bytes; what is beyond is cut between characters.
    private static func write(name: String, into bytes: inout ByteBuffer) {
        var name = Substring(name)
        while name.utf8.count > UInt16.max {
            name.removeLast()
        }
        bytes.writeInteger(UInt16(name.utf8.count))
        bytes.writeSubstring(name)
    }

    private static func writeLong(_ marker: UInt8, _ string: String, into bytes: inout ByteBuffer) {
        bytes.writeMultipleIntegers(marker, UInt32(string.utf8.count))
        bytes.writeString(string)
    }
}
