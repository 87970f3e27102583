import Containers
import Contract
import Control
import Linux
import Sockets
import Supervisor
import SupervisorToolkit
import Testing

/// UDP sockets that the host binds and gives to instances.
@Suite(.timeLimit(.minutes(1))) struct DatagramTests {
    private let runtime = FakeRuntime()
    private let supervisor: Supervisor

    init() throws {
        self.supervisor = try Supervisor(quietly: self.runtime)
    }

    /// A port that was free a moment ago.
    private static func freePort() throws -> UInt16 {
        try UDPSocket.localAddress(of: UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))).port
    }

    private static func isFree(_ port: UInt16) -> Bool {
        (try? UDPSocket.bind(to: InternetAddress(.loopbackV4, port: port))) != nil
    }

    private static func spec(port: UInt16?, viewers: Int = 10, push: [PushSpec] = []) throws -> RelaySpec {
        var streams = [try StreamSpec(name: StreamName("main"), push: push)]
        if let port {
            let address = try ListenAddress(host: "127.0.0.1", port: port)
            let source = SourceSpec.datagrams(try DatagramSourceSpec(listen: address))
            streams.append(try StreamSpec(name: StreamName("camera"), source: source))
        }
        return try RelaySpec(name: RelayName("live"), limits: LimitsSpec(viewers: viewers), streams: streams)
    }

    private func wait(until isSo: () -> Bool) async throws {
        while !isSo() { try await Task.sleep(for: .milliseconds(5)) }
    }

    private static func purpose(_ name: String) throws -> SocketPurpose {
        .source(try StreamName(name), media: 0, isReports: false)
    }

    @Test func aSourcesSocketOutlivesTheInstance() async throws {
        let port = try Self.freePort()
        self.supervisor.apply([try Self.spec(port: port)])
        try await self.wait { self.runtime.instances.first?.grants.count == 1 }
        let first = try #require(self.runtime.instances.first)
        let purpose = try Self.purpose("camera")
        #expect(first.grants == [SocketGrant(purpose: purpose, port: port)])
        let before = first.socket(purpose)?.cookie
        first.end(.signalled(9))
        try await self.wait { self.runtime.instances.last?.grants.count == 1 && self.runtime.instances.count == 2 }
        let second = try #require(self.runtime.instances.last)
        #expect(before != nil && second.socket(purpose)?.cookie == before)
        // A changed limit does not bring it again, and taking the source out gives the port back.
        self.supervisor.apply([try Self.spec(port: port, viewers: 11)])
        try await self.wait { second.specs.count == 2 }
        self.supervisor.apply([try Self.spec(port: nil)])
        try await self.wait { second.specs.count == 3 }
        #expect(second.grants.count == 1)
        first.letGo()
        second.letGo()
        #expect(Self.isFree(port))
    }

    @Test func aPortThatIsTakenIsToldAndTriedAgain() async throws {
        let bound = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let port = try UDPSocket.localAddress(of: bound).port
        let blocker = HeldDescriptor(bound)
        self.supervisor.apply([try Self.spec(port: port)])
        try await self.supervisor.everyRelayReady()
        let problems = self.supervisor.statuses.first?.problems ?? []
        #expect(problems.count == 1)
        #expect(problems.first?.contains("The UDP port \(port) is taken by another program") == true)
        #expect(self.runtime.instances.first?.grants == [])
        _ = blocker.take()
        try await self.wait { self.runtime.instances.first?.grants.count == 1 }
        #expect(self.supervisor.statuses.first?.problems == [])
    }

    @Test func onlyDestinationsOfTheConfigurationAreServed() async throws {
        let hall = try PushSpec(
            name: DestinationName("hall"),
            to: PushDestination("udp://239.1.1.1:5000"),
            ttl: 4,
            interface: InterfaceSpec("127.0.0.1")
        )
        self.supervisor.apply([try Self.spec(port: nil, push: [hall])])
        try await self.supervisor.everyRelayReady()
        let instance = try #require(self.runtime.instances.first)
        let main = try StreamName("main")
        instance.say(.request(1, .push(main, try DestinationName("hall"))))
        instance.say(.request(2, .push(main, try DestinationName("elsewhere"))))
        instance.say(.request(3, .call(main)))
        instance.say(.request(4, .multicast(group: "239.1.1.1", port: 5000, tracks: 1)))
        try await self.wait { instance.grants.count == 1 && instance.refusals.count == 3 }
        #expect(instance.grants.first?.destination == "239.1.1.1:5000")
        #expect(instance.refusals.first?.contains("does not name the destination 'elsewhere'") == true)
        #expect(instance.refusals.last?.contains("sets no multicast groups apart") == true)
    }

    /// Receivers take what comes from another port for somebody else's.
    @Test func theNextInstanceSendsFromTheSamePort() async throws {
        let hall = try PushSpec(name: DestinationName("hall"), to: PushDestination("udp://127.0.0.1:5000"))
        self.supervisor.apply([try Self.spec(port: nil, push: [hall])])
        try await self.supervisor.everyRelayReady()
        let push = DatagramRequest.push(try StreamName("main"), hall.name)
        var ports: [UInt16?] = []
        for number in 1...3 {
            try await self.wait { self.runtime.instances.count == number }
            try await self.supervisor.everyRelayReady()
            let instance = try #require(self.runtime.instances.last)
            instance.say(.request(1, push))
            try await self.wait { instance.grants.count == 1 }
            ports.append(instance.grants.first?.port)
            instance.letGo()
            instance.end(.signalled(9))
        }
        #expect(ports[0] != nil && Set(ports).count == 1, "\(ports)")
    }

    private static func hears(_ socket: HeldDescriptor) throws -> Bool {
        guard let held = try socket.duplicate() else { return false }
        var poller = try Poller.make(capacity: 1)
        try poller.add(held, token: 1, for: .readable)
        return try poller.wait(for: .seconds(10)) == 1
    }

    /// A relay that was taken over keeps what it is given, and asks for more.
    @Test func nobodyGetsMoreForADestinationThanItNeeds() async throws {
        let hall = try PushSpec(name: DestinationName("hall"), to: PushDestination("udp://127.0.0.1:5000"))
        self.supervisor.apply([try Self.spec(port: nil, push: [hall])])
        try await self.supervisor.everyRelayReady()
        let instance = try #require(self.runtime.instances.first)
        let request = DatagramRequest.push(try StreamName("main"), hall.name)
        let limit = ControlLimits.socketsPerDestination
        for number in 1...limit + 3 { instance.say(.request(UInt64(number), request)) }
        try await self.wait { instance.grants.count + instance.refusals.count == limit + 3 }
        #expect(instance.grants.count == limit)
        #expect(instance.refusals.allSatisfy { $0.contains("has \(limit) UDP sockets for that already") })
        // What it has let go of does not count.
        instance.letGo()
        instance.say(.request(100, request))
        try await self.wait { instance.grants.count == limit + 1 }
    }

    /// What comes to a declared source is read, and nobody is reached by it: neither whom the host can reach nor itself.
    @Test func aSourcesSocketSendsNothing() async throws {
        let port = try Self.freePort()
        self.supervisor.apply([try Self.spec(port: port)])
        try await self.wait { self.runtime.instances.first?.grants.count == 1 }
        let instance = try #require(self.runtime.instances.first)
        let socket = try #require(instance.socket(try Self.purpose("camera")))
        let own = InternetAddress(.loopbackV4, port: port)
        let listener = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        let victim = try UDPSocket.localAddress(of: listener)
        for address in [victim, own] {
            #expect(throws: LinuxError.self) { try UDPSocket.send([1], by: socket, to: address) }
        }
        // It still hears.
        try UDPSocket.send([7], by: HeldDescriptor(listener), to: own)
        #expect(try Self.hears(socket))
    }

    /// One that closes its socket to everybody does not deafen the next.
    @Test func whatARelayLeavesOnASocketIsTakenOff() async throws {
        let port = try Self.freePort()
        self.supervisor.apply([try Self.spec(port: port)])
        try await self.wait { self.runtime.instances.first?.grants.count == 1 }
        let first = try #require(self.runtime.instances.first)
        let left = try #require(first.socket(try Self.purpose("camera")))
        let nobody = UDPSocket.Admission(try #require(InternetAddress.Host("192.0.2.1")))
        _ = left.lend { try? UDPSocket.admit(nobody, to: $0) }
        first.end(.signalled(9))
        try await self.wait { self.runtime.instances.last?.grants.count == 1 && self.runtime.instances.count == 2 }
        let socket = try #require(self.runtime.instances.last?.socket(try Self.purpose("camera")))
        let sender = HeldDescriptor(try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0)))
        try UDPSocket.send([7], by: sender, to: InternetAddress(.loopbackV4, port: port))
        #expect(try Self.hears(socket))
    }

    @Test func oneThatAsksTooOftenOrTwiceIsReplaced() async throws {
        self.supervisor.apply([try Self.spec(port: nil)])
        try await self.supervisor.everyRelayReady()
        let first = try #require(self.runtime.instances.first)
        for number in 0...UInt64(ControlLimits.datagramRequestsPerSecond) {
            first.say(.request(number + 1, .call(try StreamName("main"))))
        }
        try await self.wait { self.supervisor.statuses.first?.endings[.misbehaved] == 1 }
        try await self.wait { self.runtime.instances.count == 2 && self.supervisor.statuses.first?.state == .ready }
        let second = try #require(self.runtime.instances.last)
        for _ in 0..<2 { second.say(.request(7, .call(try StreamName("main")))) }
        try await self.wait { self.supervisor.statuses.first?.endings[.misbehaved] == 2 }
    }
}

extension HeldDescriptor {
    fileprivate var cookie: SocketCookie? {
        guard let descriptor = try? self.duplicate() else { return nil }
        return SocketCookie(of: descriptor)
    }
}
