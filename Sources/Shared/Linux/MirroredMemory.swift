internal import CLinux

/// Shared memory whose ring is mapped twice in a row, so that any run of bytes in it up to its size is contiguous.
///
/// ```
/// file:    | prefix | ring |
/// mapping: | prefix | ring | ring again |
/// ```
///
/// The file is a memfd: it lives as long as a descriptor or a mapping of it does, in whatever process, and its size
/// is sealed.
@safe
package struct MirroredMemory: ~Copyable, @unchecked Sendable {
    // @unchecked: the addresses never change; what is stored there is ordered by those who share it.

    /// The file, for handing to another process.
    package let descriptor: OwnedDescriptor

    /// The start of the prefix, page aligned.
    package let prefix: UnsafeMutableRawPointer

    /// The start of the ring; valid for twice ``ringSize``.
    package let ring: UnsafeMutableRawPointer

    /// Bytes, multiples of the page size.
    package let prefixSize: Int
    package let ringSize: Int

    private init(
        descriptor: consuming OwnedDescriptor,
        base: UnsafeMutableRawPointer,
        prefixSize: Int,
        ringSize: Int
    ) {
        self.descriptor = descriptor
        unsafe self.prefix = base
        unsafe self.ring = base + prefixSize
        self.prefixSize = prefixSize
        self.ringSize = ringSize
    }

    deinit {
        unsafe munmap(self.prefix, self.prefixSize + 2 * self.ringSize)
    }

    /// New memory, all zero; pages are taken from the system when they are first written.
    ///
    /// The name is shown in `/proc/PID/maps`. Prefix (it may be zero) and capacity are bytes, rounded up to whole pages.
    package static func make(name: String, prefix: Int = 0, capacity: Int) throws(LinuxError) -> MirroredMemory {
        guard let prefixSize = Self.wholePages(prefix), let ringSize = Self.wholePages(max(capacity, 1)) else {
            throw LinuxError("ftruncate", code: EFBIG)
        }
        let file = OwnedDescriptor(takingOwnership: try LinuxError.check(unsafe linux_memfd(name), "memfd_create"))
        try LinuxError.check(ftruncate(file.number, prefixSize + ringSize), "ftruncate")
        try LinuxError.check(linux_seal_size(file.number), "fcntl")
        return try Self.map(file, prefixSize: prefixSize, ringSize: ringSize, writable: true)
    }

    /// Memory that another owner of the file made with the same sizes.
    package static func map(
        _ file: consuming OwnedDescriptor,
        prefixSize: Int,
        ringSize: Int,
        writable: Bool
    ) throws(LinuxError) -> MirroredMemory {
        guard Self.wholePages(prefixSize) == prefixSize, Self.wholePages(ringSize) == ringSize, ringSize > 0 else {
            throw LinuxError("mmap", code: EINVAL)
        }
        guard lseek(file.number, 0, SEEK_END) >= prefixSize + ringSize else {
            throw LinuxError("mmap", code: ENXIO)
        }
        let length = prefixSize + 2 * ringSize
        guard let base = unsafe linux_reserve(length) else { throw .last("mmap") }
        let writable: CInt = writable ? 1 : 0
        let mirror = unsafe base + prefixSize + ringSize
        guard unsafe linux_map_shared(base, prefixSize + ringSize, file.number, 0, writable) != nil,
            unsafe linux_map_shared(mirror, ringSize, file.number, prefixSize, writable) != nil
        else {
            let error = LinuxError.last("mmap")
            unsafe munmap(base, length)
            throw error
        }
        return unsafe MirroredMemory(descriptor: file, base: base, prefixSize: prefixSize, ringSize: ringSize)
    }

    /// Takes the ring's pages in that range from the system before they are written, which costs less than a fault for
    /// each and comes at a better time. It may be called beside a writer. False where the system does not do it.
    @discardableResult
    package borrowing func populate(_ range: Range<Int>) -> Bool {
        let page = Self.pageSize
        let start = max(range.lowerBound, 0) / page * page
        let end = min(range.upperBound, self.ringSize)
        guard start < end else { return true }
        return unsafe linux_populate(self.ring + start, end - start) == 0
    }

    /// Gives the ring's whole pages in that range back to the system; they read as zero until they are written again. The
    /// range may reach into the ring's second mapping. False where the system does not do it.
    @discardableResult
    package borrowing func release(_ range: Range<Int>) -> Bool {
        let page = Self.pageSize
        let start = (max(range.lowerBound, 0) + page - 1) / page * page
        let end = min(range.upperBound, 2 * self.ringSize) / page * page
        guard start < end else { return true }
        return unsafe linux_release(self.ring + start, end - start) == 0
    }

    /// The size of a page, bytes.
    package static var pageSize: Int { sysconf(CInt(_SC_PAGESIZE)) }

    private static func wholePages(_ bytes: Int) -> Int? {
        // A quarter of the address space leaves room for the mirror and the prefix in every sum above.
        guard bytes >= 0, bytes < Int.max / 8 else { return nil }
        let page = Self.pageSize
        return (bytes + page - 1) / page * page
    }
}
