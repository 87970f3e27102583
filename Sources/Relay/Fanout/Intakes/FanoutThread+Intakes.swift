internal import Linux
internal import Logging
internal import NIOCore
internal import Synchronization
internal import Tape

extension FanoutThread {
    /// An intake arrives; what it sent while it was on its way is in its socket.
    func enter(_ arrival: FanoutMailbox.IntakeArrival) {
        let record = IntakeRecord(arrival, now: self.now)
        guard !self.isShutDown else {
            self.mailbox.intakes.subtract(1, ordering: .relaxed)
            return record.reader.ended(.shutdown)
        }
        do {
            try self.poller.add(number: record.socket, token: Self.intakeToken | UInt64(record.socket), for: .readable)
        } catch {
            self.mailbox.intakes.subtract(1, ordering: .relaxed)
            return record.reader.ended(.failed(error))
        }
        self.intakes[record.socket] = record
        // What a process has set that is dead belongs to the socket, and it may have read this one at intervals.
        if record.leastMessage > 1 || record.memory?.backlog != nil { self.wake(for: record.leastMessage, of: record) }
        if self.nextSweep == .max { self.nextSweep = self.now + self.limits.sweep.nanoseconds }
        self.goOn(with: record)
        self.nudge(record)
    }

    func nudge(_ reader: any IntakeReader) {
        for record in self.intakes.values where record.reader === reader { self.nudge(record) }
    }

    func nudge(_ record: IntakeRecord) {
        self.perform(record.reader.nudged(), for: record)
    }

    func intakeIsReady(_ socket: CInt, _ readiness: Poller.Readiness) {
        guard let record = self.intakes[socket] else { return }
        if record.pending.readableBytes > 0 {
            if readiness.isDisjoint(with: [.hungUp, .failed]) {
                self.sendReplies(of: record)
            } else {
                self.end(record, .left)
            }
            return
        }
        // Once, so that one that never stops sending leaves the viewers their turn; what is left is told again.
        let wait = self.longestWait(of: record)
        if wait > 0 { self.pace.delay.hold(wait) { self.read(record) } } else { self.read(record) }
        self.readAtIntervals(record)
    }

    /// How many bytes came.
    @discardableResult
    func read(_ record: IntakeRecord) -> Int {
        let room = unsafe record.memory?.room ?? self.scratch
        let count = unsafe TCPSocket.receive(room, count: FanoutLimits.intakeRead, number: record.socket)
        guard count > 0 else {
            let code = CInt(truncatingIfNeeded: -count)
            if count < 0, code == LinuxError.wouldBlock || code == LinuxError.interrupted { return 0 }
            self.end(record, count == 0 ? .left : .failed(LinuxError("recv", code: code)))
            return 0
        }
        record.lastInput = self.now
        // A buffer of its own, as long as what came: whatever holds a part of it holds no more than that.
        let bytes = unsafe ByteBuffer(bytes: UnsafeRawBufferPointer(start: room, count: count))
        record.memory?.advance(by: count)
        self.give(bytes, to: record)
        return count
    }

    /// Reads what has come in by now, so that nothing of it is lost to an end that is near.
    func catchUp() {
        for record in self.intakes.values {
            var reads = 0
            while reads < FanoutLimits.lastReads, record.descriptor != nil, record.pending.readableBytes == 0,
                self.read(record) > 0
            {
                reads += 1
            }
        }
    }

    func perform(_ answer: IntakeAnswer, for record: IntakeRecord) {
        guard answer.closes || answer.releases || answer.reply.readableBytes > 0 else { return }
        record.isClosing = record.isClosing || answer.closes || answer.releases
        record.isReleased = record.isReleased || answer.releases
        if record.pending.readableBytes == 0 {
            record.pending = answer.reply
        } else {
            record.pending.writeImmutableBuffer(answer.reply)
        }
        guard record.pending.readableBytes <= self.limits.replies else { return self.end(record, .flooding) }
        self.sendReplies(of: record)
    }

    private func sendReplies(of record: IntakeRecord) {
        if record.pending.readableBytes > 0 {
            let sent = unsafe record.pending.withUnsafeReadableBytes { bytes -> Int in
                guard let base = bytes.baseAddress else { return 0 }
                return unsafe TCPSocket.send(base, count: bytes.count, number: record.socket)
            }
            let code = CInt(truncatingIfNeeded: -sent)
            guard sent >= 0 || code == LinuxError.wouldBlock || code == LinuxError.interrupted else {
                return self.end(record, .failed(LinuxError("send", code: code)))
            }
            record.memory?.noteReply(sent)
            record.pending.moveReaderIndex(forwardBy: max(sent, 0))
            self.watch(record, for: record.pending.readableBytes == 0 ? .readable : .writable)
            guard record.pending.readableBytes == 0 else { return }
            record.pending = ByteBuffer()
        }
        if record.isClosing { self.end(record, record.isReleased ? .released : .closed) }
    }

    private func watch(_ record: IntakeRecord, for wanted: Poller.Readiness) {
        guard record.watched != wanted else { return }
        record.watched = wanted
        do {
            try self.poller.change(
                number: record.socket,
                token: Self.intakeToken | UInt64(record.socket),
                for: wanted
            )
        } catch {
            self.logger.error("a publisher cannot be watched", metadata: ["error": "\(error)"])
        }
    }

    func end(_ record: IntakeRecord, _ end: IntakeEnd) {
        guard self.intakes.removeValue(forKey: record.socket) != nil else { return }
        self.mailbox.intakes.subtract(1, ordering: .relaxed)
        if record.isReadAtIntervals || record.leastMessage > 1 { self.wake(for: 1, of: record) }
        record.isReadAtIntervals = false
        if let descriptor = record.descriptor.take() {
            switch end {
            case .closed, .shutdown: self.linger(descriptor)
            case .released: record.reader.released(self.release(descriptor))
            case .left, .failed, .silent, .flooding:
                // Whoever keeps a duplicate would keep the peer waiting.
                if record.memory?.isKept == true { TCPSocket.hangUp(descriptor) }
                self.drop(descriptor)
            }
        }
        record.memory?.forget()
        record.memory = nil
        record.checkpoint = nil
        record.reader.ended(end)
    }

    /// Ends those that sent nothing for too long.
    func sweepIntakes() {
        for record in self.intakes.values where self.now - record.lastInput >= record.silence {
            self.end(record, .silent)
        }
    }

    /// Those that were told to go have their last words sent; all others go without.
    func endIntakes() {
        for record in self.intakes.values {
            self.nudge(record)
            self.end(record, .shutdown)
        }
    }
}
