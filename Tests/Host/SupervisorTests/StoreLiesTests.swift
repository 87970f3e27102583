import Containers
import Contract
import Linux
import Supervisor
import SupervisorToolkit
import Testing
import Toolkit

/// Relays that lie about what they store.
@Suite(.timeLimit(.minutes(1))) struct StoreLiesTests {
    private static func memory() throws -> HeldDescriptor {
        HeldDescriptor(try MirroredMemory.make(name: "lie", capacity: 4096).descriptor.duplicate())
    }

    enum Lie: CaseIterable {
        case pipeAsMemory, socketAsMemory, memoryAsConnection, madeUpConnection, returnedConnection, longLabel,
            sameNumber, sameThing, otherKind, memoryAsDatagrams, madeUpDatagrams, connectionAsDatagrams
    }

    @Test(arguments: Lie.allCases) func aLieEndsTheInstance(_ lie: Lie) async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let clients = try (0..<2).map { try stage.connect($0, .http) }
        try await instance.seen.wait(for: "connections") { $0.connections.count == 2 }
        instance.store(1, .connection, instance.connection(0))
        let words: String
        switch lie {
        case .pipeAsMemory:
            let pipe = try Pipe.make()
            instance.store(2, .memory, HeldDescriptor(try pipe.read.duplicate()))
            words = "sealed"
        case .socketAsMemory:
            instance.store(2, .memory, instance.connection(1))
            words = "sealed"
        case .memoryAsConnection:
            instance.store(2, .connection, try Self.memory())
            words = "no socket"
        case .madeUpConnection:
            instance.store(2, .connection, try TCPSocket.pair().parted().first)
            words = "does not have"
        case .returnedConnection:
            instance.say(.returned(FakeInstance.handover), descriptor: try instance.connection(1).duplicate())
            instance.store(2, .connection, instance.connection(1))
            words = "does not have"
        case .longLabel:
            instance.store(1, .connection, nil, label: String(repeating: "x", count: ControlLimits.label + 1))
            words = "label"
        case .sameNumber:
            instance.store(1, .connection, instance.connection(1))
            words = "in use"
        case .sameThing:
            instance.store(2, .connection, instance.connection(0))
            words = "two numbers"
        case .otherKind:
            instance.store(1, .memory, nil)
            words = "in use"
        case .memoryAsDatagrams:
            instance.store(2, .datagrams, try Self.memory())
            words = "no socket"
        case .madeUpDatagrams:
            let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
            instance.store(2, .datagrams, HeldDescriptor(socket))
            words = "was not given"
        case .connectionAsDatagrams:
            instance.store(2, .datagrams, instance.connection(1))
            words = "was not given"
        }
        let status = try await stage.status { $0.lastEnding != nil }
        #expect(status.endings == [.misbehaved: 1])
        #expect(status.lastEnding?.sentence.contains(words) == true, "\(status.lastEnding?.sentence ?? "")")
        // What was true of it is gone on with.
        let next = try await stage.instance(1)
        #expect(next.seen.state.restored.map(\.stored.number) == [1])
        try StoreStage.write([5], to: next.inherited(1))
        #expect(try await clients[0].client.receive() == [5])
    }

    @Test func oneThatStoresBeforeItIsToldToGoOnIsReplaced() async throws {
        var manners = FakeRuntime.Manners()
        manners.saysEarly = [.store(StoredDescriptor(number: 1, kind: .memory, label: ""))]
        let stage = try await StoreStage(manners)
        let status = try await stage.status { $0.lastEnding != nil }
        #expect(status.lastEnding?.sentence.contains("before") == true)
    }

    /// The host's own half of a connection with TLS cannot be handed on: a successor would not know what was said.
    @Test func aPairOfTheHostsIsNotKept() async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let pair = try TCPSocket.pair().parted()
        guard let end = pair.first.take() else { return }
        let connection = PendingConnection(StoreStage.handover(0))
        let back = stage.supervisor.deliver(end, connection, to: try RelayName("live"))
        let isTaken = back == nil
        #expect(isTaken)
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        instance.store(1, .connection, instance.connection(0))
        instance.store(2, .memory, try Self.memory())
        _ = try await stage.status { $0.state == .ready }
        instance.end(.signalled(9))
        let next = try await stage.instance(1)
        #expect(next.seen.state.restored.map(\.stored.kind) == [.memory])
        #expect(stage.supervisor.statuses.first?.endings == [.signal: 1])
    }

    /// Another process that had the socket may have set it so that closing it waits, and so that nothing comes in.
    @Test func whatWasLeftOnASocketIsTakenAway() async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let (client, _) = try stage.connect()
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        let host = InternetAddress.Host.loopbackV4
        _ = instance.connection(0).lend { try? UDPSocket.admit(UDPSocket.Admission(host, port: 1), to: $0) }
        instance.store(1, .connection, instance.connection(0))
        instance.end(.signalled(9))
        let next = try await stage.instance(1)
        try client.send([6])
        let held = try #require(next.inherited(1))
        var got: TransferOutcome?
        while got == nil || got == .wouldBlock {
            got =
                held.lend { socket in
                    var buffer = [UInt8](repeating: 0, count: 4)
                    return try? TCPSocket.receive(into: &buffer, from: socket)
                } ?? nil
        }
        #expect(got == .transferred(1))
    }
}
