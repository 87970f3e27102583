internal import Synchronization

/// The files beside its own that a configuration names, as it was last read: where one of them changes, so does what the
/// configuration means.
package final class NamedFiles: Sendable {
    private let names = Mutex<Set<String>>([])

    package init() {}

    /// Their paths, those that could not be read among them.
    package var paths: Set<String> { self.names.withLock { $0 } }

    func forget() { self.names.withLock { $0 = [] } }
    func note(_ path: String) { self.names.withLock { _ = $0.insert(path) } }
}
