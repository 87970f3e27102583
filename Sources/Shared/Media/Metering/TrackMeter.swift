internal import NIOCore

/// How a track has been arriving: counts since the beginning, rates over the last seconds. Its memory is fixed.
package struct TrackMeter: Sendable {
    /// One part of the window.
    private struct Slot: Sendable {
        /// Which stretch of time it counts, in slot lengths; other than the present ones are stale.
        var number: Int64?
        var bytes = 0
        /// Packets that follow another, and the decoding time between them, µs.
        var steps = 0
        var span: Int64 = 0
        var longestKeyframeGap: Int64 = 0
    }

    /// A distance is a pause, which says nothing of the rate, if it is longer than this, µs, and than so many usual ones.
    private static let pause: Int64 = 1_000_000
    private static let pauseSteps: Int64 = 8

    private static let slotLength: Int64 = 500_000
    private static let slotCount: Int64 = 20

    /// Over how much time rates are taken, µs.
    package static let window = Self.slotLength * Self.slotCount

    private var slots = [Slot](repeating: Slot(), count: Int(Self.slotCount))
    private var packets: UInt64 = 0
    private var bytes: UInt64 = 0
    private var first: Int64?
    private var lastArrival: Int64 = 0
    private var lastDTS: MediaTime?
    private var lastKeyframe: MediaTime?
    private var keyframeInterval: Int64?
    /// Whether it goes on for a process that is dead: the first packets are those that came while nobody read.
    private var isResumed = false
    /// The usual distance between packets, µs; nil before the second.
    private var usualStep: Int64?
    /// Whether there was a pause since the last keyframe.
    private var hasPaused = false

    package init() {}

    /// What was counted, for the process that goes on with it; the rates begin anew.
    package struct Totals: Sendable, Codable {
        fileprivate var packets: UInt64
        fileprivate var bytes: UInt64
        fileprivate var lastDTS: MediaTime?
        fileprivate var lastKeyframe: MediaTime?
        fileprivate var keyframeInterval: Int64?
    }

    package var totals: Totals {
        Totals(
            packets: self.packets,
            bytes: self.bytes,
            lastDTS: self.lastDTS,
            lastKeyframe: self.lastKeyframe,
            keyframeInterval: self.keyframeInterval
        )
    }

    package init(resuming totals: Totals) {
        self.packets = totals.packets
        self.bytes = totals.bytes
        self.lastDTS = totals.lastDTS
        self.lastKeyframe = totals.lastKeyframe
        self.keyframeInterval = totals.keyframeInterval
        self.isResumed = true
    }

    /// What comes next does not follow from what came before, so the distance between them says nothing of the encoder. A
    /// packet that carries ``PacketFlags/discontinuity`` says so itself; this is for the other tracks.
    package mutating func breakOff() {
        self.lastDTS = nil
        self.lastKeyframe = nil
    }

    /// Counts a packet as it was placed on the stream's clock; `now` is monotonic time, µs.
    package mutating func count(_ packet: Packet, now: Int64) {
        if packet.flags.contains(.discontinuity) { self.breakOff() }
        let size = packet.payload.readableBytes
        self.packets += 1
        self.bytes += UInt64(size)
        self.first = self.first ?? now
        self.lastArrival = now

        let number = now / Self.slotLength
        let index = Int(number % Self.slotCount)
        if self.slots[index].number != number { self.slots[index] = Slot(number: number) }
        self.slots[index].bytes += size
        if let last = self.lastDTS { self.note(step: (packet.dts - last).microseconds, at: index) }
        self.lastDTS = packet.dts

        guard packet.flags.contains(.keyframe) else { return }
        if let last = self.lastKeyframe, !self.hasPaused {
            let gap = (packet.dts - last).microseconds
            self.keyframeInterval = gap
            self.slots[index].longestKeyframeGap = max(self.slots[index].longestKeyframeGap, gap)
        }
        self.lastKeyframe = packet.dts
        self.hasPaused = false
    }

    private mutating func note(step: Int64, at index: Int) {
        guard step <= Self.pause || self.usualStep.map({ step / Self.pauseSteps <= $0 }) ?? true else {
            self.hasPaused = true
            return
        }
        self.slots[index].steps += 1
        self.slots[index].span += step
        self.usualStep = self.usualStep.map { $0 + (step - $0) / 8 } ?? step
    }

    package func snapshot(now: Int64) -> TrackMeterSnapshot {
        let present = now / Self.slotLength
        let slots = self.slots.filter { slot in
            slot.number.map { $0 > present - Self.slotCount && $0 <= present } ?? false
        }
        var snapshot = TrackMeterSnapshot(packets: self.packets, bytes: self.bytes)
        snapshot.lastArrival = self.first == nil ? nil : self.lastArrival
        snapshot.keyframeInterval = self.keyframeInterval
        snapshot.longestKeyframeGap = slots.map(\.longestKeyframeGap).max() ?? 0
        if let lastDTS, let lastKeyframe { snapshot.sinceKeyframe = (lastDTS - lastKeyframe).microseconds }
        guard let first, !slots.isEmpty else { return snapshot }

        // Frames by the stream's own clock: a line that stalls and catches up does not change the camera's rate.
        let span = slots.reduce(0) { $0 + $1.span }

        // Bits as they came in, over the time the window really covers.
        let begin = max(first, (present - Self.slotCount + 1) * Self.slotLength)
        var covered = max(now - begin, Self.slotLength)
        // What was read at once after a death had come before, at the pace of the stream's own clock.
        if self.isResumed, now - first < Self.window { covered = max(covered, span) }
        snapshot.bitsPerSecond = Double(slots.reduce(0) { $0 + $1.bytes }) * 8_000_000 / Double(covered)

        if span > 0 { snapshot.packetsPerSecond = Double(slots.reduce(0) { $0 + $1.steps }) * 1_000_000 / Double(span) }
        return snapshot
    }
}
