import Contract
import FoundationEssentials
import Linux
import Logging
import Supervisor
import SupervisorToolkit
import Synchronization
import Testing
import Toolkit

/// A supervisor with one relay that is made up, and connections by TCP that it is given.
final class StoreStage: Sendable {
    struct NobodyCame: Error {}

    let runtime = FakeRuntime()
    let supervisor: Supervisor
    let listener: HeldDescriptor
    let stranded: Observed<[PendingConnection]>
    /// How many files the host may have open, as it is told.
    let openFiles: Observed<Int>

    init(
        openFiles: Int = 1 << 20,
        memory: Int = 64 << 20,
        _ manners: FakeRuntime.Manners = FakeRuntime.Manners()
    ) async throws {
        // A busy machine keeps everybody waiting, and nobody is blamed for it here.
        var deadlines = RelayDeadlines()
        deadlines.start = .seconds(30)
        deadlines.beatTimeout = .seconds(30)
        deadlines.doubt = .seconds(30)
        deadlines.farewell = .seconds(30)
        deadlines.succession = .seconds(30)
        deadlines.firstBackOff = .milliseconds(10)
        let stranded = Observed<[PendingConnection]>([])
        self.stranded = stranded
        let limit = Observed(openFiles)
        self.openFiles = limit
        self.runtime.manners = manners
        self.listener = HeldDescriptor(try TCPSocket.listen(on: InternetAddress(.loopbackV4, port: 0)))
        self.supervisor = try Supervisor(
            runtime: self.runtime,
            plan: InstancePlan(program: "/bin/relay"),
            deadlines: deadlines,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() },
            openFileLimit: { limit.state },
            onReady: { _ in },
            onReturned: { _, _, _ in },
            onStranded: { _, connection, _ in stranded.change { $0.append(connection) } }
        )
        let limits = try LimitsSpec(viewers: 100, memory: memory, tape: 8 << 20)
        self.supervisor.apply([try RelaySpec(name: RelayName("live"), publishKey: Secret("k"), limits: limits)])
        if manners.saysEarly.isEmpty { try await self.supervisor.everyRelayReady() }
    }

    /// The instance that was made as that one in order, once it was told to go on.
    func instance(_ number: Int = 0) async throws -> FakeInstance {
        while self.runtime.instances.count <= number { try await Task.sleep(for: .milliseconds(2)) }
        let instance = self.runtime.instances[number]
        try await instance.seen.wait(for: "being told to go on") { !$0.resumed.isEmpty }
        return instance
    }

    func status(until isWanted: @escaping @Sendable (RelayStatus) -> Bool) async throws -> RelayStatus {
        let statuses = await self.supervisor.statuses { $0.contains(where: isWanted) }
        return try #require(statuses.first)
    }

    static func handover(_ number: Int, _ stage: Handover.Stage = .rtmp) -> Handover {
        Handover(stage: stage, peer: "192.0.2.7:\(number)", isSecure: false)
    }

    /// A connection that the relay is given; its peer, and what the system calls the relay's end of it.
    func connect(_ number: Int = 0, _ stage: Handover.Stage = .rtmp) throws -> (client: Socket, name: String) {
        let address = try #require(self.listener.lend { try? TCPSocket.localAddress(of: $0) } ?? nil)
        let client = try Socket(to: address.description)
        var accepted: HeldDescriptor?
        while accepted == nil { accepted = self.listener.lend { Self.accepted($0) } ?? nil }
        let name = accepted?.withNumber { Self.name($0) } ?? ""
        guard let socket = accepted?.take() else { throw NobodyCame() }
        let connection = PendingConnection(Self.handover(number, stage))
        guard self.supervisor.deliver(socket, connection, to: try RelayName("live")) == nil else { throw NobodyCame() }
        return (client, name)
    }

    private static func accepted(_ listener: borrowing OwnedDescriptor) -> HeldDescriptor? {
        guard let socket = try? TCPSocket.accept(on: listener) else { return nil }
        return HeldDescriptor(socket.release())
    }

    /// `socket:[4711]`, `/memfd:name (deleted)`.
    static func name(_ descriptor: CInt) -> String {
        (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/fd/\(descriptor)")) ?? ""
    }

    /// Descriptors of this process, which plays both programs, that are of that.
    static func descriptors(of name: String) -> Int {
        let all = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        return all.compactMap { CInt($0) }.filter { Self.name($0) == name }.count
    }

    static func descriptors(of name: String, become count: Int) async throws {
        while Self.descriptors(of: name) != count { try await Task.sleep(for: .milliseconds(5)) }
    }

    static func write(_ bytes: [UInt8], to held: HeldDescriptor?) throws {
        let copy = try #require(held)
        let outcome = copy.lend { try? TCPSocket.send(bytes, to: $0) } ?? nil
        #expect(outcome == .transferred(bytes.count))
    }
}
