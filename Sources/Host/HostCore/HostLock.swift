internal import Linux

/// The state directory is this process's alone for as long as it is held.
package final class HostLock: Sendable {
    private let hold: HeldDescriptor
    private let state: String

    /// Throws where another host has the directory.
    package init(_ state: String) async throws(HostError) {
        self.state = state
        let hold: HeldDescriptor?
        do throws(LinuxError) {
            hold = try await Self.hold(state)
        } catch {
            throw HostError("\(state) cannot be locked: \(error)")
        }
        guard let hold else {
            let other = HostSocket.process(in: state).map { " (process \($0))" } ?? ""
            throw HostError(
                "another host\(other) is running with the state directory \(state): stop that one, or name another "
                    + "directory with --state"
            )
        }
        self.hold = hold
    }

    /// A command that looks whether a host runs holds the directory for a moment.
    private static func hold(_ state: String) async throws(LinuxError) -> HeldDescriptor? {
        for _ in 0..<10 {
            if let held = try Directory.hold(state, waiting: false) { return HeldDescriptor(held) }
            try? await Task.sleep(for: .milliseconds(20))
        }
        return nil
    }

    /// Whether a host runs with the state directory: the kernel lets go of it when that dies, however it does. Where it may
    /// not be looked into, nobody knows, and it counts as held.
    package static func isHeld(_ state: String) -> Bool {
        do throws(LinuxError) {
            return try Directory.hold(state, waiting: false) == nil
        } catch {
            return !error.isMissing
        }
    }

    /// Commands do not find the host here any more.
    package func withdraw() {
        try? SmallFile.remove(HostSocket.path(in: self.state))
    }
}
