internal import Linux
internal import Synchronization

/// Whether the kernel ended a container for memory. Podman's monitor often misses that on version 1 hosts, and podman
/// removes the control group, where it can be read, soon after the end: so it is read at the end.
final class MemoryWatch: Sendable {
    private let flag = Mutex(false)
    private let watched = Mutex<ControlGroup?>(nil)

    var wasExceeded: Bool { self.flag.withLock { $0 } }

    /// The container's; nil while it is not known.
    var group: ControlGroup? { self.watched.withLock { $0 } }

    /// Follows the container's first process, if it still runs.
    func watch(_ pid: Int32, in layout: CgroupLayout) {
        guard let handle = try? ProcessHandle.open(pid), let groups = try? SmallFile.read("/proc/\(pid)/cgroup") else {
            return
        }
        let group = ControlGroup(of: "libpod-", in: layout, recorded: groups)
        self.watched.withLock { $0 = group }
        let watched = Watched(handle)
        _ = try? WorkerThread(name: "memory") {
            _ = watched.handle.awaitEnd(until: .distantFuture)
            if group.memoryKills > 0 { self.flag.withLock { $0 = true } }
        }
    }

    private final class Watched: Sendable {
        let handle: ProcessHandle

        init(_ handle: consuming ProcessHandle) {
            self.handle = handle
        }
    }
}
