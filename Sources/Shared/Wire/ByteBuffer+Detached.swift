import NIOCore

extension ByteBuffer {
    /// The same bytes in memory of their own, where they are a small part of what they were cut out of: whoever keeps
    /// them would else keep all of it.
    var detached: ByteBuffer {
        self.storageCapacity / 4 > self.readableBytes ? ByteBuffer(bytes: self.readableBytesView) : self
    }
}
