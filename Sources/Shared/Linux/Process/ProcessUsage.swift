package import Contract
import Foundation
import Glibc

/// What this process has used, as the kernel counts it in `/proc` (proc_pid_stat(5)).
package enum ProcessUsage {
    /// Nil where there is no `/proc`.
    package static func current() -> UsageSnapshot? {
        guard let stat = FileManager.default.contents(atPath: "/proc/self/stat"),
            let text = String(validating: stat, as: UTF8.self),
            let descriptors = try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")
        else { return nil }
        return self.usage(
            stat: text,
            descriptors: descriptors.count,
            ticks: sysconf(Int32(_SC_CLK_TCK)),
            pageSize: sysconf(Int32(_SC_PAGESIZE))
        )
    }

    /// - Parameters:
    ///   - stat: The line of `/proc/self/stat`.
    ///   - descriptors: How many are open.
    ///   - ticks: Clock ticks a second.
    ///   - pageSize: Bytes of a page of memory.
    /// - Returns: Nil where the line is not one.
    package static func usage(stat: String, descriptors: Int, ticks: Int, pageSize: Int) -> UsageSnapshot? {
        // The second field is the program's name and may hold anything, parentheses and spaces included.
        guard ticks > 0, let close = stat.lastIndex(of: ")") else { return nil }
        let fields = stat[stat.index(after: close)...].split(separator: " ")
        guard fields.count > 21, let user = Int64(fields[11]), let system = Int64(fields[12]),
            let pages = Int(fields[21])
        else { return nil }
        return UsageSnapshot(
            cpu: .microseconds((user + system) * 1_000_000 / Int64(ticks)),
            residentMemory: pages * pageSize,
            openDescriptors: descriptors
        )
    }
}
