/// One message on a control channel: a header of three numbers (32 bits each, highest byte first), the message as JSON,
/// and bytes of somebody's connection. At most one descriptor comes with it, beside the header's first byte.
struct Frame<Descriptor: Sendable>: Sendable {
    let message: [UInt8]
    let payload: [UInt8]
    let descriptor: Descriptor?

    static var descriptorLimit: Int { 1 }
}

extension Frame: Equatable where Descriptor: Equatable {}

struct FrameHeader: Hashable, Sendable {
    static let length = 12

    let message: Int
    let payload: Int
    let descriptors: Int

    init(message: Int, payload: Int, descriptors: Int) {
        self.message = message
        self.payload = payload
        self.descriptors = descriptors
    }

    init(reading bytes: ArraySlice<UInt8>) {
        func number(at offset: Int) -> Int {
            bytes.dropFirst(offset).prefix(4).reduce(0) { $0 << 8 | Int($1) }
        }
        self.init(message: number(at: 0), payload: number(at: 4), descriptors: number(at: 8))
    }

    var bodyLength: Int { self.message + self.payload }

    /// What of it goes over a limit; nothing is kept for a body before that is known.
    func check(_ limits: ChannelLimits) throws(ControlError) {
        func check(_ part: ControlError.Part, _ size: Int, _ limit: Int) throws(ControlError) {
            guard size <= limit else { throw .overLimit(part, size: size, limit: limit) }
        }
        try check(.message, self.message, limits.message)
        try check(.payload, self.payload, limits.payload)
        try check(.descriptors, self.descriptors, Frame<Never>.descriptorLimit)
    }
}

/// Frames as bytes.
enum FrameEncoder {
    static func encode(message: [UInt8], payload: [UInt8], descriptors: Int) -> [UInt8] {
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
