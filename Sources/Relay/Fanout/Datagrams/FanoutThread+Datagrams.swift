internal import Linux
internal import Tape

extension FanoutThread {
    /// How long a full socket may keep a viewer from having all there is before what waits is given up, ns: keyframes for a
    /// crowd take the line a while, and players have a second in hand.
    static let blockedLimit: Int64 = 1_000_000_000
    /// How long a datagram of MPEG-TS waits to become full, ns.
    static let hold: Int64 = 40_000_000

    func enter(_ arrival: FanoutMailbox.DatagramArrival) {
        let (id, viewer) = (arrival.id, arrival.viewer)
        guard !self.isShutDown else {
            self.mailbox.free(id.slot)
            return viewer.onEnd(ViewerEnd(id: id, reason: .shutdown, statistics: ViewerStatistics()))
        }
        let record = DatagramRecord(id: id, group: self.group(of: viewer), viewer: viewer)
        record.group.add(record)
        for outlet in record.outlets { self.sockets.use(outlet.number) }
        self.datagrams[id.slot] = record
        unsafe (self.table.states + id.slot).initialize(
            to: ViewerState(socket: -1, member: 0, generation: UInt64(id.generation))
        )
        if let card = viewer.card, self.table.setCard(card, of: id.slot) {
            unsafe (self.table.states + id.slot).pointee.anchor = 1
        }
        if let continuation = viewer.continuation { self.goOn(record, continuation) }
        self.table.setGeneration(UInt64(id.generation), of: id.slot)
        self.statistics.viewers += 1
        self.pass(record.group)
    }

    private func group(of viewer: DatagramViewer) -> DatagramGroup {
        let tick = max(viewer.tick.nanoseconds, 0)
        let form = DatagramForm(viewer.framing)
        let known = self.datagramGroups.first {
            $0.tape === viewer.tape && $0.sendDeadline.tick == tick && $0.pacing == viewer.pacing && $0.form == form
        }
        if let known { return known }
        let group = DatagramGroup(viewer, form: form, signal: self.signal)
        self.datagramGroups.append(group)
        self.pace.join(group.sendDeadline.tick)
        return group
    }

    /// Sends every viewer of a group what is new, as far as its pace and the sockets allow.
    func pass(_ group: DatagramGroup) {
        if let due = group.sendDeadline.instant {
            group.waitingSince = group.waitingSince ?? due - group.sendDeadline.tick
        }
        group.sendDeadline.clear()
        let (quiet, overflow) = self.now.addingReportingOverflow(group.sendDeadline.tick)
        group.quietUntil = overflow || group.sendDeadline.tick == 0 ? .max : quiet
        let again = group.again
        group.again = nil
        self.takeBarriers(of: group)
        // Before the head is looked at: the head of a finished tape moves no more.
        let isFinished = group.tape.isFinished
        let head = group.window.head
        if head != group.head { (group.head, group.headSince) = (head, self.now) }
        let isContinued = group.isUnfinished
        if !isContinued {
            group.round &+= 1
            (group.roundHead, group.roundIsLast) = (head, isFinished)
            group.steps = 1 + (again.map { Int(max(self.now - $0, 0) / group.pacing.step.nanoseconds) } ?? 0)
        }
        self.statistics.passes += 1
        let count = group.members.count
        var index = group.turn
        var stopped: DatagramRecord?
        for _ in 0..<count where !group.members.isEmpty {
            if index >= group.members.count { index = 0 }
            let record = group.members[index]
            if record.round != group.round {
                if self.serve(record) {
                    record.round = group.round
                } else {
                    stopped = stopped ?? record
                }
            }
            // Who ended made room for another member at this index.
            if index < group.members.count, group.members[index] === record { index += 1 }
        }
        // Where somebody ended, another may have missed its turn by the move.
        let hasMoved = group.members.count < count
        group.isUnfinished = stopped != nil || hasMoved
        group.turn = stopped?.member ?? (count > 0 ? (group.turn + 1) % count : 0)
        // What came meanwhile, and what the pace kept back of those who had their turn before, is for the next round.
        if hasMoved || isContinued && !group.isUnfinished { group.lookAgain(at: self.now) }
        guard !group.isUnfinished, group.again == nil else { return }
        if let since = group.waitingSince.take() { self.noteDelay(of: group, since: since) }
    }

    /// A socket that was full has room.
    func datagramSocketIsWritable(_ number: CInt) {
        self.sockets.noteWritable(number)
        for group in self.datagramGroups where group.isUnfinished { self.pass(group) }
    }

    /// Gives a viewer its turn; false if a full socket keeps it waiting for that.
    private func serve(_ record: DatagramRecord) -> Bool {
        let state = unsafe self.table.states + record.id.slot
        let group = record.group
        let (head, isFinished) = (group.roundHead, group.roundIsLast)
        if unsafe state.pointee.flags.contains(.waiting) {
            guard self.place(record, isFinished: isFinished) else { return true }
        }
        if unsafe state.pointee.cursor < group.window.safeTail {
            self.displace(record)
            guard self.place(record, isFinished: isFinished) else { return true }
        }
        let end = unsafe min(head, state.pointee.limit)
        var hadTurn = true
        if unsafe end > state.pointee.cursor {
            guard let outcome = self.send(record, until: end, isLast: isFinished || end < head) else { return true }
            hadTurn = outcome
        }
        if unsafe state.pointee.cursor >= state.pointee.limit {
            self.end(record, self.isShutDown ? .shutdown : .preambleChanged)
            return true
        }
        if isFinished, unsafe state.pointee.cursor >= head {
            self.end(record, .finished)
            return true
        }
        return hadTurn
    }

    /// A full socket keeps the viewer waiting; false once that has been for too long, and what waits was given up.
    private func waits(_ record: DatagramRecord, until end: UInt64) -> Bool {
        let since = record.behindSince ?? self.now
        record.behindSince = since
        guard self.now - since >= Self.blockedLimit else { return true }
        self.giveUp(record, until: end)
        return false
    }

    /// Sends from the viewer's place on.
    ///
    /// - Returns: whether it has had its turn; nil if that ended it.
    private func send(_ record: DatagramRecord, until end: UInt64, isLast: Bool) -> Bool? {
        let state = unsafe self.table.states + record.id.slot
        let (group, plan) = (record.group, self.plan)
        for outlet in record.outlets {
            guard let until = self.sockets.fullUntil(outlet.number, now: self.now) else { continue }
            group.lookAgain(at: until)
            return !self.waits(record, until: end)
        }
        let cursor = unsafe state.pointee.cursor
        let flush = isLast || self.now - group.headSince >= Self.hold
        switch group.form {
        case .interleaved:
            plan.readFrames(group, from: cursor, until: end)
        case .transportStream(nil):
            plan.readPackets(group, from: cursor, until: end, flush: flush)
        case .transportStream(let source?):
            plan.readPackets(
                group,
                from: cursor,
                until: end,
                flush: flush,
                source: source,
                sequence: record.sequence,
                timestamp: UInt32(truncatingIfNeeded: self.now / 100_000 * 9)
            )
        }
        guard let planned = plan.ends.last else {
            // Less than a datagram; or, on a tape of frames, what is none, which cannot be unless we wrote it.
            if case .interleaved = group.form { unsafe state.pointee.cursor = end }
            group.lookAgain(at: group.headSince + Self.hold)
            return true
        }
        let allowed = group.pacing.allowance(plan.ends.count, steps: group.steps)
        var count = DatagramCount()
        let outcome = plan.send(to: record, allowed: allowed, &count)
        self.count(count, of: record)
        // The datagrams are gone: all that can be done about torn ones is to begin anew behind them.
        let isWhole = group.window.isWhole(from: cursor)
        switch outcome {
        case .refused:
            self.end(record, .failed(LinuxError("writev", code: LinuxError.refused)))
            return nil
        case .astray(let code):
            self.end(record, .failed(LinuxError("writev", code: code)))
            return nil
        case .sent:
            if plan.ends[allowed - 1] >= end { record.behindSince = nil }
            record.sequence &+= UInt16(truncatingIfNeeded: allowed)
            self.move(record, to: plan.ends[allowed - 1])
        case .blocked:
            let reached = record.outlets.map(\.sentUntil).min() ?? cursor
            if case .transportStream = group.form {
                let gone = plan.ends.firstIndex { $0 > reached } ?? plan.ends.count
                record.sequence &+= UInt16(truncatingIfNeeded: gone)
            }
            self.move(record, to: max(reached, cursor))
        }
        self.noteSockets(of: record, isBlocked: outcome == .blocked)
        if !isWhole {
            self.statistics.overruns += 1
            self.displace(record)
            return self.place(record, isFinished: false) ? true : nil
        }
        if outcome == .blocked { return !self.waits(record, until: end) }
        if allowed < plan.ends.count || planned < end && plan.ends.count == DatagramPlan.limit {
            group.lookAgain(at: self.now + group.pacing.step.nanoseconds)
        } else if planned < end {
            group.lookAgain(at: group.headSince + Self.hold)
        }
        return true
    }

    /// Remembers which sockets are full, and when they are tried again.
    private func noteSockets(of record: DatagramRecord, isBlocked: Bool) {
        let pause = record.group.pacing.step.nanoseconds
        var again = isBlocked ? self.now + pause : nil
        for outlet in record.outlets {
            if outlet.hasTaken { self.sockets.noteTaken(outlet.number) }
            guard outlet.isFull else { continue }
            again = self.sockets.noteFull(outlet.number, now: self.now, pause: pause, self.poller)
        }
        if let again { record.group.lookAgain(at: again) }
    }

    private func count(_ count: DatagramCount, of record: DatagramRecord) {
        let state = unsafe self.table.states + record.id.slot
        self.statistics.sends += count.calls
        self.statistics.bytesSent += count.bytes
        unsafe state.pointee.sends += count.calls
        unsafe state.pointee.sent += count.bytes
        unsafe state.pointee.lost += count.lost
    }
}
