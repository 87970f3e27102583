import Glibc
import Linux
import Testing

@Suite struct UDPSocketTests {
    private static let group = InternetAddress.Host.v4(0xef01_0203)

    @Test func anAddressIsTakenOnceUnlessItIsShared() throws {
        let first = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let address = try UDPSocket.localAddress(of: first)
        #expect(throws: LinuxError.self) { _ = try UDPSocket.bind(to: address) }
        let shared = try UDPSocket.bind(to: InternetAddress(Self.group, port: 0), isShared: true)
        _ = try UDPSocket.bind(to: UDPSocket.localAddress(of: shared), isShared: true)
    }

    @Test func theLoopbackInterfaceIsFoundByNameAndByAddress() {
        let named = UDPSocket.Interface(named: "lo")
        #expect(named != nil)
        #expect(UDPSocket.Interface(having: .loopbackV4) == named)
        #expect(UDPSocket.Interface(named: "none-such") == nil)
        #expect(UDPSocket.Interface(having: .v4(0x0102_0304)) == nil)
    }

    @Test func aGroupIsJoinedAndSentTo() throws {
        let interface = try #require(UDPSocket.Interface(named: "lo"))
        let receiver = try UDPSocket.bind(to: InternetAddress(Self.group, port: 0), isShared: true)
        try UDPSocket.join(receiver, Self.group, at: interface, from: nil)
        let filtered = try UDPSocket.bind(to: UDPSocket.localAddress(of: receiver), isShared: true)
        try UDPSocket.join(filtered, Self.group, at: interface, from: .loopbackV4)
        let sender = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        try UDPSocket.setMulticast(sender, isIPv6: false, at: interface, ttl: 1)
        #expect(throws: LinuxError.self) {
            try UDPSocket.join(sender, .loopbackV4, at: interface, from: nil)
        }
    }

    @Test(arguments: [InternetAddress.Host.loopbackV4, .loopbackV6])
    func theKernelKeepsOutWhoIsNotAdmitted(_ host: InternetAddress.Host) throws {
        let receiver = try UDPSocket.bind(to: InternetAddress(host, port: 0))
        let address = try UDPSocket.localAddress(of: receiver)
        let wanted = try Peer(to: address)
        let stranger = try Peer(to: address)
        var other = host
        if case .v4(let bits) = host { other = .v4(bits + 1) } else { other = .v6(0, 2, scope: 0) }
        let admissions: [(UDPSocket.Admission?, Int)] = [
            (nil, 2), (.init(host, port: wanted.port), 1), (.init(host), 2), (.init(other), 0),
            (.init(other, port: wanted.port), 0), (nil, 2), (nil, 2),
        ]
        for (admission, expected) in admissions {
            try UDPSocket.admit(admission, to: receiver)
            let before = UDPSocket.dropped(at: receiver)
            wanted.send(1)
            stranger.send(2)
            let came = Peer.received(by: receiver)
            let dropped = UDPSocket.dropped(at: receiver)
            #expect(came == [UInt8](1...2).dropLast(2 - expected), "\(String(describing: admission))")
            #expect(try #require(dropped) - #require(before) == UInt32(2 - expected))
        }
    }

    /// A flood of more than the queue holds leaves room for what is wanted.
    @Test func aFloodTakesNoRoom() throws {
        let receiver = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        try UDPSocket.setReceiveBuffer(receiver, bytes: 4096)
        let address = try UDPSocket.localAddress(of: receiver)
        let wanted = try Peer(to: address)
        let stranger = try Peer(to: address)
        try UDPSocket.admit(.init(.loopbackV4, port: wanted.port), to: receiver)
        for _ in 0..<1000 { stranger.send(2) }
        wanted.send(1)
        let (came, dropped) = (Peer.received(by: receiver), UDPSocket.dropped(at: receiver))
        #expect(came == [1])
        #expect(dropped == 1000)
        try UDPSocket.admit(nil, to: receiver)
        for _ in 0..<1000 { stranger.send(2) }
        wanted.send(1)
        let flooded = Peer.received(by: receiver)
        #expect(!flooded.isEmpty && !flooded.contains(1))
    }

    /// A socket that sends single bytes.
    private struct Peer {
        private let socket: HeldDescriptor
        let port: UInt16

        init(to address: InternetAddress) throws {
            let host: InternetAddress.Host = address.isIPv6 ? .loopbackV6 : .loopbackV4
            let own = try UDPSocket.bind(to: InternetAddress(host, port: 0))
            self.port = try UDPSocket.localAddress(of: own).port
            let result: CInt
            if address.isIPv6 {
                var six = sockaddr_in6()
                six.sin6_family = sa_family_t(AF_INET6)
                six.sin6_addr = in6addr_loopback
                six.sin6_port = address.port.bigEndian
                result = Self.connect(own.number, &six)
            } else {
                var four = sockaddr_in()
                four.sin_family = sa_family_t(AF_INET)
                four.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
                four.sin_port = address.port.bigEndian
                result = Self.connect(own.number, &four)
            }
            #expect(result == 0)
            self.socket = HeldDescriptor(own)
        }

        private static func connect<Address>(_ socket: CInt, _ address: inout Address) -> CInt {
            let length = socklen_t(MemoryLayout<Address>.size)
            return unsafe withUnsafePointer(to: &address) { pointer in
                unsafe pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    unsafe Glibc.connect(socket, $0, length)
                }
            }
        }

        func send(_ byte: UInt8) {
            let sent = self.socket.withNumber { unsafe Glibc.send($0, [byte], 1, 0) }
            #expect(sent == 1)
        }

        /// What is there: on one machine a datagram is there when it has been sent.
        static func received(by socket: borrowing OwnedDescriptor) -> [UInt8] {
            var bytes: [UInt8] = []
            var byte: UInt8 = 0
            while unsafe recv(socket.number, &byte, 1, CInt(MSG_DONTWAIT)) == 1 { bytes.append(byte) }
            return bytes
        }
    }

    @Test func roomForUnreadDataIsWhatTheKernelGives() throws {
        let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        #expect(try UDPSocket.setReceiveBuffer(socket, bytes: 64 << 10) >= 64 << 10)
    }

    /// The loopback interface hands over at once: what was sent is there to be read.
    @Test func datagramsThatTheKernelCutsComeJoined() throws {
        let receiver = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        try UDPSocket.joinSegments(receiver)
        let sender = try UDPSocket.connect(to: UDPSocket.localAddress(of: receiver))
        let bytes = [UInt8](repeating: 1, count: 250)
        let batch = DatagramBatch(parts: 1)
        unsafe bytes.withUnsafeBytes { memory in
            guard let base = memory.baseAddress else { return }
            unsafe batch.addPart(base, count: memory.count)
            var cutting = DatagramBatch.Cutting()
            batch.addMessage(parts: 0, count: 1, segment: 100)
            #expect(batch.send(from: sender.number, startingAt: 0, cutting: &cutting) == 1)
        }
        var buffer = [UInt8](repeating: 0, count: 1000)
        #expect(try UDPSocket.receive(into: &buffer, from: receiver) == .init(bytes: 250, segment: 100))
        #expect(try UDPSocket.receive(into: &buffer, from: receiver) == nil)
    }

    @Test func aConnectedSocketHearsOneAddressOnly() throws {
        let server = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let stranger = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let client = try UDPSocket.connect(to: try UDPSocket.localAddress(of: server))
        let home = try UDPSocket.localAddress(of: client)
        #expect(try UDPSocket.send([1, 2, 3], to: client))
        var buffer = [UInt8](repeating: 0, count: 100)
        #expect(try UDPSocket.receive(into: &buffer, from: server) == .init(bytes: 3, segment: 3))
        try UDPSocket.send([6], by: HeldDescriptor(stranger), to: home)
        try UDPSocket.send([4, 5], by: HeldDescriptor(server), to: home)
        #expect(try UDPSocket.receive(into: &buffer, from: client) == .init(bytes: 2, segment: 2))
        #expect(try UDPSocket.receive(into: &buffer, from: client) == nil)
    }
}
