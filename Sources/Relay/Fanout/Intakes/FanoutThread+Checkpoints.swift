internal import Linux
internal import NIOCore

/// Publishers that outlive the process: from time to time it is written down where each one's reader stands.
extension FanoutThread {
    /// Gives a reader what came.
    func give(_ bytes: ByteBuffer, to record: IntakeRecord) {
        guard let memory = record.memory, memory.isDue(now: self.now) else {
            return self.perform(record.reader.received(bytes), for: record)
        }
        let (answer, checkpoint) = record.reader.receivedToCheckpoint(bytes)
        let position = memory.position
        self.perform(answer, for: record)
        // What is to be said to the peer must have been said, or it would be said twice.
        guard let checkpoint, record.descriptor != nil, !record.isClosing, record.pending.readableBytes == 0,
            let behind = UInt64(exactly: checkpoint.bytesBehind), behind <= position,
            let repliesBehind = UInt64(exactly: checkpoint.repliesBehind), repliesBehind <= memory.replied
        else { return }
        if record.checkpoint == nil { self.checkpoints.append(record) }
        record.checkpoint = (checkpoint, position - behind, memory.replied - repliesBehind)
    }

    /// Writes down what there is to be, now that viewers have been sent what they wait for.
    func writeCheckpoints() {
        guard !self.checkpoints.isEmpty else { return }
        for record in self.checkpoints {
            guard let (checkpoint, offset, replied) = record.checkpoint.take(), let memory = record.memory,
                let descriptor = record.descriptor.take()
            else { continue }
            if let state = checkpoint.encode() {
                memory.write(state, offset: offset, replied: replied, of: descriptor, now: self.now)
            }
            record.descriptor = consume descriptor
        }
        self.checkpoints.removeAll(keepingCapacity: true)
    }

    /// Begins to read into memory that outlives the process; what another process has read of the same connection comes first.
    func goOn(with record: IntakeRecord) {
        guard let memory = record.memory, let descriptor = record.descriptor.take() else { return }
        let isCounted = memory.backlog != nil || memory.begin(SocketProgress(of: descriptor))
        record.descriptor = consume descriptor
        guard isCounted else {
            record.memory = nil
            return
        }
        guard memory.backlog != nil else { return }
        while record.descriptor != nil, !record.isClosing, let bytes = memory.nextOfBacklog(FanoutLimits.intakeRead) {
            var answer = record.reader.received(bytes)
            answer.reply = memory.withoutAnswered(answer.reply)
            self.perform(answer, for: record)
        }
        guard record.descriptor != nil else { return }
        memory.endBacklog()
        self.perform(record.reader.caughtUp(), for: record)
    }
}
