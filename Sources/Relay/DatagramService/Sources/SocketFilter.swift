import Admission
import Linux

/// What the kernel lets into a socket, and how much it kept out. A flood that is dropped as it comes takes no room from the
/// packets that are wanted, and costs its receiver nothing.
struct SocketFilter: Sendable {
    private let socket: HeldDescriptor
    private(set) var admission: UDPSocket.Admission?
    /// Of the kernel's count, when it was last looked at.
    private var dropped: UInt32 = 0

    /// Nil where no descriptor is left. Whoever had the socket before may have left it closed to others.
    init?(_ socket: borrowing OwnedDescriptor) {
        guard let copy = try? socket.duplicate() else { return nil }
        try? UDPSocket.admit(nil, to: copy)
        self.socket = HeldDescriptor(copy)
    }

    /// Lets those in and no others. Where the kernel refuses, as sandboxes do, everybody is let in and told apart here.
    ///
    /// - Returns: packets kept out until now that have not been told of.
    mutating func admit(_ wanted: UDPSocket.Admission?) -> UInt64 {
        let refused = self.refused()
        self.socket.lend { try? UDPSocket.admit(wanted, to: $0) }
        self.admission = wanted
        self.dropped = self.kernelCount
        return refused
    }

    /// Packets kept out since the last call; those that found no room left count among them.
    mutating func refused() -> UInt64 {
        guard self.admission != nil else { return 0 }
        let count = self.kernelCount
        defer { self.dropped = count }
        return UInt64(count &- self.dropped)
    }

    private var kernelCount: UInt32 { (self.socket.lend { UDPSocket.dropped(at: $0) } ?? nil) ?? self.dropped }
}
