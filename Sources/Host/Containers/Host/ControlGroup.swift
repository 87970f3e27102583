internal import Linux

/// The control group of one instance, in whichever hierarchies it is.
package struct ControlGroup: Sendable {
    private let folders: [Folder]

    private struct Folder: Sendable {
        let path: String
        let hierarchy: CgroupLayout.Hierarchy
    }

    /// The runtimes were told to name the group by the id; `recorded` is what /proc/PID/cgroup said of the first process,
    /// where that is known.
    package init(of id: String, in layout: CgroupLayout, recorded: String = "") {
        let paths = Set(
            recorded.split(separator: "\n").compactMap { line in
                // `hierarchy:controllers:path`; a group not named for the instance is not the instance's.
                line.split(separator: ":", maxSplits: 2).last.map(String.init).flatMap { $0.contains(id) ? $0 : nil }
            } + ["/\(id)", "/system.slice/\(id).scope"]
        )
        self.folders = layout.hierarchies.flatMap { hierarchy in
            paths.map { Folder(path: hierarchy.path + $0, hierarchy: hierarchy) }
        }
    }

    /// Those of its folders that are there.
    var traces: [String] {
        self.folders.map(\.path).filter { SmallFile.kind(of: $0) != nil }
    }

    /// How often the kernel has ended a process of it for memory.
    var memoryKills: Int {
        let counts = self.folders.compactMap { folder -> Int? in
            guard folder.hierarchy.controllers.contains("memory") else { return nil }
            let name = folder.hierarchy.isUnified ? "memory.events" : "memory.oom_control"
            guard let text = try? SmallFile.read("\(folder.path)/\(name)") else { return nil }
            return Self.value(of: "oom_kill", in: text)
        }
        return counts.max() ?? 0
    }

    /// For how long its limit has kept it from the processor; nil where the kernel does not count that.
    package var throttled: Duration? {
        let times = self.folders.compactMap { folder -> Duration? in
            guard folder.hierarchy.controllers.contains("cpu"),
                let text = try? SmallFile.read("\(folder.path)/cpu.stat")
            else { return nil }
            return OwnControlGroup.throttled(in: text)
        }
        return times.max()
    }

    static func value(of key: String, in text: String) -> Int? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            if words.count == 2, words[0] == key { return Int(words[1]) }
        }
        return nil
    }

    var processes: Set<Int32> {
        Set(
            self.traces.flatMap { path in
                let text = (try? SmallFile.read("\(path)/cgroup.procs")) ?? ""
                return text.split(separator: "\n").compactMap { Int32($0) }
            }
        )
    }

    /// Kills what is in it and removes it, as far as that comes to an end in time.
    func clear(until deadline: ContinuousClock.Instant) async {
        while true {
            for pid in self.processes {
                guard let process = try? ProcessHandle.open(pid) else { continue }
                process.kill()
                // Orphans of a runtime that was killed are ours.
                _ = try? process.collect()
            }
            for path in self.traces { try? Directory.remove(path) }
            guard !self.traces.isEmpty, ContinuousClock.now < deadline else { return }
            // The kernel says of a dying group neither when it is empty nor, in version 1, when it is gone.
            try? await Task.sleep(for: .milliseconds(5))
        }
    }
}
