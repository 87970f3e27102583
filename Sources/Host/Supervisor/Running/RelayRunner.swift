import Containers
import Contract
import Control
import Health
import Holder
import Linux
import Logging
import Sockets
import Synchronization

/// Runs one relay: performs what its machine wants, outside of its lock, and tells it what came of it.
final class RelayRunner: Sendable {
    private struct State {
        var machine: RelayMachine
        var links: [InstanceID: InstanceLink] = [:]
        var serving: InstanceLink?
        var everReady = false
        /// Whether the configuration has just named it, and its machine is still to be told.
        var isAwaited = false
        /// Why the runtime could not start the last instance.
        var startFailure: RuntimeError?
        /// Actions that nobody performs yet; whoever does performs all, so that they keep their order.
        var queue: [RelayAction] = []
        var isPerforming = false
        /// How long the threads of instances that say nothing had waited when last looked at.
        var waits: [InstanceID: (wait: ProcessorWait, at: Instant)] = [:]
        var throttle = ThrottleMeter()
        var hasToldStarvation = false
    }

    let name: RelayName
    private let state: Mutex<State>
    private let services: RunnerServices
    private let log: Logger
    private let relayLog: RelayLog
    private let shelf = SocketShelf()
    private let orderLimit: Duration
    private let store: DescriptorStore
    private let addresses = SendingAddresses()

    /// From the end of a process to the end of what it has said.
    private static let lastWord = Duration.milliseconds(250)
    private static let worthTelling = Duration.seconds(1)

    init(_ name: RelayName, nonce: UInt32, deadlines: RelayDeadlines, services: RunnerServices) {
        self.name = name
        self.services = services
        self.orderLimit = deadlines.order
        let machine = RelayMachine(
            name: name,
            nonce: nonce,
            deadlines: deadlines,
            keepsStandby: services.keepsStandby,
            now: services.clock()
        )
        self.state = Mutex(State(machine: machine))
        var log = services.log
        log[metadataKey: "relay"] = "\(name)"
        self.log = log
        self.relayLog = RelayLog(relay: name, log: services.log, clock: services.clock)
        self.store = DescriptorStore(name, services: services, log: log)
    }

    // MARK: What it knows

    var status: RelayStatus {
        var status = self.state.withLock { $0.machine.status }
        let starvation = self.state.withLock { $0.machine.starvation }
        let isTold = starvation >= Self.worthTelling
        status.starvation = isTold ? starvation : .zero
        let remarks = [isTold ? Self.sentence(starvation: starvation) : nil, self.store.remark]
        status.problems = self.shelf.failures.map(\.description) + remarks.compactMap { $0 }
        let (throttled, instance, now) = (self.serving?.throttled, status.instance?.id, self.services.clock())
        status.throttled = throttled
        status.throttling = self.state.withLock { $0.throttle.note(throttled, of: instance, at: now) }
        (status.keptConnections, status.handedOnConnections) = self.store.connections
        return status
    }

    /// Whether it can be forgotten.
    var isOver: Bool { self.state.withLock { $0.machine.isGone && !$0.isAwaited } }
    var isGone: Bool { self.state.withLock { $0.machine.isGone } }
    var wanted: RelaySpec? { self.state.withLock { $0.machine.wanted } }
    var everReady: Bool { self.state.withLock { $0.everReady } }
    var startFailure: RuntimeError? { self.state.withLock { $0.startFailure } }

    /// Lets go of some of the connections that are kept for it.
    func shed() { self.store.shed() }
    var keptConnections: Int { self.store.connections.kept }

    /// The instance that connections go to.
    var serving: InstanceLink? { self.state.withLock { $0.serving } }

    /// A relay could otherwise close every door by claiming more than it has.
    var openConnections: Int {
        let (claimed, link) = self.state.withLock { ($0.machine.status.snapshot?.connections ?? 0, $0.serving) }
        return min(claimed, link?.mostConnections ?? 0)
    }

    // MARK: Inputs

    /// It will be told what is wanted of it in a moment, and is not to be forgotten until then.
    func awaitWish() { self.state.withLock { $0.isAwaited = true } }

    func want(_ spec: RelaySpec) {
        self.stock(spec.socketNeeds.map(\.lent))
        self.feed { $0.want(spec, now: $1) }
        self.state.withLock { $0.isAwaited = false }
    }

    func dismiss(_ sentence: String) {
        self.shelf.stock([])
        self.feed { $0.dismiss(sentence, now: $1) }
    }

    /// Takes over what a host that died had kept of the relay.
    func adopt(_ left: [Holder.Left], _ spec: RelaySpec) {
        let connections = self.store.adopt(left, memoryLimit: spec.limits.memory)
        self.log.notice(
            "takes over what a host that died has left",
            metadata: ["connections": "\(connections)", "all": "\(left.count)"]
        )
    }

    func replace() { self.feed { $0.replace(now: $1) } }

    /// Kills what runs, without waiting for anything.
    func kill() {
        for link in self.state.withLock({ Array($0.links.values) }) { link.kill() }
    }

    /// How long until time is to be told to it again; nil: until something happens.
    var pause: Duration? {
        let now = self.services.clock()
        let (next, serving, links) = self.state.withLock { ($0.machine.nextTick, $0.serving, Array($0.links.values)) }
        let due = [next, serving?.orders.deadline].compactMap { $0 }.min().map { max($0 - now, .zero) }
        let isWaiting = links.contains { $0.hasLoans } || !self.shelf.failures.isEmpty
        return isWaiting ? min(due ?? Supervisor.tick, Supervisor.tick) : due
    }

    func tick() {
        self.weighSilence()
        self.feed(isTick: true) { $0.tick(now: $1) }
        let now = self.services.clock()
        let (serving, links) = self.state.withLock { ($0.serving, Array($0.links.values)) }
        serving?.orders.expire(now: now)
        for link in links { link.settleLoans(now: now) }
        if self.shelf.retry(), let serving { self.supply(serving) }
    }

    /// Whether instances that say nothing could have said something.
    private func weighSilence() {
        let now = self.services.clock()
        let (suspects, waits) = self.state.withLock { ($0.machine.suspects(now: now), $0.waits) }
        guard !suspects.isEmpty || !waits.isEmpty else { return }
        var readings: [InstanceID: (wait: ProcessorWait, at: Instant)] = [:]
        for (id, processID) in suspects {
            if let wait = ProcessorWait(of: processID) { readings[id] = (wait, self.services.clock()) }
        }
        let found = readings
        let starvation = self.state.withLock { state in
            state.waits = found
            for (id, new) in found {
                guard let old = waits[id] else { continue }
                state.machine.starved(id, for: new.wait.waited(since: old.wait, of: new.at - old.at), now: now)
            }
            let starvation = state.machine.starvation
            defer { state.hasToldStarvation = starvation >= Self.worthTelling }
            return state.hasToldStarvation || starvation < Self.worthTelling ? nil : starvation
        }
        if let starvation { self.log.warning("\(Self.sentence(starvation: starvation))") }
    }

    private static func sentence(starvation: Duration) -> String {
        "It has waited \(starvation.inTenths) for a processor, and its viewers may see pauses: the machine is too busy, or limits.cpu too low."
    }

    private func feed(isTick: Bool = false, _ input: (inout RelayMachine, Instant) -> [RelayAction]) {
        let now = self.services.clock()
        let (isOurs, hasChanged, next) = self.state.withLock { state in
            let before = state.machine.relayState
            let actions = input(&state.machine, now)
            state.queue += actions
            let hasChanged = !actions.isEmpty || state.machine.relayState != before
            guard !state.isPerforming, !state.queue.isEmpty else {
                return (false, hasChanged, state.machine.nextTick)
            }
            state.isPerforming = true
            return (true, hasChanged, state.machine.nextTick)
        }
        // Who tells the time asks by itself when it is to be told again.
        if !isTick, let next { self.services.hasten(next - now) }
        if isOurs { self.performAll() }
        if hasChanged { self.services.watchers.poke() }
    }

    // MARK: Actions

    private func performAll() {
        while true {
            let actions = self.state.withLock { state in
                defer { state.queue = [] }
                if state.queue.isEmpty { state.isPerforming = false }
                return state.queue
            }
            if actions.isEmpty { return }
            for action in actions { self.perform(action) }
        }
    }

    private func perform(_ action: RelayAction) {
        switch action {
        case .start(let id, let allowance): self.start(id, allowance)
        case .send(let id, let message): self.send(id, message)
        case .resume(let id): self.resume(id)
        case .serve(let id): self.serve(id)
        case .kill(let id): self.state.withLock { $0.links[id] }?.kill()
        case .letGo(let sentence): self.store.letGo(sentence)
        case .remove(let id): self.remove(id)
        case .report(let id, let ending, let next, let wasKilled): self.report(id, ending, next, wasKilled)
        }
    }

    private func start(_ id: InstanceID, _ allowance: InstanceAllowance) {
        let link = InstanceLink(
            id,
            pool: self.services.pool,
            addresses: self.addresses,
            orderLimit: self.orderLimit
        )
        let control: HeldDescriptor
        do throws(LinuxError) {
            let ends = try TCPSocket.pair().parted()
            control = ends.second
            guard let own = ends.first.take() else { return }
            link.hold(
                try HostSideChannel(
                    own,
                    name: "control-\(self.name)",
                    limits: .ofHost,
                    onMessage: { [weak self] message in self?.hear(link, message) },
                    onEnd: { [weak self] error in
                        self?.channelEnded(id, error)
                        link.noteLastWord()
                    }
                )
            )
        } catch {
            let sentence = "The control socket could not be made: \(error)"
            self.feed { $0.failedToStart(id, sentence, now: $1) }
            return
        }
        self.state.withLock { $0.links[id] = link }
        let spec = self.services.plan.spec(id, allowance, goesOn: self.store.count > 0)
        Task { await self.launch(link, spec, control) }
    }

    /// One instance's container, from its start to its ending.
    private func launch(_ link: InstanceLink, _ spec: InstanceSpec, _ control: HeldDescriptor) async {
        guard let descriptor = control.take() else { return }
        let id = link.id
        let instance: any ContainerInstance
        let relayLog = self.relayLog
        do throws(RuntimeError) {
            instance = try await self.services.runtime.start(spec, control: descriptor) { relayLog.take($0) }
        } catch {
            let wasUnwanted = link.failedToStart()
            self.state.withLock { state in
                state.links[id] = nil
                state.startFailure = error
            }
            self.feed { machine, now in
                wasUnwanted ? machine.removed(id, now: now) : machine.failedToStart(id, error.description, now: now)
            }
            return
        }
        if let unwanted = link.started(instance) {
            await self.dispose(of: unwanted)
            return
        }
        self.feed { $0.started(id, processID: instance.processID, now: $1) }
        let ending = await instance.ending()
        await link.awaitLastWord(within: Self.lastWord)
        self.feed { $0.ended(id, ending, now: $1) }
        self.recall(link)
    }

    /// Connections that a dead instance never answered are as they were before it had them.
    private func recall(_ link: InstanceLink) {
        let stranded = link.callInLoans()
        guard !stranded.isEmpty else { return }
        self.log.notice(
            "connections that the instance had not answered wait for the next",
            metadata: ["instance": "\(link.id)", "count": "\(stranded.count)"]
        )
        for (delivery, socket) in stranded {
            if let descriptor = socket.take() { self.services.onStranded(descriptor, delivery, self.name) }
        }
    }

    private func send(_ id: InstanceID, _ message: HostMessage) {
        let (link, isServing) = self.state.withLock { state in (state.links[id], state.serving?.id == id) }
        guard let link else { return }
        if let error = link.send(message) { return self.sendingFailed(id, error) }
        // It can take what is new of it only once it knows what that is for.
        if isServing, case .configure = message { self.supply(link) }
    }

    private func supply(_ link: InstanceLink) {
        if let error = link.supply(self.shelf) { self.sendingFailed(link.id, error) }
    }

    private func stock(_ needs: [SocketNeed]) {
        for failure in self.shelf.stock(needs) {
            self.log.error("a UDP port is missing; it is tried again", metadata: ["reason": "\(failure)"])
        }
    }

    private func sendingFailed(_ id: InstanceID, _ error: ControlError) {
        switch error {
        // The channel's own end says the same.
        case .closedByPeer, .closed: break
        default: self.feed { $0.misbehaved(id, Self.sentence(error), now: $1) }
        }
    }

    private func resume(_ id: InstanceID) {
        let (link, limits) = self.state.withLock { ($0.links[id], $0.machine.wanted?.limits) }
        if let link, let limits { self.store.handOn(to: link, memoryLimit: limits.memory) }
    }

    private func serve(_ id: InstanceID?) {
        self.state.withLock { state in
            state.serving = id.flatMap { state.links[$0] }
            if id != nil { state.everReady = true }
        }
        guard let link = self.serving, link.id == id else { return }
        self.supply(link)
        self.log.notice("relay ready", metadata: ["instance": "\(id?.rawValue ?? "")"])
        self.services.onReady(self.name)
    }

    private func remove(_ id: InstanceID) {
        guard let link = self.state.withLock({ $0.links[id] }) else {
            self.feed { $0.removed(id, now: $1) }
            return
        }
        // Nil: it is being made, and is removed as soon as it is.
        guard let instance = link.abandon() else { return }
        Task { await self.dispose(of: instance) }
    }

    private func dispose(of instance: any ContainerInstance) async {
        do throws(RuntimeError) {
            try await instance.remove()
        } catch {
            self.log.error(
                "something is left of a relay's container",
                metadata: ["instance": "\(instance.id)", "error": "\(error)"]
            )
        }
        self.state.withLock { $0.links[instance.id] = nil }
        self.feed { $0.removed(instance.id, now: $1) }
    }

    private func report(_ id: InstanceID, _ ending: EndingStatus, _ next: Duration, _ wasKilled: Bool) {
        self.store.orphan(id, at: ending.at, isPlanned: ending.cause == .replaced, wasKilled: wasKilled)
        self.log.log(
            level: ending.cause == .replaced ? .notice : .error,
            next == .zero ? "instance ended" : "instance ended; the next one waits",
            metadata: [
                "instance": "\(id)", "cause": "\(ending.cause.rawValue)", "reason": "\(ending.sentence)",
                "wait": "\(next)",
            ]
        )
    }

    // MARK: The control socket

    private func hear(_ link: InstanceLink, _ received: consuming HostSideChannel.Received) {
        let id = link.id
        switch received.message {
        case .hello(let version, _): self.feed { $0.greeted(id, version: version, now: $1) }
        case .configured(let deferred):
            let stored = self.store.count
            self.feed { $0.configured(id, deferred: deferred, stored: stored, now: $1) }
        case .beat(let number, let snapshot): self.feed { $0.beaten(id, number: number, snapshot, now: $1) }
        case .done(let number, let outcome):
            guard !link.orders.answer(number, outcome) else { return }
            self.feed { $0.misbehaved(id, "It answered an order that nobody had given.", now: $1) }
        case .request(let number, let request):
            if let fault = self.fulfil(number, request, link) { self.feed { $0.misbehaved(id, fault, now: $1) } }
        case .store(let stored):
            let isSent = received.hasDescriptor
            let descriptor = received.takeDescriptor()
            if descriptor == nil, isSent { return self.store.noteLoss() }
            if let lie = self.keep(stored, descriptor, from: link) { self.feed { $0.misbehaved(id, lie, now: $1) } }
        case .discard(let number): self.store.discard(number, from: id)
        case .returned:
            let payload = received.payload
            let isSent = received.hasDescriptor
            let descriptor = received.takeDescriptor()
            // The host may open no more files: that connection has ended.
            if descriptor == nil, isSent { return }
            if let lie = self.takeBack(descriptor, payload, from: link) {
                self.feed { $0.misbehaved(id, lie, now: $1) }
            }
        }
    }

    /// What is wrong with a request; nil where nothing is.
    private func fulfil(_ number: UInt64, _ request: DatagramRequest, _ link: InstanceLink) -> String? {
        guard let spec = self.wanted else { return nil }
        return link.datagrams.take(number, request, of: spec, share: self.services.share()) {
            [weak self] message, descriptor in
            if let error = link.send(message, descriptor: descriptor) { self?.sendingFailed(link.id, error) }
        }
    }

    /// What is wrong with something that is to be kept; nil where nothing is.
    private func keep(
        _ stored: StoredDescriptor,
        _ descriptor: consuming OwnedDescriptor?,
        from link: InstanceLink
    ) -> String? {
        // Of a relay that nobody wants any more, nothing is kept.
        guard let limits = self.wanted?.limits else { return nil }
        return self.store.keep(stored, descriptor, from: link, memoryLimit: limits.memory)
    }

    /// What is wrong with a connection that came back; nil where nothing is.
    private func takeBack(
        _ descriptor: consuming OwnedDescriptor?,
        _ payload: [UInt8],
        from link: InstanceLink
    ) -> String? {
        guard let descriptor = descriptor.take(), let cookie = SocketCookie(of: descriptor) else {
            return "It returned a connection without its socket."
        }
        TCPSocket.clearLinger(of: descriptor)
        switch self.services.ledger.recollect(cookie, from: link.id) {
        case .foreign: return "It returned a connection that it did not have."
        case .forgotten: return nil
        case .given(let handover):
            guard handover.stage == .http else { return "It returned a connection that is not of HTTP." }
            link.noteReturn()
            self.store.forget(cookie)
            self.services.onReturned(descriptor, handover, payload)
            return nil
        }
    }

    private func channelEnded(_ id: InstanceID, _ error: ControlError) {
        switch error {
        case .closed: break
        case .closedByPeer: self.feed { $0.muted(id, now: $1) }
        default: self.feed { $0.misbehaved(id, Self.sentence(error), now: $1) }
        }
    }

    private static func sentence(_ error: ControlError) -> String { "Its control socket broke: \(error)." }
}
