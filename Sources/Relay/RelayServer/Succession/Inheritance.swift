package import Contract
import Fanout
package import Linux
import Synchronization
import Tape

/// What an instance that is dead has left: collected as the host restores it, and looked at once it may be used.
package final class Inheritance: Sendable {
    struct Heirloom: Sendable {
        let stored: StoredDescriptor
        let handover: Handover?
        let descriptor: HeldDescriptor
    }

    private let all = Mutex<[Heirloom]>([])

    package init() {}

    package func add(_ stored: StoredDescriptor, _ handover: Handover?, _ descriptor: consuming OwnedDescriptor) {
        let heirloom = Heirloom(stored: stored, handover: handover, descriptor: HeldDescriptor(descriptor))
        self.all.withLock { $0.append(heirloom) }
    }

    /// All of it, once.
    func take() -> [Heirloom] {
        self.all.withLock { all in
            defer { all = [] }
            return all
        }
    }
}
