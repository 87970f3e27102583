import Contract
import Linux
import Sockets
import Testing

@Suite struct TrustedProxiesTests {
    private static func host(_ text: String) throws -> InternetAddress.Host {
        try #require(InternetAddress.Host(text))
    }

    @Test(
        arguments: [
            ("10.0.0.5", "10.0.0.5", true), ("10.0.0.5", "10.0.0.6", false), ("10.0.0.0/8", "10.255.1.2", true),
            ("10.0.0.0/8", "11.0.0.0", false), ("10.0.0.0/8", "::ffff:10.1.1.1", true),
            ("0.0.0.0/0", "203.0.113.9", true),
            ("0.0.0.0/0", "2001:db8::1", false), ("2001:db8::/32", "2001:db8:ffff::1", true),
            ("2001:db8::/32", "2001:db9::1", false), ("2001:db8::1:0/112", "2001:db8::1:ffff", true),
            ("2001:db8::1:0/112", "2001:db8::2:0", false), ("::/0", "fe80::1", true), ("::1", "::1", true),
            ("192.0.2.128/25", "192.0.2.127", false), ("192.0.2.255/25", "192.0.2.129", true),
        ]
    )
    func aNetworkIsAllThatBeginsLikeIt(prefix: String, host: String, isTrusted: Bool) throws {
        #expect(TrustedProxies([try NetworkPrefix(prefix)]).trust(try Self.host(host)) == isTrusted)
    }

    @Test func nobodyIsTrustedUnlessNamed() throws {
        #expect(!TrustedProxies().trust(.loopbackV4))
        #expect(TrustedProxies().client(behind: .loopbackV4, [.v4(1)]) == nil)
    }

    /// The last one that nobody vouches for: what stands before it, a client may have written itself.
    @Test(
        arguments: [
            (["203.0.113.9"], "203.0.113.9"), (["198.51.100.1", "203.0.113.9"], "203.0.113.9"),
            (["203.0.113.9", "10.0.0.7"], "203.0.113.9"), (["10.0.0.8", "10.0.0.7"], "10.0.0.8"),
            ([], nil), (["203.0.113.9", nil], nil), ([nil, "10.0.0.7"], "10.0.0.7"),
            (["203.0.113.9", nil, "10.0.0.7"], "10.0.0.7"), (["::ffff:203.0.113.9"], "203.0.113.9"),
        ] as [([String?], String?)]
    )
    func theClientIsTheLastThatIsNotTrusted(chain: [String?], client: String?) throws {
        let trusted = TrustedProxies([try NetworkPrefix("10.0.0.0/8")])
        let found = trusted.client(
            behind: try Self.host("10.0.0.1"),
            chain.map { $0.flatMap(InternetAddress.Host.init) }
        )
        #expect(found?.description == client)
        #expect(trusted.client(behind: try Self.host("192.0.2.1"), [.v4(1)]) == nil)
    }

    @Test func anotherMachinesLoopbackIsNotThisOnes() {
        let own = Handover(stage: .http, peer: "127.0.0.1:1", isSecure: false)
        #expect(!own.isForeign && own.countedHost == .loopbackV4)
        let proxied = Handover(stage: .http, peer: "127.0.0.1:1", isSecure: false, isProxied: true)
        #expect(proxied.isForeign && proxied.countedHost == .anyV4)
        let remote = Handover(stage: .http, peer: "192.0.2.7:1", isSecure: false, isProxied: true)
        #expect(!remote.isForeign && remote.countedHost == .v4(0xc000_0207))
    }

    /// What comes by IPv4 to a socket for both is IPv4, and counted by its /24.
    @Test func mappedAddressesAreIPv4() throws {
        let listener = try TCPSocket.listen(on: InternetAddress(.anyV6, port: 0))
        let port = try TCPSocket.localAddress(of: listener).port
        let client = try TCPSocket.connect(to: InternetAddress(.loopbackV4, port: port))
        var accepted: InternetAddress?
        for _ in 0..<1000 where accepted == nil {
            accepted = try TCPSocket.accept(on: listener)?.peer
        }
        #expect(accepted?.host == .loopbackV4)
        _ = consume client
        #expect(try Self.host("::ffff:192.0.2.7").unmapped == Self.host("192.0.2.7"))
        #expect(try Self.host("::ffff:192.0.2.7").block == Self.host("192.0.2.0"))
    }
}
