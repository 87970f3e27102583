internal import Linux
internal import NIOCore
internal import Synchronization
internal import Tape

extension FanoutThread {
    /// A viewer arrives: it is sent its opening, and what a new viewer gets if there is a join.
    func enter(_ arrival: FanoutMailbox.Arrival) {
        let descriptor = OwnedDescriptor(takingOwnership: arrival.socket)
        let id = arrival.id
        guard !self.isShutDown else {
            self.mailbox.free(id.slot)
            return arrival.onEnd(ViewerEnd(id: id, reason: .shutdown, statistics: ViewerStatistics()))
        }
        do {
            try self.poller.add(number: arrival.socket, token: UInt64(id.slot), for: .readable)
        } catch {
            self.mailbox.free(id.slot)
            return arrival.onEnd(ViewerEnd(id: id, reason: .failed(error), statistics: ViewerStatistics()))
        }
        let group = self.group(of: arrival.tape, tick: arrival.tick)
        let record = ViewerRecord(
            id: id,
            group: group,
            descriptor: descriptor,
            dialogue: arrival.dialogue,
            onRelease: arrival.onRelease,
            onEnd: arrival.onEnd
        )
        while self.records.count <= id.slot { self.records.append(nil) }
        self.records[id.slot] = record
        unsafe self.state(of: record).initialize(
            to: ViewerState(socket: arrival.socket, member: group.add(id.slot), generation: UInt64(id.generation))
        )
        self.table.setGeneration(UInt64(id.generation), of: id.slot)
        record.continuation = arrival.continuation
        record.onStart = arrival.onStart
        if let continuation = arrival.continuation {
            unsafe self.state(of: record).pointee.flags.insert(.displaced)
            unsafe self.state(of: record).pointee.sent = continuation.sent
            unsafe self.state(of: record).pointee.skips = continuation.skips
        }
        self.statistics.viewers += 1
        if self.nextSweep == .max { self.nextSweep = self.now + self.limits.sweep.nanoseconds }
        self.append(arrival.opening, to: record)
        if arrival.isPaused { unsafe self.state(of: record).pointee.flags.insert(.paused) }
        if let card = arrival.card { self.keep(record, card) }
        if arrival.isPaused { return self.advance(record) }
        // What it was in the middle of comes before anything else.
        if record.continuation != nil { return self.advance(record) }
        // Without a join the opening goes alone; with one it shares a call with the preamble.
        if group.tape.newestJoin == nil || self.place(record) { self.advance(record) }
    }

    /// Has the viewer's connection outlive the process, if it can.
    private func keep(_ record: ViewerRecord, _ card: [UInt8]) {
        let slot = record.id.slot
        guard let keeper = self.keeper, self.table.hasJournal(slot), let descriptor = record.descriptor.take() else {
            return
        }
        if let progress = SocketProgress(of: descriptor), self.table.setCard(card, of: slot) {
            let state = unsafe self.state(of: record)
            unsafe state.pointee.given = progress.given &- state.pointee.sent
            // Before anybody is told of the place: from then on it is gone on from.
            self.table.note(record.pending, of: slot)
            record.isNoted = true
            record.taken = progress.taken
            self.noteDialogue(of: record)
            record.kept = keeper.keep(descriptor, as: record.continuation?.kept, at: ViewerPlace(record.id))
        }
        record.descriptor = consume descriptor
    }

    private func group(of tape: WireTape, tick: Duration) -> ViewerGroup {
        let nanoseconds = max(tick.nanoseconds, 0)
        if let group = self.groups.first(where: { $0.tape === tape && $0.sendDeadline.tick == nanoseconds }) {
            return group
        }
        let group = ViewerGroup(tape: tape, tick: tick, signal: self.signal)
        self.groups.append(group)
        self.pace.join(group.sendDeadline.tick)
        return group
    }

    /// The viewer is no more: its place is given back, and its owner told.
    func end(_ record: ViewerRecord, _ reason: ViewerEnd.Reason) {
        let slot = record.id.slot
        let state = unsafe self.state(of: record)
        let statistics = self.table.statistics(of: slot, generation: record.id.generation)
        self.table.setGeneration(0, of: slot)
        self.records[slot] = nil
        self.setAside(0, of: record)
        if let moved = unsafe record.group.remove(at: state.pointee.member) {
            unsafe (self.table.states + moved).pointee.member = state.pointee.member
        }
        if record.group.members.isEmpty {
            record.group.detach()
            self.pace.leave(record.group.sendDeadline.tick)
            self.groups.removeAll { $0 === record.group }
        }
        self.statistics.viewers -= 1
        if self.isIdle { self.nextSweep = .max }
        switch reason {
        case .stalled: self.statistics.stalls += 1
        case .overrun: self.statistics.overruns += 1
        default: break
        }
        var released: HeldDescriptor?
        if let descriptor = record.descriptor.take() {
            switch reason {
            case .finished, .preambleChanged, .closed, .shutdown: self.linger(descriptor)
            case .released: released = self.release(descriptor)
            default:
                // Whoever keeps a duplicate would keep the peer waiting.
                if record.kept != nil { TCPSocket.hangUp(descriptor) }
                self.drop(descriptor)
            }
        }
        if let kept = record.kept { self.keeper?.forget(kept) }
        self.mailbox.free(slot)
        record.onEnd(ViewerEnd(id: record.id, reason: reason, statistics: statistics ?? ViewerStatistics()))
        if let released, let dialogue = record.dialogue { record.onRelease?(released, dialogue) }
    }

    /// The connection is somebody else's from here on.
    func release(_ descriptor: consuming OwnedDescriptor) -> HeldDescriptor {
        try? self.poller.remove(descriptor)
        return HeldDescriptor(descriptor)
    }

    func drop(_ descriptor: consuming OwnedDescriptor) {
        // Closing takes it out of the poller too, unless somebody else has the socket open as well.
        try? self.poller.remove(descriptor)
    }

    /// Says that no more comes, and lets the peer close first: closing a socket with unread input would reset the
    /// connection and take back bytes the peer has not read yet.
    func linger(_ descriptor: consuming OwnedDescriptor) {
        let number = descriptor.number
        do {
            try TCPSocket.shutDownSending(descriptor)
            try self.poller.change(descriptor, token: Self.lingeringToken | UInt64(number), for: .readable)
        } catch {
            return self.drop(descriptor)
        }
        self.lingering[descriptor.release()] = self.now + self.limits.linger.nanoseconds
        self.nextSweep = min(self.nextSweep, self.now + self.limits.linger.nanoseconds)
    }

    func lingererIsReady(_ socket: CInt) {
        let count = unsafe TCPSocket.receive(self.scratch, count: Self.viewerRead, number: socket)
        if count > 0 || -count == Int(LinuxError.wouldBlock) { return }
        self.closeLingerer(socket)
    }

    func closeLingerer(_ socket: CInt) {
        guard self.lingering.removeValue(forKey: socket) != nil else { return }
        self.drop(OwnedDescriptor(takingOwnership: socket))
    }

    /// Looks for viewers that take nothing and sockets that linger too long.
    func sweep() {
        let stall = self.stall.load(ordering: .relaxed)
        for case .some(let record) in self.records {
            let state = unsafe self.state(of: record)
            unsafe state.pointee.input = 0
            guard unsafe state.pointee.flags.contains(.blocked) else { continue }
            if unsafe self.now - state.pointee.lastProgress >= stall { self.end(record, .stalled) }
        }
        self.sweepIntakes()
        for (socket, deadline) in self.lingering where deadline <= self.now { self.closeLingerer(socket) }
        self.nextSweep = self.isIdle ? .max : self.now + self.limits.sweep.nanoseconds
        if self.now >= self.drainUntil { self.endAll() }
    }

    /// While draining, a viewer gets what is on its tape now and no more.
    func limit(_ record: ViewerRecord) {
        let state = unsafe self.state(of: record)
        guard unsafe state.pointee.flags.isDisjoint(with: [.waiting, .paused]) else {
            return self.end(record, .shutdown)
        }
        unsafe state.pointee.limit = min(state.pointee.limit, record.group.window.head)
        if unsafe !state.pointee.flags.contains(.blocked) { self.advance(record) }
    }
}
