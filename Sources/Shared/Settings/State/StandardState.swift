import Linux

/// Where state is kept when nobody says.
package enum StandardState {
    /// Of root, and of whoever was given it: the user of a service, or of a container's image.
    package static let system = "/var/lib/transponder"

    /// - Parameters:
    ///   - user: Who runs the process; 0 is root.
    ///   - environment: `XDG_STATE_HOME` and `HOME` say where a user's own state is (XDG Base Directory Specification).
    ///   - isGiven: Whether the system's directory is there and the user may write into it. In a container `HOME` is often a
    ///     directory that does not exist.
    /// - Returns: The path of the directory.
    package static func path(
        user: UInt32 = ProcessTree.user,
        environment: [String: String],
        isGiven: (_ user: UInt32) -> Bool = { $0 == ProcessTree.user && Directory.isWritable(StandardState.system) }
    ) -> String {
        user == 0 || isGiven(user) ? self.system : self.own(environment) ?? self.system
    }

    /// Where those look who do not know whether root or they themselves started the host.
    package static func candidates(environment: [String: String]) -> [String] {
        (self.own(environment).map { [$0] } ?? []) + [self.system]
    }

    private static func own(_ environment: [String: String]) -> String? {
        // Relative paths in it are to be ignored.
        if let state = environment["XDG_STATE_HOME"], state.hasPrefix("/") { return "\(state)/transponder" }
        return environment["HOME"].flatMap { $0.hasPrefix("/") ? "\($0)/.local/state/transponder" : nil }
    }
}
