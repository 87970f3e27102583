import Containers
import Contract
import Testing

/// What of this machine the tests need.
enum Machine {
    /// Those of the runtimes that can make containers here.
    static let runtimes: [Isolation] = [.runc, .crun].filter { Self.obstacle(to: $0) == nil }

    static let withPodman = Self.runtimes + (Self.obstacle(to: .podman) == nil ? [.podman] : [])

    static func obstacle(to isolation: Isolation) -> String? {
        do throws(RuntimeError) {
            if isolation == .podman { _ = try PodmanRuntime() } else { _ = try OCIRuntime(isolation) }
            return nil
        } catch {
            return error.description
        }
    }
}

/// Says in the log which of the runtimes the other tests leave out, and why.
@Suite struct MachineTests {
    @Test(.enabled(if: Machine.obstacle(to: .runc) == nil, "\(Machine.obstacle(to: .runc) ?? "")"))
    func runcIsTested() { #expect(Machine.runtimes.contains(.runc)) }

    @Test(.enabled(if: Machine.obstacle(to: .crun) == nil, "\(Machine.obstacle(to: .crun) ?? "")"))
    func crunIsTested() { #expect(Machine.runtimes.contains(.crun)) }

    @Test(.enabled(if: Machine.obstacle(to: .podman) == nil, "\(Machine.obstacle(to: .podman) ?? "")"))
    func podmanIsTested() { #expect(Machine.obstacle(to: .podman) == nil) }
}
