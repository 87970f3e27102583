internal import Linux

/// What is written down of an instance beside its bundle, for a later host process that finds it.
struct InstanceRecord {
    let directory: String

    /// The number and the start time of its first process.
    func write(pid: Int32) throws(LinuxError) {
        let start = ProcessTree.startTime(of: pid) ?? 0
        try SmallFile.write("\(pid) \(start)\n", to: "\(self.directory)/process")
        if let groups = try? SmallFile.read("/proc/\(pid)/cgroup") {
            try SmallFile.write(groups, to: "\(self.directory)/groups")
        }
    }

    /// As /proc/PID/cgroup says it.
    var groups: String { (try? SmallFile.read("\(self.directory)/groups")) ?? "" }

    /// Kills the first process if it is still the one that was written down; whether it was.
    func kill() -> Bool {
        let words = ((try? SmallFile.read("\(self.directory)/process")) ?? "").split { $0 == " " || $0 == "\n" }
        guard words.count == 2, let pid = Int32(words[0]), let start = UInt64(words[1]), start > 0,
            let process = try? ProcessHandle.open(pid), ProcessTree.startTime(of: pid) == start
        else { return false }
        process.signalGroup(9)
        process.kill()
        return process.awaitEnd(until: MonotonicClock.now.advanced(by: .seconds(2)))
    }
}
