import Containers
import Contract
import Control
import Linux
import Sockets
import Supervisor
import SupervisorToolkit
import Testing
import Toolkit

/// Whom a relay that was taken over can reach with the UDP sockets that it is given, whatever it asks for.
@Suite(.timeLimit(.minutes(1))) struct DatagramReachTests {
    private let runtime = FakeRuntime()
    private let supervisor: Supervisor

    init() throws {
        self.supervisor = try Supervisor(quietly: self.runtime)
    }

    private func relay(_ spec: RelaySpec, ports: PortRange? = nil) async throws -> FakeInstance {
        if let ports { self.supervisor.use(ports) }
        self.supervisor.apply([spec])
        try await self.supervisor.everyRelayReady()
        return try #require(self.runtime.instances.first)
    }

    private static func spec(push: [PushSpec] = [], multicast: MulticastSpec? = nil) throws -> RelaySpec {
        try RelaySpec(
            name: RelayName("live"),
            multicast: multicast,
            streams: [StreamSpec(name: StreamName("main"), push: push)]
        )
    }

    private static func ports(pairs: Int = 2) throws -> PortRange {
        let probe = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let port = try UDPSocket.localAddress(of: probe).port & 0xfffe
        try #require(port > 2048 && port < 65_000)
        return try PortRange(first: port, last: port + UInt16(2 * pairs) - 1)
    }

    private func wait(until isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }

    /// What becomes of a request: the grants, or the refusal.
    private func ask(_ instance: FakeInstance, _ number: UInt64, _ request: DatagramRequest) async throws -> String? {
        let (grants, refusals) = (instance.grants.count, instance.refusals.count)
        instance.say(.request(number, request))
        try await self.wait { instance.grants.count > grants || instance.refusals.count > refusals }
        if instance.refusals.count > refusals { return instance.refusals.last }
        let count: Int =
            instance.grants.last.map { grant in
                if case .request(_, _, let count) = grant.purpose { count } else { 0 }
            } ?? 0
        try await self.wait { instance.grants.count == grants + count }
        return nil
    }

    private static func sockets(_ instance: FakeInstance, _ number: UInt64, _ count: Int) throws -> [HeldDescriptor] {
        var sockets: [HeldDescriptor] = []
        for index in 0..<count {
            let socket = instance.socket(SocketPurpose.request(number, index: index, count: count))
            sockets.append(try #require(socket))
        }
        return sockets
    }

    /// A connection by that protocol from that address.
    private func connect(_ stage: Handover.Stage, from peer: String, isProxied: Bool = false) async throws {
        let pair = try TCPSocket.pair().parted()
        guard let socket = pair.first.take() else { throw CancellationError() }
        let handover = Handover(stage: stage, peer: peer, isSecure: false, isProxied: isProxied)
        #expect(self.supervisor.deliver(socket, PendingConnection(handover), to: try RelayName("live")) == nil)
        let instance = try #require(self.runtime.instances.first)
        let known = handover
        try await instance.seen.wait(for: "the connection") { seen in
            seen.connections.contains { $0.handover == known }
        }
    }

    private static func peer(of socket: HeldDescriptor) -> InternetAddress? {
        socket.lend { try? TCPSocket.peerAddress(of: $0) } ?? nil
    }

    @Test func viewersAreSentToWhereTheirConnectionsComeFromAndNowhereElse() async throws {
        let instance = try await self.relay(Self.spec(), ports: Self.ports())
        let viewer = DatagramPeer(host: "127.0.0.7", rtp: 40_000, rtcp: 40_001)
        // Nobody is there, then somebody by another protocol, then one that another machine's proxy calls loopback.
        #expect(try await self.ask(instance, 1, .viewer(viewer))?.contains("Nobody speaks RTSP") == true)
        try await self.connect(.rtmp, from: "127.0.0.7:5000")
        #expect(try await self.ask(instance, 2, .viewer(viewer))?.contains("Nobody speaks RTSP") == true)
        try await self.connect(.rtsp, from: "127.0.0.7:5001", isProxied: true)
        #expect(try await self.ask(instance, 3, .viewer(viewer))?.contains("Nobody speaks RTSP") == true)
        try await self.connect(.rtsp, from: "127.0.0.7:5002")
        #expect(try await self.ask(instance, 4, .viewer(viewer)) == nil)
        let sockets = try Self.sockets(instance, 4, 2)
        #expect(sockets.map(Self.peer) == [40_000, 40_001].map { InternetAddress("127.0.0.7:\($0)") })
        for host in ["127.0.0.53", "10.0.0.1", "224.0.0.251", "::1", "localhost", ""] {
            let other = DatagramPeer(host: host, rtp: 40_000, rtcp: 40_001)
            #expect(try await self.ask(instance, UInt64(10 + instance.refusals.count), .viewer(other)) != nil)
            #expect(try await self.ask(instance, UInt64(10 + instance.refusals.count), .publisher(other)) != nil)
        }
        for (rtp, rtcp) in [(53, 40_001), (40_000, 161), (0, 0), (1023, 1024)] as [(UInt16, UInt16)] {
            let low = DatagramPeer(host: "127.0.0.7", rtp: rtp, rtcp: rtcp)
            let refusal = try await self.ask(instance, UInt64(30 + instance.refusals.count), .viewer(low))
            #expect(refusal?.contains("ports below 1024") == true)
        }
    }

    /// All are sent to from the same two ports, and each is heard by its own socket.
    @Test func viewersShareTheirPorts() async throws {
        let instance = try await self.relay(Self.spec(), ports: Self.ports(pairs: 1))
        try await self.connect(.rtsp, from: "127.0.0.1:5000")
        let ears = try (0..<2).map { _ in HeldDescriptor(try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)))
        }
        let ports = try ears.map { try #require($0.lend { try? UDPSocket.localAddress(of: $0).port } ?? nil) }
        for (number, port) in zip(UInt64(1)..., ports) {
            let peer = DatagramPeer(host: "127.0.0.1", rtp: port, rtcp: port)
            #expect(try await self.ask(instance, number, .viewer(peer)) == nil)
        }
        let shared = try #require(instance.grants.first?.port)
        #expect(instance.grants.allSatisfy { $0.port == shared })
        for (number, ear) in zip(UInt64(1)..., ears) {
            let sockets = try Self.sockets(instance, number, 2)
            try UDPSocket.send([UInt8(number)], by: sockets[0])
            try UDPSocket.send([UInt8(number)], by: ear, to: InternetAddress(.loopbackV4, port: shared + 1))
            try await self.wait { UDPSocket.drain(ear) }
            try await self.wait { UDPSocket.drain(sockets[1]) }
        }
    }

    /// What a session's datagrams come by and go by is the next instance's, and nothing else is.
    @Test func whatWasGivenIsHandedToTheNextInstance() async throws {
        let instance = try await self.relay(Self.spec(), ports: Self.ports(pairs: 2))
        try await instance.seen.wait(for: "being told to go on") { !$0.resumed.isEmpty }
        try await self.connect(.rtsp, from: "127.0.0.1:5000")
        let peer = DatagramPeer(host: "127.0.0.1", rtp: 40_000, rtcp: 40_001)
        #expect(try await self.ask(instance, 1, .viewer(peer)) == nil)
        #expect(try await self.ask(instance, 2, .publisher(peer)) == nil)
        let sockets = try Self.sockets(instance, 1, 2) + Self.sockets(instance, 2, 3)
        let cookies = sockets.map { $0.lend { SocketCookie(of: $0) } ?? nil }
        for (number, socket) in zip(UInt64(1)..., sockets) { instance.store(number, .datagrams, socket) }
        instance.say(.discard(2))
        instance.letGo()
        for socket in sockets { _ = socket.take() }
        instance.end(.signalled(9))
        try await self.wait { self.runtime.instances.count > 1 }
        let next = self.runtime.instances[1]
        try await next.seen.wait(for: "being told to go on") { !$0.resumed.isEmpty }
        #expect(next.seen.state.restored.map(\.stored.number) == [1, 3, 4, 5])
        #expect(next.seen.state.restored.allSatisfy { $0.stored.kind == .datagrams && $0.handover == nil })
        for number in [1, 3, 4, 5] as [UInt64] {
            let cookie = next.inherited(number)?.lend { SocketCookie(of: $0) } ?? nil
            #expect(cookie != nil && cookie == cookies[Int(number) - 1])
        }
        // It may have them kept on.
        next.store(3, .datagrams, next.inherited(3), label: "again")
        next.end(.signalled(9))
        try await self.wait { self.runtime.instances.count > 2 }
        let last = self.runtime.instances[2]
        try await last.seen.wait(for: "being told to go on") { !$0.resumed.isEmpty }
        #expect(last.seen.state.restored.map(\.stored.label) == ["", "again", "", ""])
    }

    @Test func aSessionCannotAskForEver() async throws {
        let instance = try await self.relay(Self.spec(), ports: Self.ports())
        try await self.connect(.rtsp, from: "127.0.0.7:5000")
        let peer = DatagramPeer(host: "127.0.0.7", rtp: 40_000, rtcp: 40_001)
        let limit = UInt64(ControlLimits.requestsPerSession)
        for number in 1...limit { #expect(try await self.ask(instance, number, .viewer(peer)) == nil) }
        let refusal = try await self.ask(instance, limit + 1, .viewer(peer))
        #expect(refusal?.contains("asked for UDP too often") == true)
        // Another connection has its own.
        try await self.connect(.rtsp, from: "127.0.0.7:5001")
        #expect(try await self.ask(instance, limit + 2, .viewer(peer)) == nil)
    }

    @Test func aPublishersPortsReceiveAndReportsGoToThePublisher() async throws {
        let range = try Self.ports(pairs: 1)
        let instance = try await self.relay(Self.spec(), ports: range)
        try await self.connect(.rtsp, from: "127.0.0.1:5000")
        let publisher = HeldDescriptor(try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)))
        let port = try #require(publisher.lend { try? UDPSocket.localAddress(of: $0).port } ?? nil)
        let peer = DatagramPeer(host: "127.0.0.1", rtp: port, rtcp: port)
        #expect(try await self.ask(instance, 1, .publisher(peer)) == nil)
        let sockets = try Self.sockets(instance, 1, 3)
        let home = InternetAddress(.loopbackV4, port: port)
        for receiver in sockets.prefix(2) {
            #expect(throws: LinuxError.self) { try UDPSocket.send([1], by: receiver, to: home) }
        }
        try UDPSocket.send([1], by: sockets[2])
        try await self.wait { UDPSocket.drain(publisher) }
        try UDPSocket.send([1], by: publisher, to: InternetAddress(.loopbackV4, port: range.first))
        try await self.wait { UDPSocket.drain(sockets[0]) }
        // There is one pair, and another publisher has it once that is closed.
        #expect(try await self.ask(instance, 2, .publisher(peer))?.contains("listen.udp") == true)
        instance.letGo()
        for socket in sockets { _ = socket.take() }
        #expect(try await self.ask(instance, 3, .publisher(peer)) == nil)
    }

    @Test func destinationsHaveSocketsOfTheirOwnFromOnePort() async throws {
        let push = try [
            PushSpec(name: DestinationName("tracks"), to: PushDestination("rtp://127.0.0.1:5000")),
            PushSpec(name: DestinationName("wrapped"), to: PushDestination("rtp://127.0.0.1:6000?format=mpegts")),
            PushSpec(name: DestinationName("last"), to: PushDestination("rtp://127.0.0.1:65534")),
        ]
        let instance = try await self.relay(Self.spec(push: push))
        let main = try StreamName("main")
        for (number, (name, count)) in zip(UInt64(1)..., [("tracks", 16), ("wrapped", 2), ("last", 2)]) {
            #expect(try await self.ask(instance, number, .push(main, DestinationName(name))) == nil)
            let sockets = try Self.sockets(instance, number, count)
            let first = try #require(InternetAddress(instance.grants.last?.destination ?? ""))
            for (index, socket) in sockets.enumerated() {
                #expect(Self.peer(of: socket) == InternetAddress(first.host, port: first.port + UInt16(index)))
            }
            let own = sockets.map { $0.lend { try? UDPSocket.localAddress(of: $0).port } ?? nil }
            #expect(Set(own).count == 1 && own.first == instance.grants.last?.port)
        }
    }

    @Test func groupsAreThoseThatAreSetApart() async throws {
        let multicast = try MulticastSpec(
            groups: GroupRange("239.255.42.0/30"),
            ports: PortRange(first: 7000, last: 7007),
            ttl: 0,
            interface: InterfaceSpec("127.0.0.1")
        )
        let instance = try await self.relay(Self.spec(multicast: multicast))
        let wrong: [(String, UInt16, Int)] = [
            ("239.255.43.1", 7000, 1), ("127.0.0.53", 7000, 1), ("239.255.42.1", 5353, 1), ("239.255.42.1", 7006, 2),
            ("239.255.42.1", 7000, 9), ("239.255.42.1", 65_535, 1), ("", 7000, 1),
        ]
        for (number, (group, port, tracks)) in zip(UInt64(1)..., wrong) {
            let refusal = try await self.ask(instance, number, .multicast(group: group, port: port, tracks: tracks))
            #expect(refusal?.contains("does not set") == true, "\(group) \(port) \(tracks)")
        }
        #expect(try await self.ask(instance, 20, .multicast(group: "239.255.42.1", port: 7000, tracks: 2)) == nil)
        let peers = try Self.sockets(instance, 20, 4).map(Self.peer)
        #expect(peers == (7000...7003).map { InternetAddress("239.255.42.1:\($0)") })
    }
}
