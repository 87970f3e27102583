import Containers
import Contract
import Control
import Holder
import Linux
import Logging
import Synchronization

/// Keeps what the instances of one relay store, and hands it from each to the next: memory, connections and UDP sockets, which
/// live as long as anybody has a descriptor of them.
///
/// The kernel is asked what a thing is, and who gave it whether the instance has it from the host: a relay may be lying.
final class DescriptorStore: Sendable {
    private struct State {
        var book: StoreBook<StoredItem>
        /// The instance that was told to resume last.
        var holder: InstanceID?
        /// Whether that has ended, or is not heard any more: nothing is stored for it from here on.
        var isOrphaned = false
        var resumedAt: Instant?
        /// When the last instance ended, or was ended.
        var bereavedAt: Instant?
        var watch: ConnectionWatch?
        /// When something was not kept, and when the log last said so.
        var declinedAt: Instant?
        var reportedAt: Instant?
        /// Connections that a successor was given, ever.
        var handedOn: UInt64 = 0
    }

    private let limits: StoreLimits
    private let ledger: ConnectionLedger
    private let openFileLimit: @Sendable () -> Int
    private let clock: @Sendable () -> Instant
    private let log: Logger
    private let state: Mutex<State>
    private let name: String
    private let relay: RelayName
    /// Holds the same beside the host; nil where it does not outlive it.
    private let holder: Holder?

    init(_ relay: RelayName, limits: StoreLimits = StoreLimits(), services: RunnerServices, log: Logger) {
        self.name = "keep-\(relay)"
        self.relay = relay
        self.holder = services.holder
        self.limits = limits
        self.ledger = services.ledger
        self.openFileLimit = services.openFileLimit
        self.clock = services.clock
        self.log = log
        self.state = Mutex(State(book: StoreBook(limits: limits)))
    }

    // MARK: What it knows

    /// How many things are kept.
    var count: Int { self.state.withLock { $0.book.count } }

    /// Connections that are kept, and those that a successor was given so far.
    var connections: (kept: Int, handedOn: UInt64) {
        self.state.withLock { ($0.book.connections, $0.handedOn) }
    }

    /// For people: that not all is kept, if so.
    var remark: String? {
        let now = self.clock()
        guard let last = self.state.withLock({ $0.declinedAt }), now - last < self.limits.complaint else { return nil }
        return
            "Not every connection outlives the relay's instance now: the host may have no more than "
            + "\(self.openFileLimit()) files open, or the relay stores more than its share. Raise the host's limit of open files."
    }

    // MARK: What an instance says

    /// Something is to be kept, or has a new label.
    ///
    /// - Parameters:
    ///   - stored: What the instance says of it.
    ///   - descriptor: What came with that.
    ///   - link: The instance.
    ///   - memoryLimit: Bytes that the relay's container may use.
    /// - Returns: What is wrong with it, so that the instance cannot be trusted any more; nil where nothing is.
    func keep(
        _ stored: StoredDescriptor,
        _ descriptor: consuming OwnedDescriptor?,
        from link: InstanceLink,
        memoryLimit: Int
    ) -> String? {
        guard link.wasResumed else { return "It stored something before it was told to resume." }
        guard let descriptor = descriptor.take() else {
            let outcome = self.whileHeld(by: link.id) { $0.book.label(stored) }
            self.relabel(outcome, stored)
            return self.judge(outcome)
        }
        // The instance has another; what is not kept of this one is closed by the channel's thread, which serves nobody else.
        TCPSocket.clearLinger(of: descriptor)
        // The kernel gives out the lowest number that is free: so many are in use.
        let limit = self.openFileLimit()
        guard descriptor.number < limit - limit / self.limits.reservedShare else { return self.judge(.declined) }
        switch stored.kind {
        case .memory: return self.keep(memory: HeldDescriptor(descriptor), as: stored, for: link.id, memoryLimit)
        case .connection: return self.keep(connection: HeldDescriptor(descriptor), as: stored, for: link, memoryLimit)
        case .datagrams: return self.keep(datagrams: HeldDescriptor(descriptor), as: stored, for: link, memoryLimit)
        }
    }

    private func keep(
        datagrams held: HeldDescriptor,
        as stored: StoredDescriptor,
        for link: InstanceLink,
        _ memoryLimit: Int
    ) -> String? {
        guard let cookie = held.lend({ SocketCookie(of: $0) }) ?? nil else {
            return "It stored a UDP socket that is no socket."
        }
        switch link.sockets.look(up: cookie) {
        case .given: break
        case .foreign: return "It stored a UDP socket that it was not given."
        case .forgotten: return self.judge(.declined)
        }
        let item = StoredItem(held)
        let outcome = self.whileHeld(by: link.id) {
            $0.book.store(stored, .datagrams(cookie), memoryLimit: memoryLimit, item)
        }
        self.holdBeside(item, outcome, stored)
        return self.judge(outcome)
    }

    private func keep(
        memory held: HeldDescriptor,
        as stored: StoredDescriptor,
        for instance: InstanceID,
        _ memoryLimit: Int
    ) -> String? {
        guard let memory = Self.memory(held) else { return "It stored memory that is not of a sealed size." }
        let others = self.state.withLock { $0.book.all }.filter { $0.identity != .memory(memory.identity) }
        guard self.isWithin(memoryLimit, used: Self.used(others) + memory.used) else { return self.judge(.declined) }
        let item = StoredItem(held)
        let outcome = self.whileHeld(by: instance) {
            $0.book.store(stored, .memory(memory.identity), size: memory.size, memoryLimit: memoryLimit, item)
        }
        self.holdBeside(item, outcome, stored)
        return self.judge(outcome)
    }

    private func keep(
        connection held: HeldDescriptor,
        as stored: StoredDescriptor,
        for link: InstanceLink,
        _ memoryLimit: Int
    ) -> String? {
        guard let cookie = held.lend({ SocketCookie(of: $0) }) ?? nil else {
            return "It stored a connection that is no socket."
        }
        let handover: Handover
        switch self.ledger.look(up: cookie, of: link.id) {
        case .given(let known): handover = known
        case .foreign: return "It stored a connection that it does not have."
        case .forgotten: return self.judge(.declined)
        }
        // What the kernel does not count nobody could go on with: a pair for TLS where there was no better one.
        guard SocketProgress(of: held) != nil else { return nil }
        // It is answered from here on by whoever has it, and by nobody from its beginning.
        let lent = link.settleLoan(of: cookie)
        let item = StoredItem(held)
        let (outcome, watch) = self.watching(for: link.id) {
            $0.book.store(stored, .connection(cookie), handover: handover, memoryLimit: memoryLimit, item)
        }
        self.holdBeside(item, outcome, stored, handover)
        if let lent { self.close([StoredItem(lent)]) }
        if case .kept(let serial) = outcome { watch?.watch(held, token: serial) }
        return self.judge(outcome)
    }

    /// The relay has ended with it.
    func discard(_ number: UInt64, from instance: InstanceID) {
        let (held, kind) = self.state.withLock { state -> (StoredItem?, StoredDescriptor.Kind?) in
            guard state.holder == instance else { return (nil, nil) }
            let kind = state.book.entry(of: number)?.stored.kind
            return (state.book.remove(number: number), kind)
        }
        // Closing a UDP socket waits for nobody, and its port is wanted by the next.
        if let held, kind != .datagrams { self.close([held]) }
    }

    /// The relay has given a connection back.
    func forget(_ cookie: SocketCookie) {
        if let held = self.state.withLock({ $0.book.remove(.connection(cookie)) }) { self.close([held]) }
    }

    /// The host has no descriptor left for it.
    func noteLoss() { _ = self.judge(.declined) }

    /// Connections that come need the descriptors of some that are kept, which end with the instance now.
    func shed() {
        let some = self.state.withLock { $0.book.shed() }
        guard !some.isEmpty else { return }
        self.close(some)
        self.noteLoss()
    }

    // MARK: Beside the host

    private func holdBeside(
        _ item: StoredItem,
        _ outcome: StoreBook<StoredItem>.Outcome,
        _ stored: StoredDescriptor,
        _ handover: Handover? = nil
    ) {
        self.relabel(outcome, stored)
        guard case .kept = outcome, let holder = self.holder else { return }
        item.hold(.stored(self.relay, stored, handover), by: holder)
    }

    private func relabel(_ outcome: StoreBook<StoredItem>.Outcome, _ stored: StoredDescriptor) {
        guard outcome == .labelled, self.holder != nil,
            let entry = self.state.withLock({ $0.book.entry(of: stored.number) })
        else { return }
        entry.item.relabel(.stored(self.relay, entry.stored, entry.handover))
    }

    /// Takes what a host that died had kept of the relay, for its first instance to go on with.
    ///
    /// - Returns: how many connections that are.
    func adopt(_ left: [Holder.Left], memoryLimit: Int) -> Int {
        var connections = 0
        for one in left {
            guard case .stored(_, let stored, let handover) = one.thing else { continue }
            let held = one.descriptor
            let item = StoredItem(held, hold: one.hold)
            let outcome: StoreBook<StoredItem>.Outcome
            var watch: ConnectionWatch?
            switch stored.kind {
            case .memory:
                guard let memory = Self.memory(held) else { continue }
                outcome = self.state.withLock {
                    $0.book.store(
                        stored,
                        .memory(memory.identity),
                        size: memory.size,
                        memoryLimit: memoryLimit,
                        item
                    )
                }
            case .datagrams:
                guard let cookie = held.lend({ SocketCookie(of: $0) }) ?? nil else { continue }
                outcome = self.state.withLock {
                    $0.book.store(stored, .datagrams(cookie), memoryLimit: memoryLimit, item)
                }
            case .connection:
                watch = self.watch
                guard let cookie = held.lend({ SocketCookie(of: $0) }) ?? nil, watch != nil,
                    SocketProgress(of: held) != nil
                else { continue }
                outcome = self.state.withLock {
                    $0.book.store(
                        stored,
                        .connection(cookie),
                        handover: handover,
                        memoryLimit: memoryLimit,
                        item
                    )
                }
            }
            guard case .kept(let serial) = outcome else { continue }
            if let watch {
                watch.watch(held, token: serial)
                connections += 1
            }
        }
        return connections
    }

    // MARK: Instances

    /// The instance that has it has ended, or is ended now.
    ///
    /// - Parameters:
    ///   - instance: Which.
    ///   - now: The time.
    ///   - isPlanned: It is the host that ends it, without fault of its own, and hears it to its end.
    ///   - wasKilled: It was killed from outside.
    func orphan(_ instance: InstanceID, at now: Instant, isPlanned: Bool, wasKilled: Bool) {
        let fatal = self.state.withLock { state -> [StoredItem] in
            guard state.holder == instance, !state.isOrphaned else { return [] }
            state.bereavedAt = now
            guard !isPlanned else { return [] }
            state.isOrphaned = true
            let age = state.resumedAt.map { now - $0 } ?? .zero
            return state.book.died(young: age < (wasKilled ? self.limits.killedYouth : self.limits.youth))
        }
        guard !fatal.isEmpty else { return }
        self.log.error(
            "instances died one after the other of what they were given, which is let go of",
            metadata: ["count": "\(fatal.count)", "instances": "\(self.limits.deaths)"]
        )
        self.close(fatal)
    }

    /// Hands everything to an instance, whose predecessor is dead, and tells it to go on.
    func handOn(to link: InstanceLink, memoryLimit: Int) {
        let now = self.clock()
        let (entries, bereavedAt) = self.state.withLock { state in
            defer { state.bereavedAt = nil }
            state.holder = link.id
            state.isOrphaned = false
            state.resumedAt = now
            return (state.book.restore(), state.bereavedAt)
        }
        link.noteResumption()
        var (memories, connections, sockets, used) = (0, 0, 0, 0)
        for entry in entries {
            switch entry.identity {
            case .memory:
                let size = Self.memory(entry.item.held)?.used ?? 0
                guard self.isWithin(memoryLimit, used: used + size) else {
                    self.drop(entry)
                    continue
                }
                used += size
                memories += 1
            case .connection(let cookie):
                guard let handover = entry.handover, Self.makeFit(entry.item.held) else {
                    self.drop(entry)
                    continue
                }
                self.ledger.note(cookie, handover, to: link.id)
                connections += 1
            case .datagrams:
                guard Self.makeDatagramsFit(entry.item.held) else {
                    self.drop(entry)
                    continue
                }
                link.noteSocket(entry.item.held)
                sockets += 1
            }
            link.restore(entry.stored, entry.handover, entry.item.held)
        }
        link.resume(count: memories + connections + sockets)
        guard !entries.isEmpty else { return }
        self.state.withLock { $0.handedOn += UInt64(connections) }
        self.log.notice(
            "the instance goes on with what the last one left",
            metadata: [
                "instance": "\(link.id)", "connections": "\(connections)", "memories": "\(memories)",
                "sockets": "\(sockets)", "over": "\(entries.count - connections - memories - sockets)",
                "after": "\(bereavedAt.map { "\(self.clock() - $0)" } ?? "")",
            ]
        )
    }

    /// Nobody goes on with it.
    func letGo(_ sentence: String) {
        let left = self.state.withLock { state in
            state.holder = nil
            state.bereavedAt = nil
            return state.book.removeAll()
        }
        guard !left.isEmpty else { return }
        self.log.notice("what was kept is let go of", metadata: ["count": "\(left.count)", "reason": "\(sentence)"])
        self.close(left)
    }

    // MARK: Inside

    private func whileHeld(
        by instance: InstanceID,
        _ body: (inout State) -> StoreBook<StoredItem>.Outcome
    ) -> StoreBook<StoredItem>.Outcome {
        self.state.withLock { state in
            // One on its way out stores nothing, and is no liar for it.
            guard state.holder == instance, !state.isOrphaned else { return .unknown }
            return body(&state)
        }
    }

    /// The same with the thread that watches connections, which is there from the first on.
    private func watching(
        for instance: InstanceID,
        _ body: (inout State) -> StoreBook<StoredItem>.Outcome
    ) -> (StoreBook<StoredItem>.Outcome, ConnectionWatch?) {
        let watch = self.watch
        return (watch == nil ? .declined : self.whileHeld(by: instance, body), watch)
    }

    /// Nil where the system has no thread or descriptor left.
    private var watch: ConnectionWatch? {
        self.state.withLock { state in
            if state.watch == nil {
                state.watch = try? ConnectionWatch(name: self.name) { [weak self] serial in
                    self?.state.withLock { $0.book.remove(serial: serial) }?.held
                }
            }
            return state.watch
        }
    }

    /// What is wrong, if the relay is to blame.
    private func judge(_ outcome: StoreBook<StoredItem>.Outcome) -> String? {
        switch outcome {
        case .lie(let sentence): return sentence
        case .kept, .labelled, .unknown: return nil
        case .declined: break
        }
        let now = self.clock()
        let isNew = self.state.withLock { state in
            state.declinedAt = now
            guard state.reportedAt.map({ now - $0 >= self.limits.complaint }) ?? true else { return false }
            state.reportedAt = now
            return true
        }
        if isNew, let remark = self.remark {
            self.log.warning("not everything is kept", metadata: ["reason": "\(remark)"])
        }
        return nil
    }

    private func drop(_ entry: StoreBook<StoredItem>.Entry) {
        if let held = self.state.withLock({ $0.book.remove(serial: entry.serial) }) { self.close([held]) }
    }

    /// Not on the caller's thread, which may be anybody's.
    private func close(_ items: [StoredItem]) {
        // What there is of it was made when the first connection was stored. Closing memory waits for nobody.
        self.state.withLock { $0.watch }?.close(items.map(\.held))
    }

    /// What another process may have left behind on the socket is taken away; false where it is over, or cannot be cleaned.
    private static func makeFit(_ held: HeldDescriptor) -> Bool {
        held.lend { socket in
            TCPSocket.clearLinger(of: socket)
            guard TCPSocket.takesBytes(socket), TCPSocket.detachFilter(of: socket) else { return false }
            return (try? TCPSocket.setNonBlocking(socket)) != nil
        } ?? false
    }

    private static func makeDatagramsFit(_ held: HeldDescriptor) -> Bool {
        held.lend { socket in
            (try? UDPSocket.admit(nil, to: socket)) != nil && (try? TCPSocket.setNonBlocking(socket)) != nil
        } ?? false
    }

    private static func memory(_ held: HeldDescriptor) -> SealedMemory? {
        held.lend { SealedMemory(of: $0) } ?? nil
    }

    private static func used(_ entries: [StoreBook<StoredItem>.Entry]) -> Int {
        entries.reduce(0) { sum, entry in
            guard case .memory = entry.identity else { return sum }
            return sum + (Self.memory(entry.item.held)?.used ?? 0)
        }
    }

    private func isWithin(_ memoryLimit: Int, used: Int) -> Bool {
        let (most, isOver) = memoryLimit.multipliedReportingOverflow(by: self.limits.useFactor)
        return isOver || used <= most
    }
}
