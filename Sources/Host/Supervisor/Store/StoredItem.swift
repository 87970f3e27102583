import Holder
import Linux
import Synchronization

/// What the host has of something that a relay stored: a descriptor, and where the host's own death is to be outlived, another
/// in the process that holds them.
package final class StoredItem: Sendable {
    let held: HeldDescriptor
    private let hold: Mutex<Holder.Hold?>

    init(_ held: HeldDescriptor, hold: Holder.Hold? = nil) {
        self.held = held
        self.hold = Mutex(hold)
    }

    /// Has it held beside the host from here on, under what is said of it.
    func hold(_ thing: HeldThing, by holder: Holder) {
        let hold = holder.hold(thing, self.held)
        self.hold.withLock { $0 = hold }
    }

    func relabel(_ thing: HeldThing) { self.hold.withLock { $0 }?.relabel(thing) }
}
