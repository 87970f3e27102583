internal import Synchronization

/// A descriptor where values must be copyable, as in a list: it is closed with its last holder unless somebody has
/// taken it.
package final class HeldDescriptor: Sendable {
    private let descriptor: Mutex<OwnedDescriptor?>

    package init(_ descriptor: consuming OwnedDescriptor) {
        self.descriptor = Mutex(descriptor)
    }

    private init() {
        self.descriptor = Mutex(nil)
    }

    /// Stands for one that came and could not be taken; it is as if somebody had taken it.
    package static func lost() -> HeldDescriptor { HeldDescriptor() }

    /// Holds another descriptor of the same open file; nil where the process has none left.
    package convenience init?(copyOf descriptor: borrowing OwnedDescriptor) {
        guard let copy = try? descriptor.duplicate() else { return nil }
        self.init(copy)
    }

    /// The descriptor, once: whoever takes it closes it.
    package func take() -> OwnedDescriptor? {
        self.descriptor.withLock { $0.take() }
    }

    /// Another descriptor of the same open file; nil when it was taken.
    package func duplicate() throws(LinuxError) -> OwnedDescriptor? {
        let result = self.descriptor.withLock { held -> Result<HeldDescriptor?, LinuxError> in
            guard let descriptor = held.take() else { return .success(nil) }
            let copy = Result { () throws(LinuxError) in HeldDescriptor(try descriptor.duplicate()) }
            held = consume descriptor
            return copy.map { $0 }
        }
        return try result.get()?.take()
    }

    /// Lends the kernel's number for as long as the call lasts; -1 when it was taken.
    package func withNumber<Result: Sendable>(_ body: (CInt) -> Result) -> Result {
        self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return body(-1) }
            let result = body(descriptor.number)
            held = consume descriptor
            return result
        }
    }

    /// Lends the descriptor for as long as the call lasts; nil when it was taken.
    package func lend<Result: Sendable>(_ body: (borrowing OwnedDescriptor) -> Result) -> Result? {
        self.descriptor.withLock { held in
            guard let descriptor = held.take() else { return nil }
            let result = body(descriptor)
            held = consume descriptor
            return result
        }
    }
}
