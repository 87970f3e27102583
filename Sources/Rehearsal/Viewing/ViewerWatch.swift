internal import Linux

/// What one viewer has seen so far, however its bytes come.
struct ViewerWatch<Session: PlaySession> {
    var session: Session
    private(set) var outcome = ViewerOutcome()
    private(set) var hasPicture = false
    private let started: MonotonicInstant
    private var lastArrival: MonotonicInstant
    private var bytesBefore = 0
    private var advanceBefore: Int64 = 0

    init(_ session: Session, at now: MonotonicInstant) {
        self.session = session
        self.started = now
        self.lastArrival = now
    }

    var hasStamps: Bool { !self.session.progress.stamps.isEmpty }

    mutating func takeStamps() -> [UInt64] {
        defer { self.session.progress.stamps.removeAll(keepingCapacity: true) }
        return self.session.progress.stamps
    }

    /// Bytes have come, and the session has read them.
    mutating func note(bytes count: Int, at now: MonotonicInstant) {
        self.outcome.bytes += count
        if self.hasPicture {
            self.noteSilence(until: now)
        } else if self.session.progress.hasPicture {
            self.hasPicture = true
            let elapsed = MonotonicClock.now.nanoseconds - self.started.nanoseconds
            self.outcome.firstPicture = UInt64(clamping: elapsed / 1000)
        }
        self.lastArrival = now
    }

    mutating func beginWindow() {
        self.bytesBefore = self.outcome.bytes
        self.outcome.bytesInWindow = 0
        self.advanceBefore = self.session.progress.advance
        self.outcome.advanceInWindow = 0
    }

    /// The rehearsal is over, and the viewer still watches.
    mutating func endWindow(at now: MonotonicInstant) {
        if self.hasPicture { self.noteSilence(until: now) }
        self.close()
    }

    mutating func end(_ reason: String) {
        self.outcome.end = reason
        self.close()
    }

    private mutating func close() {
        self.outcome.bytesInWindow = self.outcome.bytes - self.bytesBefore
        self.outcome.advanceInWindow = self.session.progress.advance - self.advanceBefore
        self.outcome.gaps = self.session.progress.gaps
        self.outcome.regressions = self.session.progress.regressions
    }

    private mutating func noteSilence(until now: MonotonicInstant) {
        let silence = UInt64(clamping: (now.nanoseconds - self.lastArrival.nanoseconds) / 1000)
        self.outcome.longestSilence = max(self.outcome.longestSilence, silence)
    }
}
