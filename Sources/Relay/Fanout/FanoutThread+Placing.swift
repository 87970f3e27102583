internal import NIOCore
internal import Tape

extension FanoutThread {
    /// Gives a waiting viewer the newest join; false when there is none yet, or the viewer ended.
    func place(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        let tape = record.group.tape
        guard !self.isShutDown else {
            self.end(record, .shutdown)
            return false
        }
        if let continuation = record.continuation, let place = continuation.place {
            record.continuation = nil
            return self.place(record, at: place, continuation.preamble)
        }
        let isFinished = tape.isFinished
        guard let join = tape.newestJoin, record.continuation?.canProceed(at: join) ?? true else {
            if isFinished {
                self.end(record, .finished)
            } else {
                self.unblock(record)
            }
            return false
        }
        record.isNoted = false
        if let continuation = record.continuation {
            record.continuation = nil
            guard self.proceed(record, continuation, at: join) else { return false }
        } else if unsafe state.pointee.flags.contains(.displaced) {
            guard self.skip(record, to: join) else { return false }
        } else {
            self.append(join.preamble.opening, to: record)
            record.onStart.take()?()
        }
        unsafe state.pointee.cursor = join.offset
        unsafe state.pointee.joined = join.offset
        unsafe state.pointee.preamble = join.fingerprint
        unsafe state.pointee.limit = tape.barrier(after: join.offset) ?? .max
        unsafe state.pointee.flags.subtract([.waiting, .displaced])
        return true
    }

    /// Gives a viewer the place back that it had on this tape; false when that is no place of this tape, and the viewer was
    /// ended.
    private func place(_ record: ViewerRecord, at place: ViewerContinuation.Place, _ preamble: UInt64) -> Bool {
        let state = unsafe self.state(of: record)
        let tape = record.group.tape
        guard place.offset >= tape.tail, place.offset <= tape.head, place.joined <= place.offset else {
            self.end(record, .overrun)
            return false
        }
        record.isNoted = false
        unsafe state.pointee.cursor = place.offset
        unsafe state.pointee.joined = place.joined
        unsafe state.pointee.preamble = preamble
        unsafe state.pointee.limit = tape.barrier(after: place.joined) ?? .max
        unsafe state.pointee.flags.subtract([.waiting, .displaced])
        return true
    }

    /// Says what a viewer of another process's tape needs to go on with this one; false when it cannot, and was ended.
    private func proceed(_ record: ViewerRecord, _ continuation: ViewerContinuation, at join: JoinPoint) -> Bool {
        // One that had not been sent a preamble yet is as good as new.
        guard continuation.preamble != 0 else {
            self.append(join.preamble.opening, to: record)
            return true
        }
        guard continuation.preamble != join.fingerprint else { return true }
        guard join.preamble.continuable else {
            self.end(record, .preambleChanged)
            return false
        }
        self.append(join.preamble.refresh, to: record)
        return true
    }

    /// Counts what lies between the viewer's place and the join, and says what it needs to go on there; false when it
    /// cannot, and was ended.
    private func skip(_ record: ViewerRecord, to join: JoinPoint) -> Bool {
        let state = unsafe self.state(of: record)
        let cursor = unsafe state.pointee.cursor
        let joined = unsafe state.pointee.joined
        if let barrier = record.group.tape.barrier(after: joined), barrier <= join.offset {
            self.end(record, .preambleChanged)
            return false
        }
        if joined < join.preambleOffset, cursor <= join.preambleOffset {
            self.append(join.preamble.refresh, to: record)
        }
        if join.offset > cursor { unsafe state.pointee.skippedBytes += join.offset - cursor }
        if join.sequence > record.nextSequence {
            unsafe state.pointee.skippedRecords += join.sequence - record.nextSequence
        }
        return true
    }

    /// Takes a viewer that the writer is about to come past from its place; it gets the newest join once its socket took
    /// the rest of the record it is in the middle of. False when it had to be ended.
    @discardableResult
    func displace(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        guard self.finishRecordAside(record) else { return false }
        unsafe state.pointee.flags.insert([.waiting, .displaced])
        record.isNoted = false
        unsafe state.pointee.skips += 1
        self.statistics.skips += 1
        return true
    }

    /// Moves the cursor to the next record's start, having copied the rest of the record in progress to what is
    /// pending. False when that cannot be, and the viewer was ended.
    func finishRecordAside(_ record: ViewerRecord) -> Bool {
        let state = unsafe self.state(of: record)
        let tape = record.group.tape
        let flags = unsafe state.pointee.flags
        let cursor = unsafe state.pointee.cursor
        guard let current = tape.record(at: cursor) else {
            // Everything was sent, or the writer has come past. Who is not in the middle of a record misses only whole
            // ones: who has bytes of its own to come, and who was sent everything there was in the last pass.
            record.nextSequence = cursor < tape.tail ? tape.oldestSequence : tape.nextSequence
            if cursor >= tape.tail || flags.contains(.pending) || !flags.contains(.blocked) { return true }
            self.end(record, .overrun)
            return false
        }
        record.nextSequence = current.sequence
        guard cursor > current.range.lowerBound else { return true }
        record.isNoted = false
        guard let rest = tape.copy(cursor..<current.range.upperBound),
            self.aside + rest.readableBytes <= self.limits.aside
        else {
            self.end(record, .overrun)
            return false
        }
        self.append(rest, to: record)
        self.setAside(record.aside + rest.readableBytes, of: record)
        unsafe state.pointee.cursor = current.range.upperBound
        record.nextSequence = current.sequence + 1
        return true
    }
}
