internal import Linux
internal import Tape

extension FanoutThread {
    /// Sends every viewer of a group what is new, in one call each.
    func pass(_ group: ViewerGroup) {
        let due = group.sendDeadline.instant
        group.sendDeadline.clear()
        let (quiet, overflow) = self.now.addingReportingOverflow(group.sendDeadline.tick)
        group.quietUntil = overflow || group.sendDeadline.tick == 0 ? .max : quiet
        self.takeBarriers(of: group)
        // Before the head is looked at: the head of a finished tape moves no more.
        let isFinished = group.tape.isFinished
        let window = group.window
        let states = unsafe self.table.states
        // Held here and not in the object, which would be checked for overlapping access at every call.
        var statistics = FanoutStatistics()
        statistics.passes = 1
        var index = 0
        while index < group.members.count {
            let slot = Int(group.members[index])
            let state = unsafe states + slot
            if unsafe state.pointee.flags.isEmpty {
                let outcome = unsafe TapeSend.perform(state, window, barriers: group.barrierCount, &statistics)
                if outcome == .upToDate, !isFinished, unsafe state.pointee.cursor < state.pointee.limit {
                    index += 1
                    continue
                }
                if let record = self.records[slot] { self.settle(record, outcome, isFinished: isFinished) }
            } else if let record = self.records[slot] {
                self.visit(record)
            }
            // Who ended made room for another member at this index.
            if index < group.members.count, Int(group.members[index]) == slot { index += 1 }
        }
        self.statistics = self.statistics + statistics
        if let due, statistics.bytesSent > 0 { self.noteDelay(of: group, since: due - group.sendDeadline.tick) }
    }

    /// Everybody was given what had been appended at that time, ns, as far as their sockets took it.
    func noteDelay(of group: some TapeGroup, since appended: Int64) {
        group.tape.delays?.note(self.clock().nanoseconds - appended)
    }

    /// A viewer that is not simply sent to: it waits for a join, or for room in its socket.
    private func visit(_ record: ViewerRecord) {
        let state = unsafe self.table.states + record.id.slot
        guard unsafe state.pointee.flags.contains(.blocked) else { return self.advance(record) }
        // It is stuck, but the tape moves on.
        guard unsafe state.pointee.flags.isDisjoint(with: [.waiting, .paused]) else { return }
        if unsafe state.pointee.cursor < record.group.window.safeTail { self.displace(record) }
    }

    /// When a preamble that cannot be continued came into force, those who began before it end there.
    func takeBarriers(of group: ViewerGroup) {
        let count = group.tape.barrierCount
        guard count != group.barrierCount else { return }
        group.barrierCount = count
        for member in group.members {
            let state = unsafe self.table.states + Int(member)
            guard unsafe !state.pointee.flags.contains(.waiting) else { continue }
            if let barrier = unsafe group.tape.barrier(after: state.pointee.joined) {
                unsafe state.pointee.limit = min(state.pointee.limit, barrier)
            }
        }
    }
}
