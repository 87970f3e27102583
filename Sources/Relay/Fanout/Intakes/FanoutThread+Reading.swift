internal import Linux
internal import NIOCore
internal import Tape

/// Where no viewer is sent to at once, publishers are read once in the shortest tick: their messages wake nobody, and are
/// muxed and sent together.
extension FanoutThread {
    /// Whether it is to be read more often than was thought.
    var isReadOverdue: Bool { self.nextRead != nil && self.pace.interval < self.readInterval }

    /// Has an intake that has just been read be read at intervals from now on, if viewers can wait for it.
    func readAtIntervals(_ record: IntakeRecord) {
        let interval = self.pace.interval
        guard interval > 0, !record.isReadAtIntervals, record.descriptor != nil else { return }
        do {
            try TCPSocket.setReceiveLowWater(number: record.socket, bytes: FanoutLimits.intakeRead)
        } catch {
            // Then it is read as it comes.
            return
        }
        record.isReadAtIntervals = true
        guard self.nextRead == nil else { return }
        self.readInterval = interval
        self.nextRead = self.now + interval
    }

    /// The poller tells of every message again.
    func readAsItComes(_ record: IntakeRecord) {
        guard record.isReadAtIntervals else { return }
        record.isReadAtIntervals = false
        self.wake(for: record.leastMessage, of: record)
    }

    /// Has the poller tell of so many bytes, and of no fewer.
    func wake(for bytes: Int, of record: IntakeRecord) {
        // A connection that is broken says so when it is read.
        try? TCPSocket.setReceiveLowWater(number: record.socket, bytes: bytes)
    }

    /// Reads the intakes whose turn it is.
    func readWhatIsDue() {
        guard let nextRead = self.nextRead, self.now >= nextRead || self.isReadOverdue else { return }
        var isEmptied = true
        self.pace.delay.hold(self.readInterval) {
            for record in self.intakes.values where record.isReadAtIntervals {
                isEmptied = self.empty(record) && isEmptied
            }
        }
        self.readInterval = self.pace.interval
        var isAnybodyLeft = false
        for record in self.intakes.values where record.isReadAtIntervals {
            if self.readInterval == 0 || self.now - record.lastInput >= FanoutLimits.quiet.nanoseconds {
                self.readAsItComes(record)
            } else {
                isAnybodyLeft = true
            }
        }
        self.nextRead = isAnybodyLeft ? self.now + (isEmptied ? self.readInterval : 0) : nil
        // Viewers whose budget is used up by the wait are sent to in this round.
        self.now = self.clock().nanoseconds
    }

    /// How long the first bytes of what is read of an intake now may have waited for it, ns. One that is read at intervals is
    /// read before its turn when much has come, and what came before that, since the last turn, must be no later for it.
    func longestWait(of record: IntakeRecord) -> Int64 {
        guard record.isReadAtIntervals, let nextRead = self.nextRead else { return 0 }
        return max(self.readInterval - max(nextRead - self.now, 0), 0)
    }

    /// Reads what has come in; false if that may not be all.
    private func empty(_ record: IntakeRecord) -> Bool {
        for _ in 0..<FanoutLimits.readsInTurn {
            // While it does not take our answers, none of its questions is read.
            guard record.descriptor != nil, record.pending.readableBytes == 0 else { return true }
            // A shorter read has taken everything: asking again would cost a call for the word that there is nothing.
            guard self.read(record) == FanoutLimits.intakeRead else { return true }
        }
        return false
    }
}
