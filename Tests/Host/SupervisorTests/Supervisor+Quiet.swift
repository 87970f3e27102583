import Logging
import Supervisor
import SupervisorToolkit

extension Supervisor {
    /// One that tells nobody of what becomes of its relays.
    convenience init(quietly runtime: FakeRuntime) throws {
        try self.init(
            runtime: runtime,
            plan: InstancePlan(program: "/bin/relay"),
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            onReady: { _ in },
            onReturned: { _, _, _ in },
            onStranded: { _, _, _ in }
        )
    }
}
