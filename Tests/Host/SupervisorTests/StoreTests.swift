import Containers
import Contract
import Linux
import Supervisor
import SupervisorToolkit
import Testing
import Toolkit

/// What a relay stores with its host outlives its instances.
@Suite(.timeLimit(.minutes(1))) struct StoreTests {
    private static func memory(_ name: String, bytes: Int = 4096) throws -> HeldDescriptor {
        HeldDescriptor(try MirroredMemory.make(name: name, capacity: bytes).descriptor.duplicate())
    }

    /// A relay that is killed in the middle of three connections.
    @Test func theNextInstanceGoesOnWithTheVerySameSockets() async throws {
        let stage = try await StoreStage()
        let first = try await stage.instance()
        #expect(first.seen.state.resumed == [0])
        let clients = try (0..<3).map { try stage.connect($0) }
        try await first.seen.wait(for: "connections") { $0.connections.count == 3 }
        #expect(first.seen.state.order == ["resume 0", "connection", "connection", "connection"])
        let memory = try Self.memory("successor")
        first.store(7, .memory, memory, label: "tape")
        for number in 0..<3 {
            try first.answer([1], to: number)
            first.store(UInt64(10 + number), .connection, first.connection(number), label: "old")
        }
        first.store(11, .connection, nil, label: "new")
        let status = try await stage.status { $0.keptConnections == 3 }
        #expect(status.handedOnConnections == 0)

        first.end(.signalled(9))
        let second = try await stage.instance(1)
        // Who is to go on loads at once what the first of a relay loads when a publisher comes.
        #expect(!first.spec.arguments.contains("--ahead") && second.spec.arguments.contains("--ahead"))
        let seen = second.seen.state
        #expect(seen.order == ["restore 7", "restore 10", "restore 11", "restore 12", "resume 4"])
        #expect(seen.restored.map(\.stored.label) == ["tape", "old", "new", "old"])
        #expect(seen.restored.map(\.handover) == [nil] + (0..<3).map { StoreStage.handover($0) })
        let before = memory.lend { SealedMemory(of: $0)?.identity } ?? nil
        let after = second.inherited(7)?.lend { SealedMemory(of: $0)?.identity } ?? nil
        #expect(before != nil && before == after)
        for (number, (client, name)) in clients.enumerated() {
            let held = second.inherited(UInt64(10 + number))
            #expect(held?.withNumber { StoreStage.name($0) } == name)
            try StoreStage.write([2], to: held)
            try client.send([3])
        }
        for (number, (client, _)) in clients.enumerated() {
            var bytes = try await client.receive()
            if bytes.count < 2 { bytes += try await client.receive() }
            #expect(bytes == [1, 2])
            let held = try #require(second.inherited(UInt64(10 + number)))
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
        // They are its own as if it had been given them.
        let now = try await stage.status { $0.state == .ready && $0.handedOnConnections == 3 }
        #expect(now.keptConnections == 3 && now.restarts == 1)
        second.store(12, .connection, second.inherited(12), label: "mine")
        second.end(.outOfMemory)
        let third = try await stage.instance(2)
        #expect(third.seen.state.restored.map(\.stored.label) == ["tape", "old", "new", "mine"])
        #expect(stage.stranded.state.isEmpty, "what is stored is given to nobody as new")
        await stage.supervisor.drain("Over.")
        for (client, name) in clients {
            #expect(try await client.receive().isEmpty)
            try await StoreStage.descriptors(of: name, become: 0)
        }
    }

    @Test func whatIsDiscardedOrGivenBackIsLetGo() async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let (client, name) = try stage.connect(0, .http)
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        let memory = try Self.memory("discarded")
        let path = memory.withNumber { StoreStage.name($0) }
        instance.store(1, .connection, instance.connection(0))
        instance.store(2, .memory, memory)
        // One of the instance's and one of the host's; the host's second, until it was answered, is gone.
        try await StoreStage.descriptors(of: name, become: 2)
        try await StoreStage.descriptors(of: path, become: 2)
        instance.say(.discard(2))
        instance.say(.discard(99))
        try await StoreStage.descriptors(of: path, become: 1)
        instance.say(.returned(FakeInstance.handover), descriptor: try instance.connection(0).duplicate())
        _ = try await stage.status { $0.keptConnections == 0 }
        _ = instance.connection(0).take()
        try await StoreStage.descriptors(of: name, become: 0)
        #expect(try await client.receive().isEmpty)
        #expect(stage.supervisor.statuses.first?.restarts == 0)
    }

    @Test func aConnectionWhosePeerIsGoneIsLetGo() async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let (gone, left) = (try stage.connect(0), try stage.connect(1))
        try await instance.seen.wait(for: "connections") { $0.connections.count == 2 }
        for number in 0..<2 { instance.store(UInt64(number), .connection, instance.connection(number)) }
        try await StoreStage.descriptors(of: gone.name, become: 2)
        _ = try await stage.status { $0.keptConnections == 2 }
        gone.client.reset()
        _ = try await stage.status { $0.keptConnections == 1 }
        try await StoreStage.descriptors(of: gone.name, become: 1)
        // The relay may end a connection that the host has, too.
        _ = instance.connection(1).lend { TCPSocket.hangUp($0) }
        #expect(try await left.client.receive().isEmpty)
        left.client.finish()
        _ = try await stage.status { $0.keptConnections == 0 }
        // It is not known any more, and no lie.
        instance.store(1, .connection, nil, label: "late")
        instance.say(.discard(1))
        instance.end(.signalled(9))
        let next = try await stage.instance(1)
        #expect(next.seen.state.resumed == [0])
    }

    /// A host that may open no more files keeps serving, and says what that costs.
    @Test func whereDescriptorsAreShortNothingIsKept() async throws {
        let stage = try await StoreStage(openFiles: 8)
        let instance = try await stage.instance()
        let (client, name) = try stage.connect()
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        try instance.answer([1], to: 0)
        instance.store(1, .connection, instance.connection(0))
        instance.store(2, .memory, try Self.memory("short"))
        let status = try await stage.status { !$0.problems.isEmpty }
        #expect(status.problems.first?.contains("8 files") == true)
        #expect(status.keptConnections == 0 && status.restarts == 0)
        #expect(try await client.receive() == [1])
        instance.end(.signalled(9))
        #expect(try await client.receive().isEmpty)
        try await StoreStage.descriptors(of: name, become: 0)
    }

    /// Connections that come are served, and what goes for them is what would have outlived an instance.
    @Test func whereDescriptorsBecomeShortWhatIsKeptIsLetGo() async throws {
        let stage = try await StoreStage()
        let instance = try await stage.instance()
        let (client, name) = try stage.connect(0)
        try await instance.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        instance.store(1, .connection, instance.connection(0))
        instance.store(2, .memory, try Self.memory("scarce"))
        _ = try await stage.status { $0.keptConnections == 1 }
        stage.openFiles.change { $0 = 8 }
        let (other, _) = try stage.connect(1)
        let status = try await stage.status { $0.keptConnections == 0 }
        #expect(status.problems.count == 1 && status.restarts == 0)
        try await StoreStage.descriptors(of: name, become: 1)
        try instance.answer([4], to: 0)
        #expect(try await client.receive() == [4])
        withExtendedLifetime(other) {}
    }

    @Test func memoryBeyondTheRelaysOwnIsNotKept() async throws {
        let stage = try await StoreStage(memory: 32 << 20)
        let instance = try await stage.instance()
        let tooLarge = try Self.memory("beyond", bytes: (32 << 20) * StoreLimits().oneFactor + 4096)
        let path = tooLarge.withNumber { StoreStage.name($0) }
        instance.store(1, .memory, tooLarge)
        _ = try await stage.status { !$0.problems.isEmpty }
        try await StoreStage.descriptors(of: path, become: 1)
        #expect(stage.supervisor.statuses.first?.restarts == 0)
    }

    /// A relay that dies again and again of what it is given is given less.
    @Test func whatInstancesDieOfIsLetGo() async throws {
        let stage = try await StoreStage()
        let first = try await stage.instance()
        let (client, name) = try stage.connect()
        try await first.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        first.store(1, .connection, first.connection(0))
        _ = try await stage.status { $0.keptConnections == 1 }
        first.end(.signalled(11))
        for number in 1...StoreLimits().deaths {
            let next = try await stage.instance(number)
            #expect(next.seen.state.resumed == [1])
            next.end(.signalled(11))
        }
        let last = try await stage.instance(StoreLimits().deaths + 1)
        #expect(last.seen.state.resumed == [0])
        #expect(try await client.receive().isEmpty)
        try await StoreStage.descriptors(of: name, become: 0)
    }

    // MARK: On purpose

    @Test func aReplacedInstanceIsKilledAndItsPeersStay() async throws {
        let stage = try await StoreStage()
        let first = try await stage.instance()
        let (client, _) = try stage.connect(0)
        let (unanswered, _) = try stage.connect(1)
        try await first.seen.wait(for: "connections") { $0.connections.count == 2 }
        try first.answer([1], to: 0)
        first.store(1, .connection, first.connection(0))
        _ = try await stage.status { $0.keptConnections == 1 }
        #expect(stage.supervisor.replace(try RelayName("live")))
        let second = try await stage.instance(1)
        #expect(second.seen.state.resumed == [1])
        #expect(!first.isDrained)
        try StoreStage.write([2], to: second.inherited(1))
        var bytes = try await client.receive()
        if bytes.count < 2 { bytes += try await client.receive() }
        #expect(bytes == [1, 2])
        try await stage.stranded.wait(for: "what nobody had answered") { $0.map(\.handover.peer) == ["192.0.2.7:1"] }
        _ = try await stage.status {
            $0.endings == [.replaced: 1] && $0.state == .ready && $0.handedOnConnections == 1
        }
        withExtendedLifetime(unanswered) {}
    }

    @Test func oneThatWasReplacedByFarewellStoresNothingMore() async throws {
        var manners = FakeRuntime.Manners()
        manners.endsWhenTold = false
        let stage = try await StoreStage(manners)
        let first = try await stage.instance()
        _ = try stage.connect(0)
        try await first.seen.wait(for: "a connection") { !$0.connections.isEmpty }
        #expect(stage.supervisor.replace(try RelayName("live")))
        let second = try await stage.instance(1)
        try await first.seen.wait(for: "its farewell") { $0.isDrained }
        first.store(1, .connection, first.connection(0))
        second.store(1, .memory, try Self.memory("second"))
        second.end(.signalled(9))
        let third = try await stage.instance(2)
        #expect(third.seen.state.restored.map(\.stored.kind) == [.memory])
    }
}
