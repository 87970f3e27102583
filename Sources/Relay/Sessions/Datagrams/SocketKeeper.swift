package import Linux

/// Has somebody else hold duplicates of UDP sockets, who gives them to whoever follows when this process dies. It must not block.
package protocol SocketKeeper: Sendable {
    /// - Returns: a number for ``forget(_:)``, by which whoever follows has it; nil if it cannot be kept.
    func keep(_ socket: HeldDescriptor) -> UInt64?

    /// The same of the connection of a publisher that sends datagrams.
    func keep(recorder connection: borrowing OwnedDescriptor) -> UInt64?

    /// It is of no more use.
    func forget(_ number: UInt64)
}

/// UDP sockets of a process that is dead, by their numbers.
package struct KeptSockets: Sendable {
    private var sockets: [UInt64: HeldDescriptor]

    package init(_ sockets: [UInt64: HeldDescriptor]) {
        self.sockets = sockets
    }

    /// All of those numbers, once: nobody else gets any of them. Nil where one is not there, or twice; then the others are left.
    package mutating func take(_ numbers: [UInt64]) -> [HeldDescriptor]? {
        let found = numbers.compactMap { self.sockets[$0] }
        guard found.count == numbers.count, Set(numbers).count == numbers.count else { return nil }
        for number in numbers { self.sockets[number] = nil }
        return found
    }

    /// Those that nobody has taken.
    package var left: [UInt64] { Array(self.sockets.keys) }
}
