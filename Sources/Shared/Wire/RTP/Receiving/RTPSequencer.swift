import NIOCore

/// Puts the packets of one synchronisation source in order and counts what is missing: RFC 3550 appendix A.1.
///
/// In order, a packet is passed on at once. Where one is missing, those behind it wait until it comes, until too many of
/// them wait, or until the first has waited too long; then the gap is given up.
///
/// Numbers alone do not say whether a packet is late or its sender counts anew: its timestamp is heard as well, as
/// ``RTPEvidence``. Where the transport keeps the order, the order of arrival is the truth and nothing waits.
struct RTPSequencer: Sendable {
    struct Arrival: Sendable {
        var packet: RTPPacket
        /// Monotonic time, µs.
        var time: Int64
    }

    enum Verdict: Hashable {
        /// The next one: pass it on, then ask ``next(_:)``.
        case due
        /// Kept until those before it come.
        case held
        case duplicate
        /// Its place was given up already.
        case late
        /// Out of all order: kept until the next one shows whether numbering began anew.
        case stray
        /// Numbering began anew: ask ``next(_:)``.
        case restart
    }

    /// What comes next.
    struct Delivery: Sendable {
        var arrival: Arrival
        /// How many packets are missing before it.
        var missing: Int
    }

    /// What becomes of a gap before packets that wait.
    enum Gaps: Hashable {
        /// It is given up when its time is over at `now`, µs.
        case wait(now: Int64)
        /// It is given up now, because nothing more comes.
        case giveUp
    }

    private let waitLimit: Int64
    private let countLimit: Int

    /// The extended number that is due.
    var due: Int64 = 0
    /// The highest extended number that came.
    var highest: Int64 = 0
    /// The first extended number.
    var first: Int64 = 0

    private(set) var held: [Int64: Arrival] = [:]
    private(set) var stray: (arrival: Arrival, evidence: RTPEvidence)?
    /// The last packet of a transport that keeps the order.
    var lastInOrder: RTPPacket?

    /// A number that nothing before it is waited for.
    struct Barrier: Sendable {
        var number: Int64
        /// How many packets may be missing before it where numbering began anew; nil where the numbers themselves tell.
        var unknown: Int?
    }

    private(set) var barrier: Barrier?
    /// Missing ones not yet told of.
    private(set) var missing = 0

    /// The extended numbers that came last, each in the place of its lower bits.
    private var seen: [Int64]
    private static let seenCount: Int64 = 1024

    /// A packet this far ahead is not late but lost: RFC 3550 has 3000 for MAX_DROPOUT.
    private static let dropout = 3000
    /// A packet no further than this behind is late or a duplicate. MAX_MISORDER is 100, of a slower age.
    private static let misorder = 512

    /// All packets that came and belong here, late ones and duplicates among them, as RFC 3550 wants them counted.
    var received: UInt64 = 0
    /// The same, not begun anew with the numbers.
    var total: UInt64 = 0
    var lost: UInt64 = 0
    var reordered: UInt64 = 0
    var duplicates: UInt64 = 0
    var late: UInt64 = 0

    /// - Parameters:
    ///   - packet: The first one; it is not passed on by this.
    ///   - wait: How long packets wait for one that is missing, µs.
    ///   - count: How many of them do.
    init(first packet: RTPPacket, wait: Int64, count: Int) {
        self.waitLimit = wait
        self.countLimit = count
        // Numbers before the first one may still come: they are below it and above zero.
        self.first = 1 << 16 + Int64(packet.sequence)
        self.due = self.first
        self.highest = self.first - 1
        self.seen = Array(repeating: -1, count: Int(Self.seenCount))
    }

    /// Decides about a packet. The caller passes it on if it is due.
    mutating func accept(_ packet: RTPPacket, now: Int64, _ evidence: RTPEvidence) -> Verdict {
        let step = Int(Int16(bitPattern: packet.sequence &- UInt16(truncatingIfNeeded: self.highest)))
        if evidence.isOrdered { return self.acceptInOrder(packet, step, now, evidence) }
        guard step < Self.dropout, step > -Self.misorder else { return self.judge(packet, now, evidence) }
        let number = self.highest + Int64(step)
        // Its place was given up, but it is newer than all that came: numbering stepped back.
        if number < self.due, evidence.isNewer { return self.judge(packet, now, evidence) }
        if step > 1, !evidence.canMiss(step - 1) { return self.judge(packet, now, evidence) }
        self.stray = nil
        self.received += 1
        self.total += 1
        let slot = Int(number & (Self.seenCount - 1))
        guard self.seen[slot] != number else {
            self.duplicates += 1
            return .duplicate
        }
        self.seen[slot] = number
        if number > self.highest {
            self.highest = number
        } else {
            self.reordered += 1
        }
        guard number >= self.due else {
            self.late += 1
            return .late
        }
        if number == self.due {
            self.due += 1
            return .due
        }
        self.held[number] = Arrival(packet: packet, time: now)
        return .held
    }

    /// Over a connection nothing comes late: a number ahead is a loss at the sender, any other a new beginning.
    private mutating func acceptInOrder(
        _ packet: RTPPacket,
        _ step: Int,
        _ now: Int64,
        _ evidence: RTPEvidence
    ) -> Verdict {
        self.stray = nil
        self.received += 1
        self.total += 1
        if packet == self.lastInOrder {
            self.duplicates += 1
            return .duplicate
        }
        self.lastInOrder = packet
        if step > 0, step < Self.dropout, evidence.canMiss(step - 1) {
            self.highest += Int64(step)
            if self.highest == self.due {
                self.due += 1
                return .due
            }
            self.barrier = Barrier(number: self.highest, unknown: nil)
            self.held[self.highest] = Arrival(packet: packet, time: now)
            return .held
        }
        let number = self.beginAnew(at: packet.sequence, count: 1, missing: evidence.isContinuous ? 0 : 1)
        self.held[number] = Arrival(packet: packet, time: now)
        return .restart
    }

    /// The sender started anew, was out of reach for long, or the packet is a stray one: the next packet tells. Where
    /// the timestamps go on as if nothing had happened and as many packets can be missing, so do the numbers.
    private mutating func judge(_ packet: RTPPacket, _ now: Int64, _ evidence: RTPEvidence) -> Verdict {
        guard let stray = self.stray, stray.arrival.packet.sequence &+ 1 == packet.sequence else {
            self.stray = (Arrival(packet: packet, time: now), evidence)
            return .stray
        }
        self.stray = nil
        let sequence = stray.arrival.packet.sequence
        let ahead = Int64(sequence &- UInt16(truncatingIfNeeded: self.highest))
        let number: Int64
        if stray.evidence.isContinuous, ahead > 0, stray.evidence.canMiss(Int(ahead) - 1) {
            number = self.highest + ahead
            self.barrier = Barrier(number: number, unknown: nil)
            self.highest = number + 1
            self.received += 2
        } else {
            let isWhole = stray.evidence.isContinuous && stray.evidence.isBoundary
            number = self.beginAnew(at: sequence, count: 2, missing: isWhole ? 0 : 1)
        }
        self.total += 2
        self.held[number] = stray.arrival
        self.held[number + 1] = Arrival(packet: packet, time: now)
        for number in [number, number + 1] { self.seen[Int(number & (Self.seenCount - 1))] = number }
        return .restart
    }

    /// Numbering began anew with so many packets that have come. Gives the extended number of the first.
    private mutating func beginAnew(at sequence: UInt16, count: Int64, missing: Int) -> Int64 {
        let number = (self.highest >> 16 + 1) << 16 + Int64(sequence)
        self.barrier = Barrier(number: number, unknown: missing)
        self.first = number
        self.received = UInt64(count)
        self.highest = number + count - 1
        return number
    }

    /// The next packet that need not wait any longer; nil if none.
    mutating func next(_ gaps: Gaps) -> Delivery? {
        guard !self.held.isEmpty else { return nil }
        if let arrival = self.held.removeValue(forKey: self.due) {
            if self.barrier?.number == self.due { self.barrier = nil }
            self.due += 1
            defer { self.missing = 0 }
            return Delivery(arrival: arrival, missing: self.missing)
        }
        guard self.isGivenUp(gaps), let least = self.held.keys.min() else { return nil }
        if let barrier = self.barrier, barrier.number == least, let unknown = barrier.unknown {
            self.missing += unknown
        } else {
            self.missing += Int(least - self.due)
            self.lost += UInt64(least - self.due)
        }
        self.due = least
        return self.next(gaps)
    }

    private func isGivenUp(_ gaps: Gaps) -> Bool {
        guard self.barrier == nil, self.held.count <= self.countLimit else { return true }
        switch gaps {
        case .giveUp: return true
        case .wait(let now): return self.deadline.map { now >= $0 } ?? false
        }
    }

    /// When the gap before the first packet that waits is given up, µs.
    var deadline: Int64? {
        self.held.isEmpty ? nil : self.held.values.lazy.map(\.time).min().map { $0 + self.waitLimit }
    }

    /// How many packets there should have been since numbering began: RFC 3550 appendix A.3.
    var expected: UInt64 { UInt64(max(0, self.highest - self.first + 1)) }
}
