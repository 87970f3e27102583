/// Memory that processes hold, in KiB, from `/proc/PID/smaps_rollup` (proc(5)).
struct MemoryUse: Hashable, Sendable {
    /// Resident pages, those shared with other processes included.
    var resident = 0
    /// The same, but shared pages divided among those who share them.
    var proportional = 0
    /// Pages no file is behind: heap and stacks. Rings in a memfd and programs' texts are not among them.
    var anonymous = 0

    static func sample(_ processes: [Int]) -> MemoryUse {
        var sum = MemoryUse()
        for process in ProcessTree.members(of: processes) {
            let text = ProcessTree.text("/proc/\(process)/smaps_rollup") ?? ""
            sum.resident += ProcessTree.number("Rss", in: text) ?? 0
            sum.proportional += ProcessTree.number("Pss", in: text) ?? 0
            sum.anonymous += ProcessTree.number("Anonymous", in: text) ?? 0
        }
        return sum
    }
}
