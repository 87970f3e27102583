package import Containers
package import Contract

/// The container runtime that the configuration asks for. None is put in the place of another.
package enum RuntimeChoice {
    package static func make(_ isolation: Isolation) throws(RuntimeError) -> any ContainerRuntime {
        switch isolation {
        case .runc, .crun: try OCIRuntime(isolation)
        case .podman: try PodmanRuntime()
        case .none: BareRuntime()
        }
    }
}
