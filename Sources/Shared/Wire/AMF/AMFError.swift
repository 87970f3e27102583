/// Why bytes are not AMF, and where.
package struct AMFError: Error, Hashable, Sendable, CustomStringConvertible {
    package enum Reason: Hashable, Sendable {
        /// The bytes end inside a value.
        case truncated
        /// A marker that no value has, or that RTMP has no use for (movie clips, record sets, externalizable objects).
        case unknownMarker(UInt8)
        case tooDeep(limit: Int)
        case tooManyValues(limit: Int)
        case stringTooLong(bytes: Int, limit: Int)
        /// A reference to what was not sent before, or to what is still being sent.
        case danglingReference(Int)
        /// An object that only its class knows how to read (AMF3 section 3.12).
        case externalizable
    }

    package let reason: Reason

    /// Where in the buffer the value began that could not be read.
    package let offset: Int

    package init(_ reason: Reason, at offset: Int) {
        self.reason = reason
        self.offset = offset
    }

    package var description: String {
        switch self.reason {
        case .truncated: "AMF ends inside the value at byte \(self.offset)"
        case .unknownMarker(let marker): "AMF has no value marked \(marker), at byte \(self.offset)"
        case .tooDeep(let limit): "AMF nested deeper than \(limit), at byte \(self.offset)"
        case .tooManyValues(let limit): "AMF of more than \(limit) values, at byte \(self.offset)"
        case .stringTooLong(let bytes, let limit):
            "AMF string of \(bytes) bytes, more than \(limit), at byte \(self.offset)"
        case .danglingReference(let index): "AMF reference \(index) to nothing, at byte \(self.offset)"
        case .externalizable: "AMF3 externalizable object at byte \(self.offset)"
        }
    }
}
