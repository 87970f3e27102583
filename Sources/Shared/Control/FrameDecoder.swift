/// Takes bytes and descriptors as they arrive and answers whole frames.
///
/// The kernel gives a descriptor out no later than the byte it was sent with, and ends that read before the next
/// message with one; so a descriptor belongs to the first header that begins with or after the bytes it came with.
package struct FrameDecoder<Descriptor: Sendable>: Sendable {
    private enum State: Sendable {
        case header
        case body(FrameHeader, Descriptor?)
    }

    private let limits: ChannelLimits
    private var state = State.header
    private var bytes: [UInt8] = []
    private var start = 0
    private var descriptors: [Descriptor] = []

    package init(limits: ChannelLimits) {
        self.limits = limits
    }

    /// What one read found.
    package mutating func append(_ bytes: ArraySlice<UInt8>, descriptors: [Descriptor] = []) {
        if self.start == self.bytes.count {
            // A large message's memory is not kept for the small ones that follow.
            self.bytes.removeAll(keepingCapacity: self.bytes.capacity <= 1 << 16)
            self.start = 0
        } else if self.start > 1 << 16, self.start > self.bytes.count / 2 {
            self.bytes.removeFirst(self.start)
            self.start = 0
        }
        self.bytes += bytes
        self.descriptors += descriptors
    }

    /// The next whole frame, or nil until more bytes arrive.
    package mutating func next() throws(ControlError) -> Frame<Descriptor>? {
        if case .header = self.state {
            guard let header = self.take(FrameHeader.length) else {
                // One may have come with the first bytes of a header that is not whole yet.
                try self.expectDescriptors(atMost: self.start < self.bytes.count ? 1 : 0)
                return nil
            }
            let read = FrameHeader(reading: header)
            try read.check(self.limits)
            self.state = .body(read, try self.claim(read.descriptors))
        }
        guard case .body(let header, let descriptor) = self.state, let body = self.take(header.bodyLength) else {
            // The next header has not begun, so nothing may have come for it.
            try self.expectDescriptors(atMost: 0)
            return nil
        }
        self.state = .header
        return Frame(
            message: Array(body.prefix(header.message)),
            payload: Array(body.dropFirst(header.message)),
            descriptor: descriptor
        )
    }

    private mutating func claim(_ count: Int) throws(ControlError) -> Descriptor? {
        guard count > 0 else { return nil }
        guard !self.descriptors.isEmpty else { throw .brokenFrame(.descriptorMissing) }
        return self.descriptors.removeFirst()
    }

    private func expectDescriptors(atMost count: Int) throws(ControlError) {
        guard self.descriptors.count <= count else { throw .brokenFrame(.descriptorUnexpected) }
    }

    private mutating func take(_ count: Int) -> ArraySlice<UInt8>? {
        guard self.bytes.count - self.start >= count else { return nil }
        defer { self.start += count }
        return self.bytes[self.start..<self.start + count]
    }
}
