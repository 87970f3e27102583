import Containers
import Contract
import Linux
import Logging
import Supervisor
import SupervisorToolkit
import Synchronization
import Testing
import Toolkit

/// The supervisor with instances that are made up, on a clock that runs.
@Suite(.timeLimit(.minutes(1))) struct SupervisorTests {
    /// A supervisor, and what it told its host.
    private final class Stage: Sendable {
        let runtime = FakeRuntime()
        let supervisor: Supervisor
        let events: AsyncStream<String>

        /// A busy machine keeps everybody waiting, and nobody is blamed for it here.
        static var deadlines: RelayDeadlines {
            var deadlines = RelayDeadlines()
            deadlines.start = .seconds(30)
            deadlines.beatTimeout = .seconds(30)
            deadlines.doubt = .seconds(30)
            deadlines.farewell = .seconds(30)
            deadlines.order = .seconds(30)
            return deadlines
        }

        init(_ deadlines: RelayDeadlines = Stage.deadlines) throws {
            let (events, event) = AsyncStream.makeStream(of: String.self)
            let returns = Returns()
            self.events = events
            self.collected = returns
            self.supervisor = try Supervisor(
                runtime: self.runtime,
                plan: InstancePlan(program: "/bin/relay"),
                deadlines: deadlines,
                log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
                onReady: { event.yield("ready \($0)") },
                onReturned: { _, handover, payload in
                    returns.list.withLock { $0.append((handover, payload)) }
                    event.yield("returned")
                },
                onStranded: { descriptor, delivery, relay in
                    let held = HeldDescriptor(descriptor)
                    returns.stranded.withLock { $0.append((delivery, held)) }
                    event.yield("stranded \(relay)")
                }
            )
        }

        private let collected: Returns
        var returned: [(handover: Handover, payload: [UInt8])] { self.collected.list.withLock { $0 } }

        var stranded: [(delivery: PendingConnection, socket: HeldDescriptor)] {
            self.collected.stranded.withLock { $0 }
        }

        private final class Returns: Sendable {
            let list = Mutex<[(handover: Handover, payload: [UInt8])]>([])
            let stranded = Mutex<[(delivery: PendingConnection, socket: HeldDescriptor)]>([])
        }

        /// Gives the relay one end of a connection of its own.
        ///
        /// - Returns: whether it was taken, and what tells the socket from others.
        func deliver(_ handover: Handover, payload: [UInt8] = []) throws -> (isTaken: Bool, cookie: SocketCookie?) {
            let pair = try TCPSocket.pair().parted()
            guard let first = pair.first.take() else { return (false, nil) }
            let cookie = SocketCookie(of: first)
            let delivery = PendingConnection(handover, payload: payload)
            let back = self.supervisor.deliver(first, delivery, to: try RelayName("live"))
            if back != nil { return (false, cookie) }
            return (true, cookie)
        }

        func wait(for event: String) async {
            for await heard in self.events where heard == event { return }
        }

        /// Until the relay's status is what is waited for.
        func status(
            _ relay: String = "live",
            until isWanted: @escaping @Sendable (RelayStatus) -> Bool
        ) async throws -> RelayStatus {
            let statuses = await self.supervisor.statuses { $0.contains { $0.name.rawValue == relay && isWanted($0) } }
            return try #require(statuses.first { $0.name.rawValue == relay })
        }
    }

    private static func spec(_ name: String = "live", viewers: Int = 10) throws -> RelaySpec {
        try RelaySpec(name: RelayName(name), publishKey: Secret("k"), limits: LimitsSpec(viewers: viewers))
    }

    @Test func relaysComeUpTakeConnectionsAndGo() async throws {
        let stage = try Stage()
        let summary = stage.supervisor.apply([try Self.spec(), try Self.spec("other")])
        #expect(summary.added.map(\.rawValue) == ["live", "other"])
        try await stage.supervisor.everyRelayReady()
        #expect(stage.supervisor.statuses.map(\.state) == [.ready, .ready])

        let handover = Handover(stage: .rtmp, peer: "192.0.2.7:5", isSecure: false)
        let delivery = try stage.deliver(handover, payload: [1, 2])
        #expect(delivery.isTaken)
        let instance = try #require(stage.runtime.instances.first { "\($0.id)".contains("live") })
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        #expect(instance.connections.first?.handover == handover)
        #expect(instance.connections.first?.payload == [1, 2])

        await stage.supervisor.drain("Over.")
        #expect(stage.runtime.instances.allSatisfy { $0.isRemoved && $0.isDrained })
        #expect(stage.supervisor.statuses.isEmpty)
    }

    @Test func aConnectionForARelayThatIsNotReadyComesBack() throws {
        let stage = try Stage()
        stage.runtime.manners.takesConfiguration = false
        stage.supervisor.apply([try Self.spec()])
        let handover = Handover(stage: .rtmp, peer: "192.0.2.7:5", isSecure: false)
        let delivery = try stage.deliver(handover)
        #expect(!delivery.isTaken)
    }

    @Test func whatDiesIsReplacedAndNobodyElseNotices() async throws {
        let stage = try Stage()
        stage.supervisor.apply([try Self.spec(), try Self.spec("other")])
        try await stage.supervisor.everyRelayReady()
        let victim = try #require(stage.runtime.instances.first { "\($0.id)".contains("live") })
        victim.end(.outOfMemory)
        let status = try await stage.status { $0.state == .ready && $0.restarts == 1 }
        #expect(status.endings == [.outOfMemory: 1])
        #expect(victim.isRemoved)
        #expect(stage.supervisor.statuses.last?.restarts == 0)
        #expect(stage.runtime.instances.count == 3)
        await stage.supervisor.drain("Over.")
    }

    /// A runtime that hangs while it removes one thing keeps nothing else from being made.
    @Test func aRemovalThatHangsHoldsNobodyUp() async throws {
        let stage = try Stage()
        stage.runtime.manners.isStuckInRemoval = true
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        stage.runtime.instances.first?.end(.signalled(9))
        // How long it was kept waiting is asked of the instance beside the rest, which has just begun.
        let status = try await stage.status { $0.state == .ready && $0.restarts == 1 && $0.throttled != nil }
        #expect(status.endings == [.signal: 1])
        #expect(status.gaps.total == 1)
        #expect(status.throttled == .milliseconds(750))
    }

    @Test func oneThatDoesNotAnswerIsReplaced() async throws {
        var deadlines = Stage.deadlines
        deadlines.beatInterval = .milliseconds(100)
        deadlines.beatTimeout = .milliseconds(300)
        let stage = try Stage(deadlines)
        stage.runtime.manners.answersBeats = false
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        _ = try await stage.status { ($0.endings[.heartbeat] ?? 0) > 0 }
        stage.runtime.manners.answersBeats = true
        _ = try await stage.status { $0.state == .ready && $0.snapshot != nil }
        await stage.supervisor.drain("Over.")
        #expect(stage.runtime.instances.allSatisfy { $0.isRemoved })
    }

    @Test(arguments: [
        RelayMessage.hello(version: RelayMessage.languageVersion, build: "again"),
        .configured(deferred: []),
        .done(7, .performed(true)),
    ])
    func oneThatSaysWhatItMayNotIsReplaced(message: RelayMessage) async throws {
        let stage = try Stage()
        stage.runtime.manners.says = [message]
        stage.supervisor.apply([try Self.spec()])
        _ = try await stage.status { ($0.endings[.misbehaved] ?? 0) > 0 }
        stage.runtime.manners.says = []
        _ = try await stage.status { $0.state == .ready && $0.snapshot != nil }
    }

    @Test func aFloodIsReplaced() async throws {
        let stage = try Stage()
        let beat = try RelayMessage.beat(
            1,
            RelaySnapshot(
                relay: RelayName("other"),
                clock: ClockReading(now: Instant(microseconds: 1), unix: 0),
                startedAt: Instant(microseconds: 0)
            )
        )
        stage.runtime.manners.says = Array(repeating: beat, count: ControlLimits.messagesPerSecond * 2)
        stage.supervisor.apply([try Self.spec()])
        let status = try await stage.status { ($0.endings[.misbehaved] ?? 0) > 0 }
        #expect(status.lastEnding?.sentence.isEmpty == false)
    }

    // MARK: Connections that come back

    /// What the relay says of it is not believed; what the host said before is.
    @Test func aConnectionComesBackAsWhatItWas() async throws {
        let stage = try Stage()
        stage.runtime.manners.returnsConnections = true
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        let handover = Handover(stage: .http, peer: "192.0.2.7:5", isSecure: false)
        _ = try stage.deliver(handover, payload: [9])
        await stage.wait(for: "returned")
        #expect(stage.returned.first?.handover == handover)
        #expect(stage.returned.first?.payload == [9])
        #expect(stage.supervisor.statuses.first?.restarts == 0)
    }

    @Test func aConnectionOfTheRelaysOwnMakingIsMisbehaviour() async throws {
        let stage = try Stage()
        stage.runtime.manners.inventsConnection = true
        stage.supervisor.apply([try Self.spec()])
        let status = try await stage.status { ($0.endings[.misbehaved] ?? 0) > 0 }
        #expect(status.lastEnding?.sentence.contains("did not have") == true)
        #expect(stage.returned.isEmpty)
    }

    /// With a descriptor that it has kept, it could otherwise speak in the name of whoever has the connection now.
    @Test func aConnectionThatComesBackTwiceIsMisbehaviour() async throws {
        let stage = try Stage()
        stage.runtime.manners.returnsConnections = true
        stage.runtime.manners.returnsTwice = true
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        _ = try stage.deliver(Handover(stage: .http, peer: "192.0.2.7:5", isSecure: false))
        let status = try await stage.status { ($0.endings[.misbehaved] ?? 0) > 0 }
        #expect(status.lastEnding?.sentence.contains("did not have") == true)
        #expect(stage.returned.count == 1)
    }

    @Test func aRelayHasNoMoreConnectionsThanItWasGiven() async throws {
        let stage = try Stage()
        stage.runtime.manners.claims = 1 << 32
        stage.supervisor.apply([try Self.spec()])
        _ = try await stage.status { $0.snapshot?.connections == 1 << 32 }
        #expect(stage.supervisor.openConnections == 0)
        for _ in 1...3 {
            #expect(try stage.deliver(Handover(stage: .rtmp, peer: "192.0.2.7:5", isSecure: false)).isTaken)
        }
        #expect(stage.supervisor.openConnections == 3)
    }

    // MARK: Connections whose instance dies

    /// A connection of a stranger's, as the host takes it from the kernel.
    private static func connection(on listener: borrowing OwnedDescriptor) throws -> (Socket, HeldDescriptor) {
        let client = try Socket(to: TCPSocket.localAddress(of: listener).description)
        var poller = try Poller.make()
        try poller.add(listener, token: 1, for: .readable)
        _ = try poller.wait(for: .seconds(20))
        guard let accepted = try TCPSocket.accept(on: listener) else { throw NobodyCame() }
        return (client, HeldDescriptor(accepted.release()))
    }

    @Test func connectionsThatADeadInstanceHadNotAnsweredComeBackAndOthersEnd() async throws {
        let stage = try Stage()
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        let instance = try #require(stage.runtime.instances.first)
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let live = try RelayName("live")
        var clients: [Socket] = []
        for number in 0..<3 {
            let (client, server) = try Self.connection(on: listener)
            clients.append(client)
            try client.send([1, 2, 3])
            guard let server = server.take() else { return }
            let handover = Handover(stage: .http, peer: "192.0.2.7:\(number)", isSecure: false)
            let connection = PendingConnection(handover, seen: [1, 2, 3])
            let isRefused = stage.supervisor.deliver(server, connection, to: live) != nil
            #expect(!isRefused)
        }
        try await instance.seen.wait(for: "the connections") { $0.connections.count == 3 }
        // One is left alone, one is read, one is answered.
        #expect(try instance.read(2, of: 1) == [1, 2])
        #expect(try instance.read(3, of: 2) == [1, 2, 3])
        try instance.answer([9], to: 2)
        instance.end(.signalled(9))
        for _ in 0..<2 { await stage.wait(for: "stranded live") }
        let stranded = stage.stranded.map(\.delivery)
        #expect(stranded.map(\.handover.peer) == ["192.0.2.7:0", "192.0.2.7:1"])
        #expect(stranded.map(\.payload) == [[], [1, 2]])
        #expect(stranded.map(\.losses) == [0, 1])
        #expect(try await clients[2].rest() == [9])
        // What was said meanwhile is not lost, and they are open still.
        try clients[0].send([4])
        guard let socket = stage.stranded.first?.socket.take() else { return }
        var bytes = [UInt8](repeating: 0, count: 8)
        var poller = try Poller.make()
        try poller.add(socket, token: 1, for: .readable)
        _ = try poller.wait(for: .seconds(20))
        while try TCPSocket.peek(into: &bytes, at: socket) == .transferred(3) {}
        #expect(try TCPSocket.receive(into: &bytes, from: socket) == .transferred(4))
        #expect(bytes.prefix(4) == [1, 2, 3, 4])
    }

    @Test func aConnectionForADeadInstanceThatNobodyHasMissedYetComesBack() async throws {
        let stage = try Stage()
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        let instance = try #require(stage.runtime.instances.first)
        let listener = try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0))
        let (client, server) = try Self.connection(on: listener)
        guard let server = server.take() else { return }
        // Its control socket is gone: nothing can be sent any more.
        instance.fallSilent()
        let handover = Handover(stage: .rtmp, peer: "192.0.2.7:1", isSecure: false)
        let connection = PendingConnection(handover, payload: [5])
        let back = stage.supervisor.deliver(server, connection, to: try RelayName("live"))
        guard back == nil else { return }
        instance.end(.signalled(9))
        await stage.wait(for: "stranded live")
        #expect(stage.stranded.map(\.delivery.payload) == [[5]])
        withExtendedLifetime(client) {}
    }

    private struct NobodyCame: Error {}

    // MARK: Orders and changes

    @Test func ordersAreAnsweredOrGivenUp() async throws {
        let stage = try Stage()
        let live = try RelayName("live")
        await #expect(throws: OrderError.notReady) { try await stage.supervisor.perform(.listViewers, on: live) }
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        #expect(try await stage.supervisor.perform(.listViewers, on: live) == .viewers([]))
        // One that ends in the middle of it.
        let order = Task { try await stage.supervisor.perform(.kick(viewer: 3), on: live) }
        let instance = try #require(stage.runtime.instances.first)
        try await instance.seen.wait(for: "the order") { $0.orders.contains(.kick(viewer: 3)) }
        instance.end(.signalled(9))
        await #expect(throws: OrderError.ended) { try await order.value }
    }

    @Test func aChangeReachesTheInstanceThatRuns() async throws {
        let stage = try Stage()
        stage.supervisor.apply([try Self.spec(), try Self.spec("other")])
        try await stage.supervisor.everyRelayReady()
        let changed = try Self.spec(viewers: 3)
        let summary = stage.supervisor.apply([changed, try Self.spec("third")])
        #expect(summary.added.map(\.rawValue) == ["third"])
        #expect(summary.changed.map(\.rawValue) == ["live"])
        #expect(summary.removed.map(\.rawValue) == ["other"])
        let live = try #require(stage.runtime.instances.first { "\($0.id)".contains("live") })
        try await live.seen.wait(for: "the change") { $0.specs.last == changed }
        let statuses = await stage.supervisor.statuses { $0.count == 2 }
        #expect(statuses.map(\.restarts) == [0, 0])
        let other = try #require(stage.runtime.instances.first { "\($0.id)".contains("other") })
        try await other.seen.wait(for: "its removal") { $0.isRemoved }
        #expect(other.isDrained)
    }

    @Test func aFreshOneTakesOverOnRequest() async throws {
        let stage = try Stage()
        stage.supervisor.apply([try Self.spec()])
        try await stage.supervisor.everyRelayReady()
        let old = try #require(stage.runtime.instances.first)
        let (live, nobody) = (try RelayName("live"), try RelayName("nobody"))
        #expect(stage.supervisor.replace(live))
        #expect(!stage.supervisor.replace(nobody))
        let status = try await stage.status { $0.state == .ready && $0.instance?.id != old.id.rawValue }
        #expect(status.endings == [.replaced: 1])
        try await old.seen.wait(for: "its removal") { $0.isRemoved }
        #expect(old.isDrained)
    }

    @Test func aMachineThatCannotRunContainersIsSaidSo() async throws {
        let stage = try Stage()
        let failure = RuntimeError(.missing, "runc is not installed.")
        stage.runtime.manners.failure = failure
        stage.supervisor.apply([try Self.spec()])
        await #expect(throws: failure) { try await stage.supervisor.everyRelayReady() }
    }

    /// A host whose supervisor has stopped is not alive, whoever still answers.
    @Test func theSupervisorGivesASignOfLife() async throws {
        let stage = try Stage()
        let first = stage.supervisor.lastPass
        let start = MonotonicClock.now
        while stage.supervisor.lastPass == first, start.duration(to: MonotonicClock.now) < .seconds(30) {
            try await Task.sleep(for: .milliseconds(20))
        }
        #expect(stage.supervisor.lastPass > first)
        await stage.supervisor.drain("Over.")
    }
}
