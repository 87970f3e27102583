internal import Glibc

/// The processes that a process has started, as /proc lists them.
package enum ProcessTree {
    /// All that descend from it, parents before their children.
    package static func descendants(of pid: Int32) -> [Int32] {
        var found: [Int32] = []
        var open = [pid]
        while !open.isEmpty {
            open = open.flatMap(Self.children)
            found += open
        }
        return found
    }

    static func children(of pid: Int32) -> [Int32] {
        let tasks = (try? Directory.entries(of: "/proc/\(pid)/task")) ?? []
        return tasks.flatMap { task in
            let text = (try? SmallFile.read("/proc/\(pid)/task/\(task)/children")) ?? ""
            return text.split(separator: " ").compactMap { Int32($0) }
        }
    }

    /// When a process was started, in the kernel's ticks since boot: with its number, this names it until the next boot.
    package static func startTime(of pid: Int32) -> UInt64? {
        let text = (try? SmallFile.read("/proc/\(pid)/stat")) ?? ""
        guard let name = text.lastIndex(of: ")") else { return nil }
        // The 22nd field (proc_pid_stat(5)); the name, which is the second, may hold anything.
        let fields = text[name...].split(separator: " ")
        return fields.count > 20 ? UInt64(fields[20]) : nil
    }

    /// Whether it is a zombie: ended, with nobody having collected it.
    static func hasEnded(_ pid: Int32) -> Bool {
        let text = (try? SmallFile.read("/proc/\(pid)/stat")) ?? ""
        guard let name = text.lastIndex(of: ")") else { return false }
        return text[name...].dropFirst().first { $0 != " " } == "Z"
    }

    package static var own: Int32 { getpid() }
    package static var user: UInt32 { geteuid() }
    package static var group: UInt32 { getegid() }
}
