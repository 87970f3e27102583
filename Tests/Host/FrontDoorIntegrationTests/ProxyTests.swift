import Contract
import FrontDoor
import FrontDoorToolkit
import Linux
import Sockets
import Testing
import Toolkit
import Wire

/// Connections that proxies open for others.
@Suite struct ProxyTests {
    private static let request = "GET /live/main.flv HTTP/1.1\r\n\r\n"
    private static let line = "PROXY TCP4 192.0.2.7 192.0.2.1 40000 1935\r\n"

    private static func entrance(
        trusting: String = "127.0.0.0/8",
        limits: FrontDoorLimits = FrontDoorLimits()
    ) throws -> (Entrance, Observed<[String]>) {
        let (log, lines) = RememberedLog.make()
        let entrance = try Entrance(limits: limits, log: log)
        try entrance.door.trust(NetworkPrefix.list(trusting))
        return (entrance, lines)
    }

    /// Version 2: signature, PROXY, TCP over IPv4, twelve bytes.
    private static let block: [UInt8] =
        [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a, 0x21, 0x11, 0, 12]
        + [192, 0, 2, 7, 192, 0, 2, 1, 0x9c, 0x40, 0x07, 0x8f]

    @Test(arguments: [Array(line.utf8), block]) func theAddressIsTheOneThatTheProxyNames(header: [UInt8]) async throws {
        let (entrance, lines) = try Self.entrance()
        for (index, kind) in ["http", "rtsp", "rtmp"].enumerated() {
            let client = try Socket(to: ["http": entrance.http, "rtsp": entrance.rtsp][kind] ?? entrance.rtmp)
            let rest: [UInt8] =
                switch kind {
                case "http": Array(Self.request.utf8)
                case "rtsp": Array("DESCRIBE rtsp://door/live/main RTSP/1.0\r\nCSeq: 2\r\n\r\n".utf8)
                default: RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "live"))
                }
            try client.send(header + rest)
            let guest = try await entrance.reception.delivered(index + 1)[index]
            #expect(guest.handover.peer == "192.0.2.7:40000")
            #expect(guest.handover.isProxied)
            #expect(guest.handover.countedHost.description == "192.0.2.7")
        }
        #expect(lines.state.isEmpty)
    }

    @Test(arguments: [Array(line.utf8), block]) func aHeaderIsAwaitedByteByByte(header: [UInt8]) async throws {
        // However long the test is kept waiting.
        var limits = FrontDoorLimits()
        limits.decision = .seconds(300)
        limits.head = .seconds(300)
        let (entrance, _) = try Self.entrance(limits: limits)
        let client = try Socket(to: entrance.http)
        for byte in header + Array(Self.request.utf8) {
            try client.send([byte])
            // As long as it takes the other thread to come round, or all would be read at once.
            await Task.yield()
        }
        #expect(try await entrance.reception.delivered()[0].handover.peer == "192.0.2.7:40000")
    }

    @Test func aProxyThatSpeaksForItselfKeepsItsAddress() async throws {
        let (entrance, _) = try Self.entrance()
        let headers: [[UInt8]] = [Array("PROXY UNKNOWN\r\n".utf8), Array(Self.block.prefix(12)) + [0x20, 0, 0, 0]]
        for (index, header) in headers.enumerated() {
            let client = try Socket(to: entrance.http)
            try client.send(header + Array(Self.request.utf8))
            let guest = try await entrance.reception.delivered(index + 1)[index]
            #expect(guest.handover.peer.hasPrefix("127.0.0.1:"))
            #expect(!guest.handover.isProxied)
        }
    }

    /// A proxy of HTTP says in each request whom it is from.
    @Test func aRequestMayComeWithoutAHeader() async throws {
        let (entrance, _) = try Self.entrance()
        let client = try Socket(to: entrance.http)
        for piece in ["G", "ET /live/main.flv HTTP/1.1\r\n\r\n"] { try client.send(piece) }
        #expect(try await entrance.reception.delivered()[0].handover.peer.hasPrefix("127.0.0.1:"))
    }

    @Test func elsewhereItIsRequiredAndTheLogSaysSo() async throws {
        let (entrance, lines) = try Self.entrance()
        let client = try Socket(to: entrance.rtmp)
        try client.send(RTMPBytes.handshake)
        _ = try? await client.rest()
        try await entrance.counts("it") { $0.refusals == [.proxyHeader: 1] && $0.undecided == 0 }
        try await lines.wait(for: "a line") { lines in
            lines.contains {
                $0.contains("127.0.0.1 is one of trusted_proxies and sent no PROXY header at byte 0")
                    && $0.contains("listen.rtmp") && $0.contains("send-proxy-v2")
            }
        }
    }

    @Test func halfAHeaderAndTheEndIsRefused() async throws {
        let (entrance, _) = try Self.entrance()
        let client = try Socket(to: entrance.rtmp)
        try client.send("PROXY TCP4 192.0.2.7")
        client.finish()
        try await entrance.counts("it") { $0.refusals == [.proxyHeader: 1] && $0.undecided == 0 }
    }

    /// As balancers do all day.
    @Test func aBareConnectIsNoError() async throws {
        let (entrance, lines) = try Self.entrance()
        for address in [entrance.http, entrance.rtmp] { try Socket(to: address).hangUp() }
        try await entrance.counts("both") { $0.accepted == [.http: 1, .rtmp: 1] && $0.undecided == 0 }
        #expect(entrance.door.snapshot.refusals.isEmpty)
        #expect(lines.state.isEmpty)
    }

    @Test func aHeaderIsNotAwaitedForEver() async throws {
        var limits = FrontDoorLimits()
        limits.decision = .milliseconds(100)
        let (entrance, _) = try Self.entrance(limits: limits)
        let client = try Socket(to: entrance.rtmp)
        try client.send("PROXY ")
        #expect(try await client.rest().isEmpty)
        try await entrance.counts("it") { $0.refusals == [.slow: 1] && $0.undecided == 0 }
    }

    @Test(arguments: ["rtmp", "http", "rtsp"], [Array(line.utf8), block])
    func anotherIsRefusedByItsProtocolAndTheLogSaysWhatIsMissing(kind: String, header: [UInt8]) async throws {
        let (entrance, lines) = try Self.entrance(trusting: "10.0.0.0/8")
        let client = try Socket(to: ["http": entrance.http, "rtsp": entrance.rtsp][kind] ?? entrance.rtmp)
        try client.send(header)
        try await lines.wait(for: "a line") { lines in
            lines.contains { $0.contains("a PROXY header came from 127.0.0.1, which trusted_proxies does not name") }
        }
        try await entrance.counts("it") { $0.refusals[.untrustedProxy] == 1 }
        #expect(entrance.reception.observed.state.offers == 0)
    }

    /// What is kept for the machine itself is not for whoever comes from the loopback of a proxy.
    @Test func aProxiedLoopbackIsNotThisMachine() async throws {
        var limits = FrontDoorLimits()
        limits.undecided = 2
        limits.reserved = 1
        let (entrance, _) = try Self.entrance(trusting: "127.0.0.2", limits: limits)
        let header = "PROXY TCP4 127.0.0.1 127.0.0.1 40000 8080\r\n"
        var proxied: [Socket] = []
        for _ in 0..<3 {
            let client = try Socket(to: entrance.http, from: "127.0.0.2")
            try client.send(header + "GET")
            proxied.append(client)
            let count = UInt64(proxied.count)
            try await entrance.counts("it") { $0.accepted[.http] == count && $0.undecided == 1 }
        }
        // Only one of them has a place: the other is kept.
        try await entrance.counts("two that lost theirs") { $0.refusals[.undecided] == 2 }
        withExtendedLifetime(proxied) {}
    }

    @Test func aHeaderComesBeforeTheHandshakeOfTLS() async throws {
        let (entrance, lines) = try Self.entrance()
        let certificate = try await TestCertificate()
        try entrance.door.use(certificate.spec)
        let rtmps = try entrance.door.listen(.rtmps, on: [ListenAddress("127.0.0.1:0")])[0].description
        // A greeting of TLS without a header, where one is required.
        let bare = try Socket(to: rtmps)
        try bare.send([0x16, 3, 1, 0, 5])
        try await entrance.counts("it") { $0.refusals == [.proxyHeader: 1] }
        // And with one: from here on it is a matter of TLS.
        let client = try Socket(to: rtmps)
        try client.send(Self.block + [0x16, 3, 1, 0, 5, 1, 0, 0, 1, 0])
        try await entrance.counts("it") { $0.refusals[.tls] == 1 }
        // From one that is not trusted, the log says what is missing.
        try entrance.door.trust([])
        let other = try Socket(to: rtmps)
        try other.send(Self.block)
        try await lines.wait(for: "a line") { lines in
            lines.contains { $0.contains("a PROXY header came from 127.0.0.1, which trusted_proxies does not name") }
        }
    }
}
