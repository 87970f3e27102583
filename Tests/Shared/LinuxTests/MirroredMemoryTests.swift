import Glibc
import Linux
import Testing

@Suite struct MirroredMemoryTests {
    @Test func `a byte is seen in both mappings and the prefix is apart`() throws {
        let memory = try MirroredMemory.make(name: "test", prefix: 100, capacity: 5000)
        let page = MirroredMemory.pageSize
        #expect(memory.prefixSize == page)
        #expect(memory.ringSize == (5000 + page - 1) / page * page)
        let ring = unsafe memory.ring
        let size = memory.ringSize
        for offset in [0, 1, size / 2, size - 1] {
            unsafe ring.storeBytes(of: UInt8(truncatingIfNeeded: offset + 1), toByteOffset: offset, as: UInt8.self)
            #expect(
                unsafe ring.load(fromByteOffset: offset + size, as: UInt8.self) == UInt8(truncatingIfNeeded: offset + 1)
            )
        }
        unsafe ring.storeBytes(of: 0x1122_3344_5566_7788, toByteOffset: size - 3, as: UInt64.self)
        #expect(unsafe ring.loadUnaligned(fromByteOffset: 0, as: UInt32.self) == 0x2233_4455)
        let prefix = unsafe memory.prefix
        #expect(unsafe prefix.load(as: UInt64.self) == 0)
    }

    @Test func `a second owner of the file sees the same bytes`() throws {
        let memory = try MirroredMemory.make(name: "test", prefix: 1, capacity: 1)
        let other = try MirroredMemory.map(
            memory.descriptor.duplicate(),
            prefixSize: memory.prefixSize,
            ringSize: memory.ringSize,
            writable: false
        )
        unsafe memory.ring.storeBytes(of: 77, as: UInt8.self)
        let seen = unsafe other.ring.load(as: UInt8.self)
        #expect(seen == 77)
    }

    @Test func `pages are taken ahead of the writer, and no more than asked for`() throws {
        let memory = try MirroredMemory.make(name: "test", prefix: 1, capacity: 1 << 20)
        let page = MirroredMemory.pageSize
        let none = try Self.allocated(memory.descriptor)
        unsafe memory.ring.storeBytes(of: 7, toByteOffset: 5, as: UInt8.self)
        let isPopulated = memory.populate(0..<10 * page)
        try #require(isPopulated, "this kernel cannot (before 5.14)")
        #expect(try Self.allocated(memory.descriptor) - none == 10 * page)
        let kept = unsafe memory.ring.load(fromByteOffset: 5, as: UInt8.self)
        #expect(kept == 7)
        memory.populate(memory.ringSize - 1..<Int.max)
        memory.populate(memory.ringSize..<Int.max)
        #expect(try Self.allocated(memory.descriptor) - none == 11 * page)
    }

    /// Bytes of memory the file has.
    private static func allocated(_ file: borrowing OwnedDescriptor) throws -> Int {
        var status = stat()
        try #require(unsafe fstat(file.number, &status) == 0)
        return Int(status.st_blocks) * 512
    }

    @Test func `sizes that cannot be are refused`() throws {
        #expect(throws: LinuxError("ftruncate", code: 27)) {
            _ = try MirroredMemory.make(name: "test", capacity: .max)
        }
        let memory = try MirroredMemory.make(name: "test", capacity: 1)
        #expect(throws: LinuxError("mmap", code: 6)) {
            _ = try MirroredMemory.map(
                memory.descriptor.duplicate(),
                prefixSize: 0,
                ringSize: memory.ringSize * 2,
                writable: true
            )
        }
        #expect(throws: LinuxError("mmap", code: 22)) {
            _ = try MirroredMemory.map(memory.descriptor.duplicate(), prefixSize: 1, ringSize: 1, writable: true)
        }
    }
}
