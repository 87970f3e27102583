internal import Synchronization

/// The processes that somebody in this one has a handle of.
enum HeldProcesses {
    private static let counts = Mutex<[Int32: Int]>([:])

    static func add(_ pid: Int32) {
        self.counts.withLock { $0[pid, default: 0] += 1 }
    }

    static func remove(_ pid: Int32) {
        self.counts.withLock { counts in
            counts[pid] = counts[pid].flatMap { $0 > 1 ? $0 - 1 : nil }
        }
    }

    static func contains(_ pid: Int32) -> Bool {
        self.counts.withLock { $0[pid] != nil }
    }
}
