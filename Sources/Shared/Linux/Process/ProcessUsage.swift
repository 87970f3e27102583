internal import CLinux
internal import Glibc

/// What this process has used, as the kernel counts it in `/proc` (proc_pid_stat(5)).
package struct ProcessUsage: Hashable, Sendable {
    /// User and system time of all its threads since it started.
    package var cpu: Duration

    /// Bytes of memory it has in RAM.
    package var residentMemory: Int
    package var openDescriptors: Int

    /// Nil where there is no `/proc`.
    package static func current() -> ProcessUsage? {
        guard let stat = try? SmallFile.read("/proc/self/stat"),
            let descriptors = try? Directory.entries(of: "/proc/self/fd")
        else { return nil }
        return ProcessUsage(
            stat: stat,
            // Reading the directory opens one more.
            descriptors: descriptors.count - 1,
            ticks: sysconf(Int32(_SC_CLK_TCK)),
            pageSize: sysconf(Int32(_SC_PAGESIZE))
        )
    }

    /// Nil where the line is not one.
    ///
    /// - Parameters:
    ///   - stat: The line of `/proc/self/stat`.
    ///   - descriptors: How many are open.
    ///   - ticks: Clock ticks a second.
    ///   - pageSize: Bytes of a page of memory.
    package init?(stat: String, descriptors: Int, ticks: Int, pageSize: Int) {
        // The second field is the program's name and may hold anything, parentheses and spaces included.
        guard ticks > 0, let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let user = Int64(fields[11]), let system = Int64(fields[12]),
            let pages = Int(fields[21])
        else { return nil }
        self.cpu = .microseconds((user + system) * 1_000_000 / Int64(ticks))
        self.residentMemory = pages * pageSize
        self.openDescriptors = descriptors
    }
}
