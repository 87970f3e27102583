internal import CLinux
internal import Glibc

/// Files that are read and written whole: those of /proc and /sys, which have no size, and small ones of our own.
package enum SmallFile {
    /// The text of a file, at most `limit` bytes of it.
    package static func read(_ path: String, limit: Int = 1 << 20) throws(LinuxError) -> String {
        String(decoding: try Self.bytes(of: path, limit: limit), as: UTF8.self)
    }

    /// The same, whatever the bytes are.
    package static func bytes(of path: String, limit: Int) throws(LinuxError) -> [UInt8] {
        let file = OwnedDescriptor(takingOwnership: try LinuxError.check(unsafe linux_open_read(path), "open"))
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: min(limit, 16 << 10))
        while bytes.count < limit, case .transferred(let count) = try Pipe.read(into: &chunk, from: file) {
            bytes += chunk.prefix(min(count, limit - bytes.count))
        }
        return bytes
    }

    /// Makes the file, or replaces what is in it. Only the owner may read it unless `mode` says otherwise.
    package static func write(_ text: String, to path: String, mode: UInt32 = 0o600) throws(LinuxError) {
        try Self.write(Array(text.utf8), to: path, mode: mode)
    }

    /// The same with bytes of any kind.
    package static func write(_ bytes: [UInt8], to path: String, mode: UInt32 = 0o600) throws(LinuxError) {
        try Self.write(bytes, try LinuxError.check(unsafe linux_open_write(path, mode, 1), "open"))
    }

    /// Writes to a file of the kernel's that is there.
    package static func tell(_ text: String, to path: String) throws(LinuxError) {
        try Self.write(Array(text.utf8), try LinuxError.check(unsafe linux_open_write(path, 0, 0), "open"))
    }

    private static func write(_ bytes: [UInt8], _ number: CInt) throws(LinuxError) {
        let file = OwnedDescriptor(takingOwnership: number)
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = unsafe rest.withUnsafeBytes { unsafe Glibc.write(file.number, $0.baseAddress, $0.count) }
            guard count >= 0 else {
                let error = LinuxError.last("write")
                if error.code == EINTR { continue }
                throw error
            }
            rest = rest.dropFirst(count)
        }
    }

    package static func remove(_ path: String) throws(LinuxError) {
        try LinuxError.check(unsafe unlink(path), "unlink")
    }

    /// Puts a file in the place of another, in one step.
    package static func rename(_ path: String, to other: String) throws(LinuxError) {
        try LinuxError.check(unsafe Glibc.rename(path, other), "rename")
    }

    /// Whether somebody has the file open to write to it, so that it may not be whole. False where the kernel does not
    /// tell, as of another user's file.
    package static func isBeingWritten(_ path: String) -> Bool { unsafe linux_is_being_written(path) != 0 }

    /// What a symbolic link says; nil when the path is none.
    package static func link(at path: String) -> String? {
        var bytes = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = unsafe linux_read_link(path, &bytes, bytes.count)
        return count < 0 ? nil : String(decoding: bytes.prefix(count), as: UTF8.self)
    }

    package static func makeLink(to target: String, at path: String) throws(LinuxError) {
        try LinuxError.check(unsafe symlink(target, path), "symlink")
    }

    /// What a path names, nil when there is nothing.
    package static func kind(of path: String, following: Bool = true) -> FileKind? {
        let mode = unsafe linux_mode(path, following ? 1 : 0)
        return mode < 0 ? nil : FileKind(mode: UInt32(truncatingIfNeeded: mode))
    }
}

/// Which file a path leads to, and in which state: another after it was written to or exchanged.
package struct FileStamp: Hashable, Sendable {
    private let device: UInt64
    private let number: UInt64
    private let size: Int64
    private let seconds: Int
    private let nanoseconds: Int

    /// Nil where there is no such file.
    package init?(of path: String) {
        var status = stat()
        guard unsafe stat(path, &status) == 0 else { return nil }
        self.device = UInt64(status.st_dev)
        self.number = UInt64(status.st_ino)
        self.size = Int64(status.st_size)
        self.seconds = status.st_mtim.tv_sec
        self.nanoseconds = status.st_mtim.tv_nsec
    }
}

package struct FileKind: Hashable, Sendable {
    package let mode: UInt32

    package init(mode: UInt32) {
        self.mode = mode
    }

    package var isDirectory: Bool { self.mode & 0o170000 == 0o040000 }
    package var isFile: Bool { self.mode & 0o170000 == 0o100000 }
    package var isLink: Bool { self.mode & 0o170000 == 0o120000 }

    /// Whether those who neither own it nor are in its group may read it, run it or, of a directory, pass through it.
    package var othersMayRead: Bool { self.mode & 0o004 != 0 }
    package var othersMayExecute: Bool { self.mode & 0o001 != 0 }
}
