package import NIOCore

/// Reads AMF0 values (Adobe AMF0, 2007) one after the other, as commands and metadata carry them.
///
/// Objects can be referred to later in the same run, so one decoder reads one message. Strings that are not UTF-8 (some
/// encoders write Latin-1 titles) are repaired, not refused.
package struct AMF0Decoder {
    private var budget: AMFBudget
    private var sent: [AMFReferable] = []

    package init(limits: AMFLimits = AMFLimits()) {
        self.budget = AMFBudget(limits)
    }

    /// All values to the end of the buffer.
    package static func decodeAll(
        _ bytes: ByteBuffer,
        limits: AMFLimits = AMFLimits()
    ) throws(AMFError) -> [AMFValue] {
        var decoder = AMF0Decoder(limits: limits)
        var bytes = bytes
        var values: [AMFValue] = []
        while bytes.readableBytes > 0 {
            values.append(try decoder.next(from: &bytes))
        }
        return values
    }

    /// The next value. The buffer is left inside a value that throws.
    package mutating func next(from bytes: inout ByteBuffer) throws(AMFError) -> AMFValue {
        let start = bytes.readerIndex
        try self.budget.spend(1, at: start)
        guard let marker: UInt8 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        switch marker {
        case 0x00: return .number(try Self.double(from: &bytes, at: start))
        case 0x01:
            guard let value: UInt8 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
            return .boolean(value != 0)
        case 0x02: return .string(try self.shortString(from: &bytes))
        case 0x03:
            return try self.referable(at: start) { decoder throws(AMFError) in
                .object(AMFObject(try decoder.properties(from: &bytes)))
            }
        case 0x05: return .null
        case 0x06: return .undefined
        case 0x07: return try self.reference(from: &bytes, at: start)
        case 0x08:
            guard bytes.readInteger(as: UInt32.self) != nil else { throw AMFError(.truncated, at: start) }
            return try self.referable(at: start) { decoder throws(AMFError) in
                .ecmaArray(AMFObject(try decoder.properties(from: &bytes)))
            }
        case 0x0A:
            guard let count: UInt32 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
            return try self.referable(at: start) { decoder throws(AMFError) in
                .array(try decoder.elements(count, from: &bytes, at: start))
            }
        case 0x0B:
            let milliseconds = try Self.double(from: &bytes, at: start)
            guard bytes.readInteger(as: Int16.self) != nil else { throw AMFError(.truncated, at: start) }
            return .date(milliseconds)
        case 0x0C: return .string(try self.longString(from: &bytes))
        case 0x0D: return .undefined  // "unsupported": what the sender could not write
        case 0x0F: return .xml(try self.longString(from: &bytes))
        case 0x10:
            let name = try self.shortString(from: &bytes)
            return try self.referable(at: start) { decoder throws(AMFError) in
                .object(AMFObject(try decoder.properties(from: &bytes), className: name))
            }
        case 0x11:
            // Each switch to AMF3 starts with empty tables (AMF3 section 4.1), but what it reads counts here.
            var inner = AMF3Decoder(budget: self.budget)
            let value = try inner.next(from: &bytes)
            self.budget = inner.budget
            return value
        default: throw AMFError(.unknownMarker(marker), at: start)
        }
    }

    /// Reads a value that can be referred to: its place in the table is taken before what is inside it is read.
    private mutating func referable(
        at start: Int,
        _ read: (inout AMF0Decoder) throws(AMFError) -> AMFValue
    ) throws(AMFError) -> AMFValue {
        let mark = try self.budget.enter(at: start)
        let place = self.sent.count
        self.sent.append(.open)
        let value = try read(&self)
        self.sent[place] = .whole(value, self.budget.leave(mark))
        return value
    }

    private mutating func reference(from bytes: inout ByteBuffer, at start: Int) throws(AMFError) -> AMFValue {
        guard let index: UInt16 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        return try self.sent.value(at: Int(index), spending: &self.budget, at: start)
    }

    /// Names and values up to the end marker (AMF0 section 2.5). The buffer may also end where a name would begin:
    /// several encoders leave the marker off the last object of a message.
    private mutating func properties(from bytes: inout ByteBuffer) throws(AMFError) -> [AMFObject.Property] {
        var properties: [AMFObject.Property] = []
        while bytes.readableBytes > 0 {
            let name = try self.shortString(from: &bytes)
            if name.isEmpty, bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0x09 {
                bytes.moveReaderIndex(forwardBy: 1)
                break
            }
            properties.append(.init(name: name, value: try self.next(from: &bytes)))
        }
        return properties
    }

    private mutating func elements(
        _ count: UInt32,
        from bytes: inout ByteBuffer,
        at start: Int
    ) throws(AMFError) -> [AMFValue] {
        guard count <= bytes.readableBytes else { throw AMFError(.truncated, at: start) }
        var values: [AMFValue] = []
        for _ in 0..<count {
            values.append(try self.next(from: &bytes))
        }
        return values
    }

    private func shortString(from bytes: inout ByteBuffer) throws(AMFError) -> String {
        let start = bytes.readerIndex
        guard let length: UInt16 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        return try bytes.readAMFString(length: Int(length), limit: self.budget.limits.stringBytes, at: start)
    }

    private func longString(from bytes: inout ByteBuffer) throws(AMFError) -> String {
        let start = bytes.readerIndex
        guard let length: UInt32 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        return try bytes.readAMFString(length: Int(length), limit: self.budget.limits.stringBytes, at: start)
    }

    private static func double(from bytes: inout ByteBuffer, at start: Int) throws(AMFError) -> Double {
        guard let bits: UInt64 = bytes.readInteger() else { throw AMFError(.truncated, at: start) }
        return Double(bitPattern: bits)
    }
}
