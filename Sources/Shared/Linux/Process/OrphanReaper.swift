internal import CLinux

/// Collects the ends of children that nobody here knows: orphans this process has adopted, such as what a container's
/// engine leaves behind.
///
/// Whoever starts a process, or awaits its end, holds a ``ProcessHandle`` of it; those are left alone. So is what ended
/// since the last time: a runtime's orphan is taken up only when its number has been read from a file.
package struct OrphanReaper: Sendable {
    private struct Child: Hashable {
        let pid: Int32
        let startTime: UInt64
    }

    private var suspects: Set<Child> = []

    package init() {}

    /// To be called every few seconds. Where the process adopts no orphans (``ProcessHandle/adoptOrphans()``), all its children
    /// are somebody's, and none is collected.
    ///
    /// - Returns: how many were collected.
    @discardableResult
    package mutating func sweep() -> Int {
        guard linux_is_reaper() != 0 else { return 0 }
        var ended: Set<Child> = []
        for pid in ProcessTree.children(of: ProcessTree.own) where ProcessTree.hasEnded(pid) {
            if let startTime = ProcessTree.startTime(of: pid) { ended.insert(Child(pid: pid, startTime: startTime)) }
        }
        let old = ended.intersection(self.suspects).filter { !HeldProcesses.contains($0.pid) }
        self.suspects = ended.subtracting(old)
        var count = 0
        for child in old {
            guard let handle = try? ProcessHandle.open(child.pid), (try? handle.collect()) != nil else { continue }
            count += 1
        }
        return count
    }
}
