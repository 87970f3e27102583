package import Contract
internal import Glibc
internal import Linux

/// The state directory is this process's alone for as long as it is held, and says where the process is found.
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
            let other = (try? HostFile(in: state)).map { " (process \($0.pid))" } ?? ""
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

    /// Tells commands where to ask; appears whole or not at all.
    package func publish(http: ListenAddress?) throws(HostError) {
        let address = http.map { address -> String in
            guard address.isWildcard else { return address.description }
            return address.isIPv6 ? "[::1]:\(address.port)" : "127.0.0.1:\(address.port)"
        }
        try HostFile(pid: Int(getpid()), http: address, version: BuildInfo.version).write(in: self.state)
    }

    package func withdraw() {
        try? SmallFile.remove(HostFile.path(in: self.state))
    }
}
