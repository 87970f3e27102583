internal import CLinux

/// What the kernel says of memory that is a file without a name and of a fixed size: a memfd with the seals F_SEAL_SHRINK and
/// F_SEAL_GROW (memfd_create(2)). Nobody who has it can cut it short under a mapping of it.
package struct SealedMemory: Hashable, Sendable {
    /// Tells it from all others, whoever holds it and under whichever descriptor.
    package struct Identity: Hashable, Sendable {
        private let device: UInt64
        private let inode: UInt64

        fileprivate init(device: UInt64, inode: UInt64) {
            self.device = device
            self.inode = inode
        }
    }

    package let identity: Identity

    /// Bytes that can be addressed in it; most of them may never have been written.
    package let size: Int

    /// Bytes that it takes of the machine's memory now.
    package let used: Int

    /// Nil where the descriptor is of anything else.
    package init?(of descriptor: borrowing OwnedDescriptor) {
        var (device, inode): (UInt64, UInt64) = (0, 0)
        var (size, used): (Int64, Int64) = (0, 0)
        guard unsafe linux_sealed_memory(descriptor.number, &device, &inode, &size, &used) == 0 else { return nil }
        self.identity = Identity(device: device, inode: inode)
        self.size = Int(clamping: size)
        self.used = Int(clamping: used)
    }
}
