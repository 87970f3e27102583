import Linux
import Testing

@Suite struct SocketProgressTests {
    /// A connection that is open, by the kernel's reckoning too.
    private static func connection() throws -> (client: HeldDescriptor, server: HeldDescriptor) {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let client = try TCPSocket.connect(to: TCPSocket.localAddress(of: listener))
        var poller = try Poller.make()
        try poller.add(listener, token: 1, for: .readable)
        _ = try poller.wait(for: .seconds(20))
        guard let accepted = try TCPSocket.accept(on: listener) else { throw NobodyCame() }
        return (HeldDescriptor(client), HeldDescriptor(accepted.release()))
    }

    private struct NobodyCame: Error {}

    private static func waitToRead(_ socket: borrowing OwnedDescriptor) throws {
        var poller = try Poller.make()
        try poller.add(socket, token: 1, for: .readable)
        #expect(try poller.wait(for: .seconds(20)) == 1)
    }

    @Test func `reading and writing are counted under every descriptor, and looking is not`() throws {
        let (held, other) = try Self.connection()
        guard let client = held.take(), let server = other.take() else { return }
        guard let copy = HeldDescriptor(copyOf: server) else { return }
        let before = try #require(SocketProgress(of: copy))
        #expect(before.isOpen)

        _ = try TCPSocket.send([1, 2, 3, 4, 5], to: client)
        try Self.waitToRead(server)
        var bytes = [UInt8](repeating: 0, count: 3)
        #expect(try TCPSocket.peek(into: &bytes, at: server) == .transferred(3))
        #expect(SocketProgress(of: copy) == before)
        #expect(try TCPSocket.receive(into: &bytes, from: server) == .transferred(3))
        #expect(SocketProgress(of: copy)?.taken == before.taken + 3)
        #expect(try TCPSocket.receive(into: &bytes, from: server) == .transferred(2))
        #expect(SocketProgress(of: copy)?.taken == before.taken + 5)

        // Whether the peer has read it or not.
        #expect(try TCPSocket.send([1, 2, 3, 4], to: server) == .transferred(4))
        #expect(SocketProgress(of: copy)?.given == before.given + 4)
        try Self.waitToRead(client)
        #expect(SocketProgress(of: copy)?.given == before.given + 4)
    }

    @Test func `an end on either side is seen`() throws {
        let (held, other) = try Self.connection()
        guard let client = held.take(), let server = other.take() else { return }
        try TCPSocket.shutDownSending(client)
        try Self.waitToRead(server)
        #expect(SocketProgress(of: server)?.isOpen == false)
        #expect(SocketProgress(of: client)?.isOpen == false)
    }

    @Test func `a connection ends for its peer whoever else has a descriptor of it`() throws {
        let (held, other) = try Self.connection()
        guard let client = held.take(), let server = other.take() else { return }
        guard let copy = HeldDescriptor(copyOf: server) else { return }
        TCPSocket.hangUp(server)
        try Self.waitToRead(client)
        var bytes = [UInt8](repeating: 0, count: 3)
        #expect(try TCPSocket.receive(into: &bytes, from: client) == .endOfStream)
        #expect(SocketProgress(of: copy)?.isOpen == false)
    }

    @Test func `what the kernel does not count is not made up`() throws {
        let pair = try TCPSocket.pair().parted()
        #expect(SocketProgress(of: pair.first) == nil)
        _ = pair.first.take()
        #expect(SocketProgress(of: pair.first) == nil)
    }
}
