internal import Linux
internal import NIOCore
internal import Tape

extension FanoutThread {
    func viewerIsReady(_ slot: Int, _ readiness: Poller.Readiness) {
        guard slot < self.records.count, let record = self.records[slot] else { return }
        if !readiness.isDisjoint(with: [.readable, .hungUp, .failed]) {
            if unsafe self.state(of: record).pointee.flags.contains(.released) {
                // What it says from here on is not for the engine; that it is gone is.
                guard readiness.isDisjoint(with: [.hungUp, .failed]) else { return self.end(record, .left) }
                return self.advance(record)
            }
            guard self.receive(record) else { return }
        }
        if readiness.contains(.writable) { self.advance(record) }
    }

    /// Reads once, so that a peer that never stops sending costs a bounded share; false when the viewer ended.
    private func receive(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        let count = unsafe TCPSocket.receive(self.scratch, count: Self.viewerRead, number: state.pointee.socket)
        guard count > 0 else {
            let code = CInt(truncatingIfNeeded: -count)
            if count < 0, code == LinuxError.wouldBlock || code == LinuxError.interrupted { return true }
            self.end(record, count == 0 ? .left : .failed(LinuxError("recv", code: code)))
            return false
        }
        unsafe state.pointee.input += count
        guard unsafe state.pointee.input <= self.limits.inputPerSecond else {
            self.end(record, .flooding)
            return false
        }
        guard record.dialogue != nil else { return true }
        let bytes = unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: self.scratch, count: count))
        record.taken? &+= UInt64(count)
        let requests = record.dialogue?.received(bytes) ?? []
        for request in requests {
            guard self.perform(request, for: record) else { return false }
            if request == .close || request == .release { break }
        }
        self.noteDialogue(of: record)
        // When all is said: nothing of the tape gets between a reply and the end or the pause that it tells of.
        if !requests.isEmpty, unsafe !state.pointee.flags.contains(.blocked) { self.advance(record) }
        guard self.records[record.id.slot] === record else { return false }
        if unsafe state.pointee.flags.contains(.released) { self.watch(record, .writable) }
        return true
    }

    /// Notes where the dialogue stands, behind what came of what was said: a process that dies in between leaves a count that is
    /// not the kernel's, and nobody takes the rest for what it is not.
    func noteDialogue(of record: ViewerRecord) {
        guard let taken = record.taken, let checkpoint = record.dialogue?.checkpoint else { return }
        if !record.isNoted { self.note(record) }
        record.checkpoints += 1
        self.table.noteDialogue(checkpoint, number: record.checkpoints, taken: taken, of: record.id.slot)
    }

    /// False when the viewer ended.
    private func perform(_ request: ViewerRequest, for record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        record.isNoted = false
        switch request {
        case .reply(let bytes):
            guard self.comeToBoundary(record) else { return false }
            let owed = record.pending.readableBytes + bytes.readableBytes
            guard owed <= self.limits.replies + record.group.tape.recordLimit,
                self.aside + bytes.readableBytes <= self.limits.aside
            else {
                self.end(record, .flooding)
                return false
            }
            self.append(bytes, to: record)
            self.setAside(record.aside + bytes.readableBytes, of: record)
        case .pause:
            guard self.comeToBoundary(record) else { return false }
            unsafe state.pointee.flags.insert(.paused)
        case .resume:
            guard unsafe state.pointee.flags.contains(.paused) else { return true }
            unsafe state.pointee.flags.remove(.paused)
            guard self.returnToTape(record) else { return false }
        case .close:
            guard self.comeToBoundary(record) else { return false }
            unsafe state.pointee.flags.insert(.closing)
        case .release:
            guard self.comeToBoundary(record) else { return false }
            unsafe state.pointee.flags.insert(record.onRelease == nil ? .closing : [.closing, .released])
        }
        return true
    }

    /// Sees to it that what is appended now does not land in the middle of a record.
    private func comeToBoundary(_ record: ViewerRecord) -> Bool {
        let flags = unsafe self.state(of: record).pointee.flags
        guard flags.contains(.blocked), flags.isDisjoint(with: [.pending, .waiting, .paused]) else { return true }
        return self.finishRecordAside(record)
    }

    /// After a pause: on from where it stopped when no newer join has come, else from that join.
    private func returnToTape(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        let tape = record.group.tape
        guard unsafe !state.pointee.flags.contains(.waiting) else { return true }
        let cursor = unsafe state.pointee.cursor
        let join = tape.newestJoin
        if cursor >= tape.safeTail, (join?.offset ?? 0) <= cursor { return true }
        record.nextSequence = tape.record(at: cursor)?.sequence ?? tape.oldestSequence
        record.isNoted = false
        unsafe state.pointee.flags.insert([.waiting, .displaced])
        return true
    }
}
