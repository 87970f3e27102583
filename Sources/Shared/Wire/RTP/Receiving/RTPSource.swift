/// One synchronisation source of a medium, and what is reported to it: RFC 3550 sections 6.4 and A.3.
struct RTPSource: Sendable {
    let id: UInt32
    var sequencer: RTPSequencer

    /// When its last packet came, µs.
    var latest: Int64

    /// It has said goodbye.
    var hasLeft = false

    let rate: Int64
    var witness: RTPWitness
    var lastTimestamp: UInt32
    /// In ticks times 16: RFC 3550 appendix A.8.
    var jitter: Int64 = 0

    /// When the last sender report came, µs, and the middle of its time.
    var report: (arrival: Int64, compact: UInt32)?
    var expectedBefore: UInt64 = 0
    var receivedBefore: UInt64 = 0
    var firstBefore: Int64

    /// Begins with a source's first packet; `marksEnds` says whether the last packet of each access unit has the marker.
    init(first packet: RTPPacket, rate: Int, marksEnds: Bool, now: Int64, wait: Int64, count: Int) {
        self.id = packet.source
        self.rate = Int64(rate)
        self.sequencer = RTPSequencer(first: packet, wait: wait, count: count)
        self.latest = now
        self.witness = RTPWitness(first: packet, rate: Int64(rate), marksEnds: marksEnds, now: now)
        self.lastTimestamp = packet.timestamp
        self.firstBefore = self.sequencer.first
    }

    /// Decides about a packet of this source, and measures when it came.
    mutating func accept(_ packet: RTPPacket, isOrdered: Bool, now: Int64) -> RTPSequencer.Verdict {
        let elapsed = self.ticks(now &- self.latest)
        let evidence = self.witness.evidence(of: packet, isOrdered: isOrdered, now: now)
        let verdict = self.sequencer.accept(packet, now: now, evidence)
        guard verdict != .duplicate, verdict != .stray else { return verdict }
        if verdict != .late { self.witness.note(packet, now: now) }
        let difference = elapsed &- Int64(Int32(bitPattern: packet.timestamp &- self.lastTimestamp))
        // A clock that was set is no jitter.
        if abs(difference) < 10 * self.rate { self.jitter += abs(difference) - (self.jitter + 8) >> 4 }
        self.lastTimestamp = packet.timestamp
        self.latest = now
        return verdict
    }

    private func ticks(_ microseconds: Int64) -> Int64 {
        let span = max(0, min(microseconds, 1_000_000_000))
        return span * self.rate / 1_000_000
    }

    mutating func note(_ report: RTCPSenderReport, now: Int64) {
        self.report = (now, report.time.compact)
    }

    /// What fits into the 32 bits, µs.
    private static let longestDelay: Int64 = 65_535_000_000

    /// Mean deviation of the time between packets, µs.
    var jitterMicroseconds: Int64 { (self.jitter >> 4) * 1_000_000 / self.rate }

    /// What is to be reported now; the next one counts from here.
    mutating func block(now: Int64) -> RTCPReportBlock {
        if self.firstBefore != self.sequencer.first {
            // Numbering began anew since.
            self.firstBefore = self.sequencer.first
            (self.expectedBefore, self.receivedBefore) = (0, 0)
        }
        let expected = self.sequencer.expected
        let received = self.sequencer.received
        let lost = Int64(expected) - Int64(received)
        let expectedSince = Int64(expected) - Int64(self.expectedBefore)
        let lostSince = expectedSince - (Int64(received) - Int64(self.receivedBefore))
        (self.expectedBefore, self.receivedBefore) = (expected, received)
        let fraction = expectedSince > 0 && lostSince > 0 ? min(255, lostSince * 256 / expectedSince) : 0
        let delay = self.report.map { max(0, now &- $0.arrival) } ?? 0
        return RTCPReportBlock(
            source: self.id,
            fractionLost: UInt8(fraction),
            lost: Int32(max(-0x80_0000, min(0x7F_FFFF, lost))),
            highestSequence: UInt32(truncatingIfNeeded: self.sequencer.highest - 0x1_0000),
            jitter: UInt32(clamping: self.jitter >> 4),
            lastReport: self.report?.compact ?? 0,
            delay: UInt32(clamping: min(delay, Self.longestDelay) * 65_536 / 1_000_000)
        )
    }
}
