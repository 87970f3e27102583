internal import Linux
internal import Tape

extension FanoutThread {
    /// Gives a viewer that has no place the newest join; false when there is none yet, or the viewer ended.
    func place(_ record: DatagramRecord, isFinished: Bool) -> Bool {
        let state = unsafe self.table.states + record.id.slot
        let tape = record.group.tape
        guard !self.isShutDown else {
            self.end(record, .shutdown)
            return false
        }
        guard let join = tape.newestJoin else {
            if isFinished { self.end(record, .finished) }
            return false
        }
        if unsafe state.pointee.flags.contains(.displaced) {
            if let barrier = unsafe tape.barrier(after: state.pointee.joined), barrier <= join.offset {
                self.end(record, .preambleChanged)
                return false
            }
            let cursor = unsafe state.pointee.cursor
            if join.offset > cursor { unsafe state.pointee.skippedBytes += join.offset - cursor }
            if join.sequence > record.nextSequence {
                unsafe state.pointee.skippedRecords += join.sequence - record.nextSequence
            }
        } else {
            record.onStart.take()?()
        }
        unsafe state.pointee.cursor = join.offset
        unsafe state.pointee.joined = join.offset
        unsafe state.pointee.limit = tape.barrier(after: join.offset) ?? .max
        unsafe state.pointee.flags.subtract([.waiting, .displaced])
        for outlet in record.outlets.indices { record.outlets[outlet].sentUntil = 0 }
        return true
    }

    /// Gives a viewer of a process that is dead its place back, if its tape still has it.
    func goOn(_ record: DatagramRecord, _ continuation: DatagramContinuation) {
        record.sequence = continuation.sequence
        let tape = record.group.tape
        guard let place = continuation.place, place.joined <= place.offset,
            (tape.tail...max(tape.tail, tape.head)).contains(place.offset)
        else { return }
        let state = unsafe self.table.states + record.id.slot
        unsafe state.pointee.joined = place.joined
        unsafe state.pointee.limit = tape.barrier(after: place.joined) ?? .max
        unsafe state.pointee.flags.subtract([.waiting, .displaced])
        self.move(record, to: place.offset)
    }

    /// What stands before the offset is sent.
    func move(_ record: DatagramRecord, to offset: UInt64) {
        let state = unsafe self.table.states + record.id.slot
        unsafe state.pointee.cursor = offset
        unsafe state.pointee.given = DatagramMark(offset: offset, sequence: record.sequence).word
    }

    /// Takes a viewer from its place: what it was to be sent is overwritten, or about to be.
    func displace(_ record: DatagramRecord) {
        let state = unsafe self.table.states + record.id.slot
        let tape = record.group.tape
        record.nextSequence = unsafe tape.record(at: state.pointee.cursor)?.sequence ?? tape.oldestSequence
        unsafe state.pointee.flags.formUnion([.waiting, .displaced])
        unsafe state.pointee.skips += 1
        self.statistics.skips += 1
    }

    /// A socket has been full for too long: what waits is out of date, so the viewer goes on with what comes next, from
    /// the newest join if that is still to come.
    func giveUp(_ record: DatagramRecord, until end: UInt64) {
        let state = unsafe self.table.states + record.id.slot
        let cursor = unsafe state.pointee.cursor
        let join = record.group.tape.newestJoin.map(\.offset) ?? 0
        let next = join > cursor && join < end ? join : end
        unsafe state.pointee.skips += 1
        self.statistics.skips += 1
        unsafe state.pointee.skippedBytes += next - cursor
        unsafe state.pointee.cursor = next
        record.behindSince = nil
        for outlet in record.outlets.indices { record.outlets[outlet].sentUntil = 0 }
    }

    func takeBarriers(of group: DatagramGroup) {
        let count = group.tape.barrierCount
        guard count != group.barrierCount else { return }
        group.barrierCount = count
        for record in group.members {
            let state = unsafe self.table.states + record.id.slot
            guard unsafe !state.pointee.flags.contains(.waiting) else { continue }
            if let barrier = unsafe group.tape.barrier(after: state.pointee.joined) {
                unsafe state.pointee.limit = min(state.pointee.limit, barrier)
            }
        }
    }

    func end(_ record: DatagramRecord, _ reason: ViewerEnd.Reason) {
        let slot = record.id.slot
        guard self.datagrams.removeValue(forKey: slot) != nil else { return }
        let statistics = self.table.statistics(of: slot, generation: record.id.generation)
        self.table.setGeneration(0, of: slot)
        record.group.remove(record)
        if record.group.members.isEmpty {
            record.group.detach()
            self.pace.leave(record.group.sendDeadline.tick)
            self.datagramGroups.removeAll { $0 === record.group }
            self.plan.forget()
        }
        for outlet in record.outlets { self.sockets.release(outlet.number, from: self.poller) }
        self.statistics.viewers -= 1
        if self.isIdle { self.nextSweep = .max }
        self.mailbox.free(slot)
        record.onEnd(ViewerEnd(id: record.id, reason: reason, statistics: statistics ?? ViewerStatistics()))
    }

    /// While draining, viewers get what is on their tapes now and no more.
    func limitDatagrams() {
        for record in Array(self.datagrams.values) {
            let state = unsafe self.table.states + record.id.slot
            guard unsafe !state.pointee.flags.contains(.waiting) else {
                self.end(record, .shutdown)
                continue
            }
            unsafe state.pointee.limit = min(state.pointee.limit, record.group.window.head)
        }
        for group in self.datagramGroups { self.pass(group) }
    }

    func endDatagrams() {
        for record in Array(self.datagrams.values) { self.end(record, .shutdown) }
    }
}
