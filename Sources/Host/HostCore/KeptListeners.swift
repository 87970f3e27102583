internal import Contract
internal import FrontDoor
internal import Holder
internal import Linux
internal import Synchronization

/// The host's listeners, each held beside the host, too: who connects after its death waits in the kernel's queue for the
/// host that follows.
final class KeptListeners: Sendable {
    private struct Kept: Sendable {
        let kind: WireProtocol
        let wanted: String
        /// Where it really listens.
        let bound: String
        let descriptor: HeldDescriptor
        let hold: Holder.Hold
        /// Whether it is one of this host's; otherwise nobody has asked for it yet.
        var isInUse: Bool
    }

    private let holder: Holder?
    private let kept: Mutex<[Kept]>

    /// - Parameter holder: has those of a host that died; nil where none outlives the host.
    init(_ holder: Holder?) {
        self.holder = holder
        let left = holder?.takeLeft { !$0.isStored } ?? []
        self.kept = Mutex(
            left.compactMap { left in
                guard case .listener(let kind, let wanted) = left.thing else { return nil }
                return Kept(
                    kind: kind,
                    wanted: wanted,
                    bound: Self.address(of: left.descriptor),
                    descriptor: left.descriptor,
                    hold: left.hold,
                    isInUse: false
                )
            }
        )
    }

    /// One that is held for that address, or a new one.
    func open(
        _ wanted: ListenAddress,
        at address: ListenAddress,
        for kind: WireProtocol
    ) throws(LinuxError) -> OwnedDescriptor {
        let known = self.kept.withLock { kept -> HeldDescriptor? in
            let index = kept.firstIndex { one in
                // One that the door has closed, and opens again since another could not be opened, cannot be bound a second time.
                one.kind == kind
                    && (one.isInUse ? one.bound == address.description : one.wanted == wanted.description)
            }
            guard let index else { return nil }
            kept[index].isInUse = true
            return kept[index].descriptor
        }
        if let known, let copy = try known.duplicate() { return copy }
        let listener = try FrontDoor.listener(at: address)
        guard let holder = self.holder, let copy = HeldDescriptor(copyOf: listener),
            let hold = holder.hold(.listener(kind, wanted: wanted.description), copy)
        else { return listener }
        self.kept.withLock {
            $0.append(
                Kept(
                    kind: kind,
                    wanted: wanted.description,
                    bound: Self.address(of: copy),
                    descriptor: copy,
                    hold: hold,
                    isInUse: true
                )
            )
        }
        return listener
    }

    private static func address(of listener: HeldDescriptor) -> String {
        (listener.lend { try? TCPSocket.localAddress(of: $0) } ?? nil)?.description ?? ""
    }

    /// Lets go of those of a protocol that are at other addresses.
    func keep(_ addresses: [ListenAddress], for kind: WireProtocol) {
        let wanted = Set(addresses.map(\.description))
        self.kept.withLock { kept in
            kept.removeAll { $0.kind == kind && (!$0.isInUse || !wanted.contains($0.wanted)) }
        }
    }

    /// Lets go of all.
    func letGo() { self.kept.withLock { $0 = [] } }
}
