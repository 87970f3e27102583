/// One message on a control channel: a header of three numbers (32 bits each, highest byte first), the message as JSON,
/// and bytes of somebody's connection. At most one descriptor comes with it, beside the header's first byte.
package struct Frame<Descriptor: Sendable>: Sendable {
    package let message: [UInt8]
    package let payload: [UInt8]
    package let descriptor: Descriptor?

    package static var descriptorLimit: Int { 1 }

    package init(message: [UInt8], payload: [UInt8], descriptor: Descriptor?) {
        self.message = message
        self.payload = payload
        self.descriptor = descriptor
    }
}

extension Frame: Equatable where Descriptor: Equatable {}

package struct FrameHeader: Hashable, Sendable {
    package static let length = 12

    package let message: Int
    package let payload: Int
    package let descriptors: Int

    package init(message: Int, payload: Int, descriptors: Int) {
        self.message = message
        self.payload = payload
        self.descriptors = descriptors
    }

    package init(reading bytes: ArraySlice<UInt8>) {
        func number(at offset: Int) -> Int {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        self.init(message: number(at: 0), payload: number(at: 4), descriptors: number(at: 8))
    }

    package var bodyLength: Int { self.message + self.payload }

    /// What of it goes over a limit; nothing is kept for a body before that is known.
    package func check(_ limits: ChannelLimits) throws(ControlError) {
        func check(_ part: ControlError.Part, _ size: Int, _ limit: Int) throws(ControlError) {
            guard size <= limit else { throw .overLimit(part, size: size, limit: limit) }
        }
        try check(.message, self.message, limits.message)
        try check(.payload, self.payload, limits.payload)
        try check(.descriptors, self.descriptors, Frame<Never>.descriptorLimit)
    }
}

/// Frames as bytes.
package enum FrameEncoder {
    package static func encode(message: [UInt8], payload: [UInt8], descriptors: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(FrameHeader.length + message.count + payload.count)
        for number in [message.count, payload.count, descriptors] {
            let number = UInt32(number)
            bytes += [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
        bytes += message
        bytes += payload
        return bytes
    }
}
