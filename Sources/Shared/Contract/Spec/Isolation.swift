/// What keeps a relay from the rest of the machine.
package enum Isolation: String, Hashable, Sendable, Codable, CaseIterable {
    case runc, crun, podman
    /// A child process without a container; only when somebody asks for it.
    case none
}
