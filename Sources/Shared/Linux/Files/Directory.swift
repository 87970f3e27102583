internal import CLinux
internal import Glibc

/// Directories: making, listing, removing, and holding one so that others see it is in use.
package enum Directory {
    /// Makes one; nothing when it is there.
    package static func make(_ path: String, mode: UInt32 = 0o700) throws(LinuxError) {
        guard unsafe mkdir(path, mode) < 0 else { return }
        let error = LinuxError.last("mkdir")
        guard error.code == EEXIST, SmallFile.kind(of: path)?.isDirectory == true else { throw error }
    }

    /// Makes one that must not be there.
    package static func makeNew(_ path: String, mode: UInt32 = 0o700) throws(LinuxError) {
        try LinuxError.check(unsafe mkdir(path, mode), "mkdir")
        // Whatever the process's umask says.
        try LinuxError.check(unsafe chmod(path, mode), "chmod")
    }

    /// Whether it is there and this process may make files in it.
    package static func isWritable(_ path: String) -> Bool {
        guard SmallFile.kind(of: path)?.isDirectory == true else { return false }
        return unsafe access(path, W_OK | X_OK) == 0
    }

    /// The names in it, in no order.
    package static func entries(of path: String) throws(LinuxError) -> [String] {
        guard let open = unsafe opendir(path) else { throw .last("opendir") }
        defer { unsafe closedir(open) }
        var names: [String] = []
        while let entry = unsafe readdir(open) {
            let name = unsafe withUnsafePointer(to: &entry.pointee.d_name) { name in
                unsafe name.withMemoryRebound(to: CChar.self, capacity: 256) { unsafe String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Removes an empty one.
    package static func remove(_ path: String) throws(LinuxError) {
        try LinuxError.check(unsafe rmdir(path), "rmdir")
    }

    /// Removes it with all that is in it, following no link and entering no other file system; nothing when it is not
    /// there.
    package static func removeTree(_ path: String) throws(LinuxError) {
        guard let kind = SmallFile.kind(of: path, following: false) else { return }
        guard kind.isDirectory else { return try SmallFile.remove(path) }
        // A mount that was left would otherwise be emptied; rmdir refuses it.
        for name in try Self.entries(of: path) where !MountTable.isMountPoint("\(path)/\(name)") {
            try Self.removeTree("\(path)/\(name)")
        }
        try Self.remove(path)
    }

    /// Holds a directory for as long as the descriptor is open (flock(2)); the kernel lets go when the process dies.
    /// Nil when another process holds it, unless it is to be waited for.
    package static func hold(_ path: String, waiting: Bool) throws(LinuxError) -> OwnedDescriptor? {
        let number = try LinuxError.check(unsafe linux_open_directory(path), "open")
        let directory = OwnedDescriptor(takingOwnership: number)
        while linux_lock(directory.number, waiting ? 1 : 0) < 0 {
            let error = LinuxError.last("flock")
            switch error.code {
            case EINTR: continue
            case EWOULDBLOCK: return nil
            default: throw error
            }
        }
        return directory
    }
}
