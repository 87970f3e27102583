import Synchronization

/// Whether the relay is ending: it takes nobody more, and whoever is on air may come back to whatever follows it.
package final class RelayEnding: Sendable {
    private let flag = Atomic(false)

    package init() {}

    package var hasBegun: Bool { self.flag.load(ordering: .acquiring) }

    package func begin() { self.flag.store(true, ordering: .releasing) }
}
