import Linux
import Testing

@Suite struct TCPSocketTests {
    @Test(arguments: [InternetAddress.Host.loopbackV4]) func `connects and carries bytes`(host: InternetAddress.Host)
        throws
    {
        let listener = try TCPSocket.listen(on: InternetAddress(host, port: 0))
        let address = try TCPSocket.localAddress(of: listener)
        #expect(address.host == host)
        #expect(address.port != 0)
        #expect(try Self.acceptsNothing(listener))

        let client = try TCPSocket.connect(to: address)
        var poller = try Poller.make()
        try poller.add(client, token: 1, for: .writable)
        try poller.add(listener, token: 2, for: .readable)
        var ready: Set<UInt64> = []
        while ready != [1, 2] {
            for index in 0..<(try poller.wait(for: nil)) { ready.insert(poller[index].token) }
        }
        #expect(try TCPSocket.connectionError(of: client) == nil)
        guard let accepted = try TCPSocket.accept(on: listener) else {
            Issue.record("the listener was ready")
            return
        }
        #expect(try accepted.peer == TCPSocket.localAddress(of: client))
        let server = accepted.release()
        #expect(try TCPSocket.peerAddress(of: server) == TCPSocket.localAddress(of: client))

        try TCPSocket.setNoDelay(server)
        try TCPSocket.setSendBuffer(server, bytes: 65536)
        try TCPSocket.setReceiveBuffer(server, bytes: 65536)
        try TCPSocket.setKeepAlive(server, idle: .seconds(10), interval: .seconds(5), probes: 3)

        var bytes = [UInt8](repeating: 0, count: 16)
        #expect(try TCPSocket.receive(into: &bytes, from: server) == .wouldBlock)
        #expect(try TCPSocket.send([1, 2, 3, 4], from: 1, to: client) == .transferred(3))
        try TCPSocket.shutDownSending(client)
        try poller.add(server, token: 3, for: [.readable, .peerClosed])
        var seen: Poller.Readiness = []
        while !seen.contains(.peerClosed) {
            for index in 0..<(try poller.wait(for: nil)) where poller[index].token == 3 {
                seen.formUnion(poller[index].readiness)
            }
        }
        #expect(try TCPSocket.receive(into: &bytes, from: server) == .transferred(3))
        #expect(bytes.prefix(3) == [2, 3, 4])
        #expect(try TCPSocket.receive(into: &bytes, from: server) == .endOfStream)
    }

    /// Limits, health and logs see the address of IPv4 and not one of IPv6 that stands for it.
    @Test func `the wildcard of IPv6 takes both kinds of peers and tells each by its own address`() throws {
        let listener = try TCPSocket.listen(on: InternetAddress(.anyV6, port: 0))
        let port = try TCPSocket.localAddress(of: listener).port
        #expect(throws: LinuxError("bind", code: 98)) {
            _ = try TCPSocket.listen(on: InternetAddress(.anyV4, port: port))
        }
        var poller = try Poller.make()
        try poller.add(listener, token: 1, for: .readable)
        for host in [InternetAddress.Host.loopbackV4, .loopbackV6] {
            let client = try TCPSocket.connect(to: InternetAddress(host, port: port))
            while try poller.wait(for: nil) == 0 {}
            let accepted = try #require(try TCPSocket.accept(on: listener)?.peer)
            #expect(accepted.host == host)
            #expect(accepted.isLoopback)
            _ = consume client
        }
    }

    @Test func `a port in use is refused with the call and the reason`() throws {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let address = try TCPSocket.localAddress(of: listener)
        #expect(throws: LinuxError("bind", code: 98)) { _ = try TCPSocket.listen(on: address) }
    }

    @Test func `nobody listening is found when the connection completes`() throws {
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let address = try TCPSocket.localAddress(of: listener)
        Self.drop(listener)
        let client = try TCPSocket.connect(to: address)
        var poller = try Poller.make(capacity: 1)
        try poller.add(client, token: 1, for: .writable)
        #expect(try poller.wait(for: nil) == 1)
        #expect(try TCPSocket.connectionError(of: client)?.isConnectionRefused == true)
    }

    @Test func `a full buffer says so, a vanished peer throws`() throws {
        let pair = try TCPSocket.pair()
        let block = [UInt8](repeating: 9, count: 65536)
        var sent = 0
        while case .transferred(let count) = try TCPSocket.send(block, to: pair.first) { sent += count }
        #expect(sent > 0)
        let first = try pair.first.duplicate()
        Self.drop(pair)
        #expect(throws: LinuxError("send", code: 32)) { try TCPSocket.send(block, to: first) }
    }

    private static func acceptsNothing(_ listener: borrowing OwnedDescriptor) throws -> Bool {
        try TCPSocket.accept(on: listener) == nil
    }
    private static func drop(_ descriptor: consuming OwnedDescriptor) {}
    private static func drop(_ pair: consuming SocketPair) {}

    @Test func `peeking leaves the bytes where they are`() throws {
        let pair = try TCPSocket.pair()
        var bytes = [UInt8](repeating: 0, count: 8)
        #expect(try TCPSocket.peek(into: &bytes, at: pair.second) == .wouldBlock)
        _ = try TCPSocket.send([1, 2, 3], to: pair.first)
        for _ in 0..<2 {
            #expect(try TCPSocket.peek(into: &bytes, at: pair.second) == .transferred(3))
            #expect(bytes.prefix(3) == [1, 2, 3])
        }
        #expect(try TCPSocket.receive(into: &bytes, from: pair.second) == .transferred(3))
        try TCPSocket.shutDownSending(pair.first)
        #expect(try TCPSocket.peek(into: &bytes, at: pair.second) == .endOfStream)
    }
}
