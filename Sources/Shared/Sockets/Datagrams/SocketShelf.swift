package import Contract
package import Linux
import Synchronization

/// The UDP sockets that a relay's configuration calls for: bound once, kept while instances come and go, so that nothing
/// that is sent meanwhile is refused, and what fits the kernel's buffer is not even lost.
package final class SocketShelf: Sendable {
    private struct State {
        var sockets: [SocketNeed: HeldDescriptor] = [:]
        var failures: [SocketNeed: DatagramFailure] = [:]
        var needs: [SocketNeed] = []
    }

    private let state = Mutex(State())

    package init() {}

    /// Binds what is needed and closes the rest; what could not be bound is tried again at every call.
    ///
    /// - Returns: what failed now and had not failed before.
    @discardableResult
    package func stock(_ needs: [SocketNeed]) -> [DatagramFailure] {
        self.state.withLock { state in
            let wanted = Set(needs)
            state.needs = needs
            state.sockets = state.sockets.filter { wanted.contains($0.key) }
            let before = state.failures
            state.failures = [:]
            var fresh: [DatagramFailure] = []
            for need in needs where state.sockets[need] == nil {
                do throws(DatagramFailure) {
                    state.sockets[need] = HeldDescriptor(try DatagramOpener.open(need))
                } catch {
                    state.failures[need] = error
                    if before[need] != error { fresh.append(error) }
                }
            }
            return fresh
        }
    }

    /// Tries again what could not be bound.
    ///
    /// - Returns: whether anything more is there now.
    package func retry() -> Bool {
        let (needs, missing) = self.state.withLock { ($0.needs, $0.failures.count) }
        guard missing > 0 else { return false }
        self.stock(needs)
        return self.state.withLock { $0.failures.count } < missing
    }

    /// Why something is not there.
    package var failures: [DatagramFailure] {
        self.state.withLock { state in state.needs.compactMap { state.failures[$0] } }
    }

    /// What is there, in the order it was asked for.
    package var stocked: [SocketNeed] {
        self.state.withLock { state in state.needs.filter { state.sockets[$0] != nil } }
    }

    /// Another descriptor of a socket, without what its last holder may have left on it. One that cannot be cleaned is bound
    /// anew once nobody has it any more; until then it is missing.
    package func copy(of need: SocketNeed) -> OwnedDescriptor? {
        let held = self.state.withLock { $0.sockets[need] }
        guard let copy = try? held?.duplicate() else { return nil }
        guard !UDPSocket.clean(copy, receiveBuffer: DatagramOpener.receiveBuffer) else { return copy }
        self.state.withLock { state in
            state.sockets[need] = nil
            state.failures[need] = DatagramFailure(
                "The UDP port \(need.address.port) was made useless by the relay that had it; it is opened again."
            )
        }
        return nil
    }
}
