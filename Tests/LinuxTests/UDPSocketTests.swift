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

    @Test func roomForUnreadDataIsWhatTheKernelGives() throws {
        let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        #expect(try UDPSocket.setReceiveBuffer(socket, bytes: 64 << 10) >= 64 << 10)
    }
}
