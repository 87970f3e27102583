package import Containers
package import Contract
internal import Control
package import Linux
internal import Synchronization
package import Toolkit

/// Makes instances that are a few closures: each speaks the language of the control socket as it is told to.
package final class FakeRuntime: ContainerRuntime {
    package var leavesOrphans: Bool { false }

    package struct Manners: Sendable {
        /// Why nothing can be started.
        package var failure: RuntimeError?
        package var answersBeats = true
        package var takesConfiguration = true
        /// What it sends before it was told to go on.
        package var saysEarly: [RelayMessage] = []
        /// What it sends right after it was told to go on.
        package var says: [RelayMessage] = []
        /// What it gives back every connection as.
        package var returnsConnections = false
        /// It keeps a descriptor of what it gives back, and gives that back, too.
        package var returnsTwice = false
        /// How many connections it says that it has.
        package var claims = 0
        /// A socket of its own making, that it gives back.
        package var inventsConnection = false
        package var endsWhenTold = true
        /// Whether removing it takes for ever.
        package var isStuckInRemoval = false

        package init() {}
    }

    package let isolation: Isolation
    private let state = Mutex<(manners: Manners, instances: [FakeInstance])>((Manners(), []))

    package init(isolation: Isolation = .none) {
        self.isolation = isolation
    }

    package var manners: Manners {
        get { self.state.withLock { $0.manners } }
        set { self.state.withLock { $0.manners = newValue } }
    }

    package var instances: [FakeInstance] { self.state.withLock { $0.instances } }

    package func start(
        _ spec: InstanceSpec,
        control: consuming OwnedDescriptor,
        output: @escaping @Sendable (String) -> Void
    ) async throws(RuntimeError) -> any ContainerInstance {
        let manners = self.manners
        if let failure = manners.failure { throw failure }
        let instance = FakeInstance(spec, manners)
        do throws(LinuxError) {
            try instance.connect(control)
        } catch {
            throw RuntimeError(.failed, "\(error)")
        }
        self.state.withLock { $0.instances.append(instance) }
        return instance
    }

    package func removeLeftovers() async -> [String] { [] }
}

package final class FakeInstance: ContainerInstance {
    package let id: InstanceID
    package let spec: InstanceSpec
    package let processID: Int32 = 4711
    package let throttled: Duration? = .milliseconds(750)
    private let manners: FakeRuntime.Manners

    private struct State {
        var channel: RelaySideChannel?
        var ending: InstanceEnding?
        var waiting: [CheckedContinuation<InstanceEnding, Never>] = []
        var held: [HeldDescriptor] = []
        var grants: [SocketGrant] = []
        var sockets: [SocketPurpose: HeldDescriptor] = [:]
        var refusals: [String] = []
        var inherited: [UInt64: HeldDescriptor] = [:]
    }

    /// What has been done to it.
    package struct Seen: Sendable {
        package var isRemoved = false
        package var specs: [RelaySpec] = []
        package var connections: [(handover: Handover, payload: [UInt8])] = []
        package var orders: [RelayOrder] = []
        package var isDrained = false
        package var restored: [(stored: StoredDescriptor, handover: Handover?)] = []
        /// How many things it was told to go on with, each time that it was.
        package var resumed: [Int] = []
        /// What it was told or given of all that, by name and in order.
        package var order: [String] = []
    }

    package let seen = Observed(Seen())
    private let state = Mutex(State())

    init(_ spec: InstanceSpec, _ manners: FakeRuntime.Manners) {
        self.id = spec.id
        self.spec = spec
        self.manners = manners
    }

    package var isRemoved: Bool { self.seen.state.isRemoved }
    package var isDrained: Bool { self.seen.state.isDrained }
    package var specs: [RelaySpec] { self.seen.state.specs }
    package var connections: [(handover: Handover, payload: [UInt8])] { self.seen.state.connections }

    package var grants: [SocketGrant] { self.state.withLock { $0.grants } }
    package var refusals: [String] { self.state.withLock { $0.refusals } }
    package func socket(_ purpose: SocketPurpose) -> HeldDescriptor? { self.state.withLock { $0.sockets[purpose] } }
    package func letGo() { self.state.withLock { $0.sockets = [:] } }

    package func connect(_ descriptor: consuming OwnedDescriptor) throws(LinuxError) {
        let channel = try RelaySideChannel(
            descriptor,
            name: "fake",
            limits: .ofRelay,
            onMessage: { [weak self] message in self?.hear(message) },
            onEnd: { _ in }
        )
        self.state.withLock { $0.channel = channel }
        self.say(.hello(version: RelayMessage.languageVersion, build: "test"))
    }

    package func ending() async -> InstanceEnding {
        await withCheckedContinuation { continuation in
            let ending = self.state.withLock { state -> InstanceEnding? in
                if state.ending == nil { state.waiting.append(continuation) }
                return state.ending
            }
            if let ending { continuation.resume(returning: ending) }
        }
    }

    package func signal(_ number: Int32) { self.end(.signalled(number)) }

    package func remove() async throws(RuntimeError) {
        self.end(.signalled(9))
        if self.manners.isStuckInRemoval {
            try? await Task.sleep(for: .seconds(3600))
        }
        self.seen.change { $0.isRemoved = true }
    }

    package func end(_ ending: InstanceEnding) {
        let (waiting, channel) = self.state.withLock { state in
            defer { state.waiting = [] }
            // The kernel closes what a process had when it ends.
            for held in state.held { _ = held.take() }
            for held in state.inherited.values { _ = held.take() }
            if state.ending == nil { state.ending = ending }
            return (state.waiting, state.channel.take())
        }
        channel?.close()
        for continuation in waiting { continuation.resume(returning: ending) }
    }

    package func say(_ message: RelayMessage, payload: [UInt8] = [], descriptor: consuming OwnedDescriptor? = nil) {
        try? self.state.withLock { $0.channel }?.send(message, payload: payload, descriptor: descriptor)
    }

    /// Closes its control socket, and goes on.
    package func fallSilent() { self.state.withLock { $0.channel.take() }?.close() }

    /// Reads as many bytes of the connection that came as that number.
    package func read(_ count: Int, of number: Int) throws -> [UInt8] {
        try self.use(number) { socket in
            var bytes = [UInt8](repeating: 0, count: count)
            guard case .transferred(let got) = try TCPSocket.receive(into: &bytes, from: socket) else { return [] }
            return Array(bytes[..<got])
        } ?? []
    }

    package func answer(_ bytes: [UInt8], to number: Int) throws {
        _ = try self.use(number) { socket in try TCPSocket.send(bytes, to: socket) }
    }

    // MARK: What it has stored

    /// A connection that it was given, as that number of those.
    package func connection(_ number: Int) -> HeldDescriptor { self.state.withLock { $0.held[number] } }

    /// What the instance before it had stored.
    package func inherited(_ number: UInt64) -> HeldDescriptor? { self.state.withLock { $0.inherited[number] } }

    package func store(_ number: UInt64, _ kind: StoredDescriptor.Kind, _ held: HeldDescriptor?, label: String = "") {
        let stored = StoredDescriptor(number: number, kind: kind, label: label)
        self.say(.store(stored), descriptor: (try? held?.duplicate()) ?? nil)
    }

    private func use<Result>(_ number: Int, _ body: (borrowing OwnedDescriptor) throws -> Result) throws -> Result? {
        let copy = try self.state.withLock { try $0.held[number].duplicate() }
        guard let copy else { return nil }
        return try body(copy)
    }

    private func hear(_ received: consuming RelaySideChannel.Received) {
        switch received.message {
        case .configure(let spec):
            self.seen.change { $0.specs.append(spec) }
            guard self.manners.takesConfiguration else { return }
            for message in self.manners.saysEarly { self.say(message) }
            self.say(.configured(deferred: []))
        case .beat(let number):
            guard self.manners.answersBeats, let name = self.specs.last?.name else { return }
            let now = Instant(microseconds: MonotonicClock.now.nanoseconds / 1000)
            let reading = ClockReading(now: now, unix: 0)
            var snapshot = RelaySnapshot(relay: name, clock: reading, startedAt: now)
            snapshot.connections = self.manners.claims
            self.say(.beat(number, snapshot))
        case .connection(let handover):
            let payload = received.payload
            guard let descriptor = received.takeDescriptor() else { return }
            let held = HeldDescriptor(descriptor)
            if self.manners.returnsConnections {
                for _ in 0..<(self.manners.returnsTwice ? 2 : 1) {
                    self.say(.returned(Self.handover), payload: payload, descriptor: (try? held.duplicate()) ?? nil)
                }
            } else {
                self.state.withLock { $0.held.append(held) }
            }
            self.seen.change { seen in
                seen.connections.append((handover, payload))
                seen.order.append("connection")
            }
        case .socket(let grant):
            guard let descriptor = received.takeDescriptor() else { return }
            let held = HeldDescriptor(descriptor)
            self.state.withLock { state in
                state.grants.append(grant)
                state.sockets[grant.purpose] = held
            }
        case .restore(let stored, let handover):
            guard let descriptor = received.takeDescriptor() else { return }
            let held = HeldDescriptor(descriptor)
            self.state.withLock { $0.inherited[stored.number] = held }
            self.seen.change { seen in
                seen.restored.append((stored, handover))
                seen.order.append("restore \(stored.number)")
            }
        case .resume(let count):
            for message in self.manners.says { self.say(message) }
            if self.manners.inventsConnection, let pair = try? TCPSocket.pair().parted() {
                self.say(.returned(Self.handover), descriptor: pair.first.take())
            }
            self.seen.change { seen in
                seen.resumed.append(count)
                seen.order.append("resume \(count)")
            }
        case .refused(_, let sentence): self.state.withLock { $0.refusals.append(sentence) }
        case .perform(let number, let order):
            self.seen.change { $0.orders.append(order) }
            if order == .listViewers { self.say(.done(number, .viewers([]))) }
        case .drain:
            self.seen.change { $0.isDrained = true }
            if self.manners.endsWhenTold { self.end(.exited(code: 0)) }
        }
    }

    /// What a liar says of a connection.
    package static let handover = Handover(stage: .http, peer: "127.0.0.1:1", isSecure: true)
}
