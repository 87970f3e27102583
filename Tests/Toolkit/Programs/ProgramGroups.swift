import Dispatch
import Glibc
import Synchronization

/// The process groups that tests have started and that may still be alive.
final class ProgramGroups: Sendable {
    static let shared = ProgramGroups()

    private let groups = Mutex<Set<pid_t>>([])
    /// Programs that were asked to end and have not yet.
    private let departing = DispatchGroup()

    /// How long the end of the test process waits for those, seconds.
    private static let departureTime = 5.0

    private init() {
        atexit {
            _ = ProgramGroups.shared.departing.wait(timeout: .now() + ProgramGroups.departureTime)
            ProgramGroups.shared.killAll()
        }
    }

    /// Somebody was asked to end. Left when that has happened.
    func departure() -> DispatchGroup {
        self.departing.enter()
        return self.departing
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
