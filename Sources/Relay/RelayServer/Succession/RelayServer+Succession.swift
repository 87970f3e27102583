import Admission
import Contract
import DatagramService
import Fanout
import Linux
import Logging
import Media
import NIOCore
import Sessions
import Sockets
import Streams
import Synchronization
import Tape

/// Going on with what an instance that is dead has left.
extension RelayServer {
    /// How much of the old tape a viewer is sent before it goes on with the new one, and all viewers together, bytes: it is
    /// copied for each. One that lacks more is moved forward, as one that is too slow is.
    private static let restLimit = 1 << 20
    private static let restsLimit = 32 << 20

    struct Left {
        /// Tapes that are written on, by the keeper's number.
        var resumed: Set<UInt64> = []
        /// Those that are not, for reading what viewers have not been sent.
        var wires: [UInt64: WireTape] = [:]
        var tables: [UInt64: StoredViewers] = [:]
        /// Wire tapes, which can be looked at once the streams are there.
        var stored: [(heirloom: Inheritance.Heirloom, stream: StreamName, format: WireFormat?)] = []
        var streams: Set<StreamName> = []
        /// Bytes of old tapes that were copied for viewers.
        var copied = 0
        var intakes: [UInt64: Inheritance.Heirloom] = [:]
        var sources: [(Inheritance.Heirloom, name: String)] = []
        var publishers: [(Inheritance.Heirloom, memory: UInt64)] = []
        var connections: [(Inheritance.Heirloom, table: UInt64, ViewerPlace)] = []
        /// UDP sockets, and those that nobody has gone on with yet.
        var sockets: [UInt64: HeldDescriptor] = [:]
        var kept = KeptSockets([:])
        /// What came of publishers that send datagrams, and their connections.
        var recordings: [Inheritance.Heirloom] = []
        var recorders: [UInt64: Inheritance.Heirloom] = [:]
        var exchangeTables: [UInt64: StoredExchanges] = [:]
        var exchanges: [(Inheritance.Heirloom, table: UInt64, ExchangePlace)] = []
        /// What was read of tapes for answers that go on.
        var copies: [Exchange.TapeRange: TapeCopy] = [:]
        /// What is written on.
        var tapes: SurvivingTapes { SurvivingTapes(streams: self.streams, tapes: self.resumed) }
        /// What is of no more use once everybody has been gone on with.
        var spent: [UInt64] = []
    }

    /// Goes on with streams and viewers. What cannot be gone on with ends. Nobody else may be served before this returns.
    package func resume(_ inheritance: Inheritance) {
        guard let keeper = self.keeper else { return }
        // Without them viewers end with this instance.
        if let tables = try? self.engine.shareTables() {
            keeper.begin(tables, exchanges: try? self.exchanges?.shareMemory())
        }
        let heirlooms = inheritance.take()
        let now = SystemClock.now
        guard !heirlooms.isEmpty else { return self.pushes.resume([], now: now) }
        var left = Left()
        for heirloom in heirlooms { self.sort(heirloom, into: &left, keeper, now: now) }
        // Before anybody writes on the streams' own tapes.
        for wire in left.stored { self.resume(wire, &left, now: now) }
        self.resumeSources(left.sources, keeper)
        self.resumePublishers(left.publishers, left.intakes, keeper)
        let datagrams = left.tables.values.flatMap(\.datagrams)
        left.kept = KeptSockets(left.sockets)
        self.resumeRecordings(&left, keeper)
        for service in self.connections.withLock({ $0.values }) {
            service.resume(datagrams, by: &left.kept, on: left.tapes)
        }
        var lost = 0
        for (heirloom, table, place) in left.connections {
            guard !self.proceed(with: heirloom, place, of: left.tables[table], &left) else { continue }
            lost += 1
            if let connection = heirloom.descriptor.take() { TCPSocket.hangUp(connection) }
            keeper.forget(heirloom.stored.number)
        }
        self.resumeExchanges(&left, keeper)
        for number in left.kept.left { keeper.forget(number) }
        self.pushes.resume(datagrams.compactMap { PushStanding($0) }, now: now)
        self.services.log.notice(
            "goes on with what the instance before has left",
            metadata: [
                "streams": "\(self.services.admission.hub.all.count)",
                "viewers": "\(left.connections.count - lost)", "lost": "\(lost)",
                "exchanges": "\(left.exchanges.count)",
            ]
        )
        let (engine, spent) = (self.engine, left.spent)
        Task {
            // All viewers are in the tables of this instance by then.
            await engine.catchUp()
            for number in spent { keeper.forget(number) }
        }
    }

    private func sort(
        _ heirloom: Inheritance.Heirloom,
        into left: inout Left,
        _ keeper: DescriptorKeeper,
        now: Now
    ) {
        let number = heirloom.stored.number
        switch DescriptorKeeper.Label(reading: heirloom.stored.label) {
        case .tape(.packets(let name)):
            guard let memory = heirloom.descriptor.take() else { return }
            if self.services.admission.hub.restore(name, memory, keptAs: number, now: now) {
                left.streams.insert(name)
            }
        case .tape(.wire(let stream, let name, let variant)):
            left.stored.append((heirloom, stream, WireFormat(named: name, variant: variant)))
        case .viewers:
            left.spent.append(number)
            guard let memory = heirloom.descriptor.take() else { return }
            left.tables[number] = StoredViewers(attaching: memory)
        case .viewer(let table, let place) where heirloom.stored.kind == .connection:
            left.connections.append((heirloom, table, place))
        case .exchanges:
            left.spent.append(number)
            guard let memory = heirloom.descriptor.take() else { return }
            left.exchangeTables[number] = StoredExchanges(attaching: memory)
        case .exchange(let table, let place) where heirloom.stored.kind == .connection:
            left.exchanges.append((heirloom, table, place))
        case .source(let name) where heirloom.stored.kind == .memory:
            left.sources.append((heirloom, name))
        case .intake where heirloom.stored.kind == .memory:
            left.intakes[number] = heirloom
        case .publisher(let memory) where heirloom.stored.kind == .connection:
            left.publishers.append((heirloom, memory))
        case .socket where heirloom.stored.kind == .datagrams:
            left.sockets[number] = heirloom.descriptor
        case .recording where heirloom.stored.kind == .memory:
            left.recordings.append(heirloom)
        case .recorder where heirloom.stored.kind == .connection:
            left.recorders[number] = heirloom
        case .viewer, .intake, .publisher, .exchange, .source, .socket, .recording, .recorder, nil:
            keeper.forget(number)
        }
    }

    /// Goes on with the tape of a wire format, or keeps it for its viewers' sake until they have the rest of it.
    private func resume(
        _ wire: (heirloom: Inheritance.Heirloom, stream: StreamName, format: WireFormat?),
        _ left: inout Left,
        now: Now
    ) {
        let number = wire.heirloom.stored.number
        if let format = wire.format, left.streams.contains(wire.stream),
            self.services.admission.hub.resume(
                format,
                of: wire.stream,
                wire.heirloom.descriptor,
                keptAs: number,
                now: now
            )
        {
            left.resumed.insert(number)
            return
        }
        left.spent.append(number)
        guard let memory = wire.heirloom.descriptor.take() else { return }
        left.wires[number] = try? WireTape.attach(memory)
    }

    /// What comes before the tape goes on for a viewer, and where it goes on; nil if it cannot go on.
    private func place(
        of standing: StoredViewers.Standing,
        _ card: ViewerCard,
        on tape: WireTape,
        kept: UInt64,
        _ left: inout Left
    ) -> (opening: ByteBuffer, ViewerContinuation)? {
        func continuation(_ time: MediaTime?, _ place: ViewerContinuation.Place? = nil) -> ViewerContinuation {
            ViewerContinuation(
                kept: kept,
                preamble: standing.preamble,
                time: time,
                sent: standing.sent,
                skips: standing.skips,
                place: place
            )
        }
        guard let offset = standing.offset else { return (standing.owed, continuation(nil)) }
        if left.resumed.contains(card.tape) {
            // Whoever has paused goes on at the join that comes when it does not any more.
            guard !standing.isPaused else { return (standing.owed, continuation(tape.newestTime)) }
            guard tape.continues(standing.preamble) else { return nil }
            let place = ViewerContinuation.Place(offset: offset, joined: min(standing.joined, offset))
            return (standing.owed, continuation(nil, place))
        }
        let old = left.wires[card.tape]
        // Who was placed with another preamble than the newest may not be sent what lies behind the change.
        let isCurrent = standing.preamble == old?.preambleFingerprint
        let limit = isCurrent ? min(Self.restLimit, Self.restsLimit - left.copied) : 0
        // The rest of a record comes whole: beyond twice the sum there is nothing left for anybody.
        guard let rest = old?.rest(from: offset, limit: max(limit, 0)),
            left.copied + rest.readableBytes <= 2 * Self.restsLimit
        else { return nil }
        left.copied += rest.readableBytes
        var opening = standing.owed
        opening.writeImmutableBuffer(rest)
        return (opening, continuation(old?.newestTime))
    }

    /// Goes on with the connection of a viewer that is sent datagrams; false if that cannot be.
    private func proceed(
        with heirloom: Inheritance.Heirloom,
        _ handover: Handover,
        _ standing: StoredViewers.Standing,
        _ left: inout Left
    ) -> Bool {
        guard let service = self.connections.withLock({ $0[handover.stage] }),
            let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage),
            let connection = heirloom.descriptor.take()
        else { return false }
        let socket = AdoptedSocket(connection, peer: handover.address, ticket: ticket)
        let tapes = left.tapes
        let number = heirloom.stored.number
        if service.resume(socket, standing, kept: number, by: &left.kept, on: tapes, self.group) { return true }
        socket.close()
        return false
    }

    /// Goes on with a viewer; false if that cannot be.
    private func proceed(
        with heirloom: Inheritance.Heirloom,
        _ place: ViewerPlace,
        of table: StoredViewers?,
        _ left: inout Left
    ) -> Bool {
        guard let progress = SocketProgress(of: heirloom.descriptor), progress.isOpen,
            let standing = table?.standing(of: place, given: progress.given, taken: progress.taken),
            !standing.isClosing, let handover = heirloom.handover
        else { return false }
        guard let card = ViewerCard(reading: standing.card) else {
            return self.proceed(with: heirloom, handover, standing, &left)
        }
        guard let format = card.format,
            let peer = try? InternetAddress(parsing: card.peer),
            // On the clock of a stream that begins anew its times would go back.
            left.streams.contains(card.stream)
        else { return false }
        let admission = self.services.admission
        let request = PlayRequest(card.stream, by: card.kind, as: format, card.identity)
        guard let ticket = try? self.limiter.admit(from: handover.countedHost, handover.stage),
            let viewer = try? admission.watch(request, now: SystemClock.now),
            let (opening, continuation) = self.place(
                of: standing,
                card,
                on: viewer.lease.tape,
                kept: heirloom.stored.number,
                &left
            ),
            let connection = heirloom.descriptor.take()
        else { return false }
        ticket.decide()
        let socket = AdoptedSocket(connection, peer: peer, ticket: ticket)
        let service = self.connections.withLock { $0[handover.stage] }
        let resumed = card.dialogue.flatMap {
            service?.dialogue(from: $0, isPaused: standing.isPaused, with: socket, on: self.group)
        }
        self.services.delivery.begin(
            NegotiatedViewer(
                socket: socket,
                lease: viewer.lease,
                session: viewer.session,
                opening: opening,
                tick: card.latency,
                isPaused: standing.isPaused,
                dialogue: resumed?.dialogue ?? standing.dialogue.flatMap { service?.dialogue(behind: $0) },
                onRelease: resumed?.onRelease,
                continuation: continuation
            ),
            since: card.since
        )
        return true
    }
}
