/// What the kernel counts of the control group that this process is in: a container's, a pod's or a service's.
package struct OwnControlGroup: Sendable {
    private let root: String
    private let membership: String

    /// - Parameters:
    ///   - root: Where control groups are mounted.
    ///   - membership: The file that says in which ones this process is.
    package init(root: String = "/sys/fs/cgroup", membership: String = "/proc/self/cgroup") {
        self.root = root
        self.membership = membership
    }

    /// For how long its limit has kept it from the processor; nil where the kernel does not count that.
    package var throttled: Duration? {
        for folder in self.folders {
            guard let text = try? SmallFile.read("\(folder)/cpu.stat"), let time = Self.throttled(in: text) else {
                continue
            }
            return time
        }
        return nil
    }

    /// Inside a container what is mounted is often the group itself, whatever its path is called outside: then it has none of
    /// that path.
    private var folders: [String] {
        let lines = ((try? SmallFile.read(self.membership)) ?? "").split(separator: "\n")
        var folders: [String] = []
        for line in lines {
            // `hierarchy:controllers:path`; of version 2 there is one, without controllers.
            let words = line.split(separator: ":", maxSplits: 2, omittingEmptySubsequences: false)
            guard words.count == 3 else { continue }
            let isUnified = words[1].isEmpty
            guard isUnified || words[1].split(separator: ",").contains("cpu") else { continue }
            let mounts =
                isUnified ? [self.root, "\(self.root)/unified"] : ["\(self.root)/\(words[1])", "\(self.root)/cpu"]
            folders += mounts.map { $0 + words[2] } + mounts
        }
        return folders
    }

    /// What a file `cpu.stat` says, of either version.
    package static func throttled(in text: String) -> Duration? {
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ")
            guard words.count == 2, let time = Int64(words[1]), time >= 0 else { continue }
            if words[0] == "throttled_usec" { return .microseconds(time) }
            if words[0] == "throttled_time" { return .nanoseconds(time) }
        }
        return nil
    }
}
