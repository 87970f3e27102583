import Foundation

/// The control group that limits a process's memory, of either version.
struct MemoryGroup {
    private let usage: String
    private let limit: String

    init(of process: Int32) throws {
        let text = try String(contentsOfFile: "/proc/\(process)/cgroup", encoding: .utf8)
        let lines = text.split(separator: "\n").map { $0.split(separator: ":", maxSplits: 2) }
        if let old = lines.first(where: { $0.count == 3 && $0[1].split(separator: ",").contains("memory") }) {
            let path = "/sys/fs/cgroup/memory\(old[2])"
            self.usage = path + "/memory.usage_in_bytes"
            self.limit = path + "/memory.limit_in_bytes"
        } else {
            let path = "/sys/fs/cgroup\(lines.last?.last ?? "")"
            self.usage = path + "/memory.current"
            self.limit = path + "/memory.max"
        }
    }

    /// Leaves so little room that the next thing of any size goes over it.
    func squeeze(leaving room: Int) throws {
        let text = try String(contentsOfFile: self.usage, encoding: .utf8)
        let used = Int(text.trimmingCharacters(in: .whitespacesAndNewlines)) ?? 0
        try "\(used + room)".write(toFile: self.limit, atomically: false, encoding: .utf8)
    }
}
