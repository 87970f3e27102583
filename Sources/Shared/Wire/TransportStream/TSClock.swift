/// The times of a transport stream without the turns of its 33-bit counter (ISO/IEC 13818-1 section 2.4.3.7), and without
/// the jumps that the stream announces (section 2.4.3.5).
///
/// One for all tracks, so that they stay together when the counter turns between them. The programme's clock reference
/// (PCR) says which turn a time belongs to, because the times of pictures and sounds stay close to it. A single PCR that
/// is far off moves nothing: the next ones have to agree with it. Where the stream has no PCR, its times themselves say.
struct TSClock: Sendable, Codable {
    /// Which stretch between announced jumps a unit belongs to. Units that began before a jump end after it.
    struct Base: Hashable, Sendable, Codable {
        /// What is added to the times of the stretch, ticks of 90 kHz.
        fileprivate var offset: Int64 = 0
    }

    /// The stretch that units beginning now belong to.
    private(set) var base = Base()

    /// The counter's reading without its turns, ticks of 90 kHz; of the last PCR, or the last time where there is none.
    private var reference: Int64?
    /// A reading far from the reference: the next one decides whether it is the new reference.
    private var doubtful: Int64?
    private var hasClockReferences = false

    /// A time, and how many packets come until then.
    private struct Mark: Sendable, Codable {
        let ticks: Int64
        let packets: UInt64
    }

    /// The last PCR and how many packets had come by then.
    private var last: Mark?
    /// From the PCR before it to that one: how the clock goes on from there.
    private var step: Mark?
    private var isJumpAnnounced = false

    /// Two readings further apart than this do not follow one another, ticks: PCR come every 100 ms, and times are
    /// presented at most ten seconds after they come (sections 2.7.2 and 2.4.2.6).
    private static let reach: Int64 = 15 * 90_000
    /// An announced jump of less is none, ticks: some multiplexers announce one at every keyframe or turn of a file.
    private static let leastJump: Int64 = 9_000
    /// The longest distance of two PCR by which the clock is taken to go on, ticks.
    private static let longestStep: Int64 = 90_000

    /// Packets between two clock references, a second apart at most, are fewer.
    private static let stepPackets: UInt64 = 1 << 32

    /// Whether it can have come to this, for one that anybody may have written. Readings may be any: a sender chooses them.
    var isPlausible: Bool {
        guard let step else { return true }
        return (1...Self.longestStep).contains(step.ticks) && (1..<Self.stepPackets).contains(step.packets)
    }

    /// A packet of the PID that carries the clock has come.
    ///
    /// - Parameters:
    ///   - reference: its PCR, ticks of 27 MHz.
    ///   - isDiscontinuous: whether it announces that the clock jumps here, or with the next PCR.
    ///   - packets: how many packets of all PIDs have come.
    mutating func note(_ reference: Int64?, isDiscontinuous: Bool, packets: UInt64) {
        if isDiscontinuous { self.isJumpAnnounced = true }
        guard let reference else { return }
        let ticks = reference / 300 & Self.mask
        self.hasClockReferences = true
        if self.isJumpAnnounced, let last = self.last { self.jump(to: ticks, from: last, packets) }
        self.isJumpAnnounced = false
        self.measure(ticks, packets)
        self.last = Mark(ticks: ticks, packets: packets)
        self.refer(to: ticks)
    }

    /// The clock is interrupted: whatever comes next begins as it likes.
    private mutating func jump(to ticks: Int64, from last: Mark, _ packets: UInt64) {
        let expected = last.ticks &+ self.elapsed(packets &- last.packets)
        let distance = Self.distance(ticks, after: expected)
        guard distance.magnitude > UInt64(Self.leastJump) else { return }
        // The new reading means what the old clock would show now.
        let now = self.unwrapped(expected) &+ self.base.offset
        self.reference = ticks
        self.doubtful = nil
        self.base.offset = now &- ticks
        self.last = nil
    }

    /// The time that passes while so many packets come: multiplexers write PCR at even distances, so that it is one of
    /// these unless few packets have come. Packets alone tell it badly where the bit rate varies.
    private func elapsed(_ packets: UInt64) -> Int64 {
        guard let step else { return 0 }
        return packets >= step.packets / 2 ? step.ticks : step.ticks * Int64(packets) / Int64(step.packets)
    }

    private mutating func measure(_ ticks: Int64, _ packets: UInt64) {
        guard let last = self.last, packets > last.packets else { return }
        let step = Self.distance(ticks, after: last.ticks)
        guard step > 0, step <= Self.longestStep else { return }
        self.step = Mark(ticks: step, packets: packets - last.packets)
    }

    /// The time of a unit, ticks that rise beyond 33 bits.
    mutating func unwrap(_ ticks: Int64, in base: Base) -> Int64 {
        if base == self.base, !self.hasClockReferences { self.refer(to: ticks) }
        if base != self.base {
            // Of the stretch before: its reading is near what that clock would show now.
            let reference = (self.reference ?? ticks) &+ self.base.offset &- base.offset
            return reference &+ Self.distance(ticks, after: reference) &+ base.offset
        }
        return self.unwrapped(ticks) &+ base.offset
    }

    private func unwrapped(_ ticks: Int64) -> Int64 {
        guard let reference else { return ticks }
        return reference &+ Self.distance(ticks, after: reference)
    }

    private mutating func refer(to ticks: Int64) {
        guard let reference else {
            self.reference = ticks
            return
        }
        let time = reference &+ Self.distance(ticks, after: reference)
        guard (time &- reference).magnitude > UInt64(Self.reach) else {
            self.reference = max(reference, time)
            self.doubtful = nil
            return
        }
        guard let doubtful = self.doubtful,
            Self.distance(ticks, after: doubtful).magnitude <= UInt64(Self.reach)
        else {
            self.doubtful = ticks
            return
        }
        self.reference = time
        self.doubtful = nil
    }

    /// Whether a reading in the stretch that began last is one to be expected, or nothing was read before.
    func isPlausible(_ ticks: Int64, in base: Base) -> Bool {
        guard let reference, base == self.base else { return true }
        return Self.distance(ticks, after: reference).magnitude <= UInt64(Self.reach)
    }

    private static let mask: Int64 = (1 << 33) - 1

    /// The shortest way from one reading of the counter to another. Wrapping arithmetic: a time is whatever a peer chose
    /// to send.
    static func distance(_ ticks: Int64, after reference: Int64) -> Int64 {
        ((ticks &- reference) << 31) >> 31
    }

    static func microseconds(_ ticks: Int64) -> Int64 {
        let (whole, rest) = ticks.quotientAndRemainder(dividingBy: 9)
        return whole &* 100 &+ rest * 100 / 9
    }
}
