internal import CLinux

/// Memory of a fixed size for another process to map and go on with: a memfd whose size is sealed, all zero when it is made.
/// Pages are taken from the system when they are first written.
@safe
package struct SharedMemory: ~Copyable, @unchecked Sendable {
    // @unchecked: the address never changes; what is stored there is ordered by those who share it.

    /// The file, for handing to another process.
    package let descriptor: OwnedDescriptor

    /// Page aligned; valid for ``size`` bytes.
    package let base: UnsafeMutableRawPointer

    /// Bytes, a multiple of the page size.
    package let size: Int

    /// No memory is larger, bytes: sums of offsets stay far from overflow.
    package static let largest = 1 << 42

    private init(descriptor: consuming OwnedDescriptor, base: UnsafeMutableRawPointer, size: Int) {
        self.descriptor = descriptor
        unsafe self.base = base
        self.size = size
    }

    deinit {
        unsafe munmap(self.base, self.size)
    }

    /// New memory of at least so many bytes. The name is shown in `/proc/PID/maps`.
    package static func make(name: String, size: Int) throws(LinuxError) -> SharedMemory {
        guard size > 0, size <= Self.largest else { throw LinuxError("ftruncate", code: EFBIG) }
        let page = MirroredMemory.pageSize
        let whole = (size + page - 1) / page * page
        let file = OwnedDescriptor(takingOwnership: try LinuxError.check(unsafe linux_memfd(name), "memfd_create"))
        try LinuxError.check(ftruncate(file.number, whole), "ftruncate")
        try LinuxError.check(linux_seal_size(file.number), "fcntl")
        return try Self.map(file, size: whole)
    }

    /// Memory that another process made. A file whose size could still change is refused: that would end whoever reads
    /// behind its end.
    package static func attach(_ file: consuming OwnedDescriptor) throws(LinuxError) -> SharedMemory {
        guard let size = Self.sealedSize(of: file), size > 0, size <= Self.largest,
            size % MirroredMemory.pageSize == 0
        else { throw LinuxError("mmap", code: EINVAL) }
        return try Self.map(file, size: size)
    }

    /// Bytes of a memfd whose size can change no more; nil where it is none.
    package static func sealedSize(of file: borrowing OwnedDescriptor) -> Int? {
        guard linux_is_size_sealed(file.number) != 0 else { return nil }
        let size = lseek(file.number, 0, SEEK_END)
        return size >= 0 ? size : nil
    }

    private static func map(_ file: consuming OwnedDescriptor, size: Int) throws(LinuxError) -> SharedMemory {
        guard let base = unsafe linux_reserve(size) else { throw .last("mmap") }
        guard unsafe linux_map_shared(base, size, file.number, 0, 1) != nil else {
            let error = LinuxError.last("mmap")
            unsafe munmap(base, size)
            throw error
        }
        return unsafe SharedMemory(descriptor: file, base: base, size: size)
    }

    /// Gives the whole pages of a range back to the system; they read as zero until they are written again.
    package borrowing func release(_ range: Range<Int>) {
        let page = MirroredMemory.pageSize
        let start = (max(range.lowerBound, 0) + page - 1) / page * page
        let end = min(range.upperBound, self.size) / page * page
        guard start < end else { return }
        _ = unsafe linux_release(self.base + start, end - start)
    }
}
