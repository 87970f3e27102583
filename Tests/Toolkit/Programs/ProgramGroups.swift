import Glibc
import Synchronization

/// The process groups that tests have started and that may still be alive.
final class ProgramGroups: Sendable {
    static let shared = ProgramGroups()

    private let groups = Mutex<Set<pid_t>>([])

    private init() {
        atexit { ProgramGroups.shared.killAll() }
    }

    func add(_ group: pid_t) {
        self.groups.withLock { _ = $0.insert(group) }
    }

    /// Kills the group once. Its leader's number stays taken while any process of the group lives.
    func kill(_ group: pid_t) {
        let isKnown = self.groups.withLock { $0.remove(group) != nil }
        if isKnown, group > 1 { _ = Glibc.kill(-group, SIGKILL) }
    }

    private func killAll() {
        for group in self.groups.withLock({ $0 }) { self.kill(group) }
    }
}
