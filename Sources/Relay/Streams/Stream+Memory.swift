import Capacity
import Contract
import Linux
import Synchronization
import Tape

/// A demand for memory that the relay does not have.
package enum TapeDemand: Sendable {
    /// A publisher with the right key, or a stream on air.
    case publisher
    /// A viewer of a stream that is on air.
    case viewer

    /// How long a format that gives way must not have been wanted, µs: players ask for playlists every few seconds.
    var formatIdle: Int64 { 12_000_000 }

    /// How long a stream that gives way must have had no source, µs.
    var streamIdle: Int64 {
        switch self {
        case .publisher: 0
        case .viewer: 60_000_000
        }
    }
}

/// Tapes that a stream could do without.
package struct SpareTapes: Sendable {
    enum Part: Sendable {
        /// A format that nobody watches.
        case format(WireFormat)
        /// All of a stream whose source is gone.
        case stream
    }

    let part: Part
    /// µs, monotonic: when it was last of use to anybody.
    let since: Int64
    let bytes: Int
}

/// Memory: tapes have some from the first publisher on, and give it back when they are of no use.
extension Stream {
    /// Takes the memory that the stream's own tape begins with.
    func startTape(now: Now) throws(PublishDenial) {
        self.keep.withLock { keep in
            guard keep == nil else { return }
            let packets = self.packets
            let share = { () throws(LinuxError) in try packets.shareMemory() }
            keep = TapeKeep(.packets(self.path.stream), share, by: self.keeper)
        }
        if self.program.withLock({ _ in self.packets.start() }) { return }
        self.makeRoom(TapeSize.startCost, .publisher, now)
        guard self.program.withLock({ _ in self.packets.start() }) else {
            let memory = ByteText.setting(self.spec.value.limits.memory)
            throw PublishDenial(
                .noMemory,
                "The relay's live streams fill its memory: raise limits.memory (\(memory)), or lower window."
            )
        }
    }

    /// What the stream could do without, for want of memory elsewhere.
    func spareTapes(_ demand: TapeDemand, now: Now) -> [SpareTapes] {
        if let since = self.idleSince {
            let bytes = self.keptBytes
            let isSpare = bytes > 0 && now.monotonic - since >= demand.streamIdle
            return isSpare ? [SpareTapes(part: .stream, since: since, bytes: bytes)] : []
        }
        return self.outputs.all.compactMap { output in
            guard output.tape.kept > 0, output.usage.isUnwanted(for: demand.formatIdle, now: now.monotonic) else {
                return nil
            }
            return SpareTapes(part: .format(output.format), since: output.usage.lastWanted, bytes: output.tape.kept)
        }
    }

    /// Gives tapes up if they are still not wanted.
    ///
    /// - Returns: how many bytes that were.
    func giveUp(_ spare: SpareTapes, _ demand: TapeDemand, now: Now) -> Int {
        switch spare.part {
        case .format(let format): self.outputs.giveUp(format, idle: demand.formatIdle, now: now)
        case .stream: self.rest()
        }
    }

    /// Lets the tapes follow the stream: longer segments want more, a lower bitrate less.
    func settleTapes(now: Now) {
        let target = self.spec.value.hls.segment.microseconds
        self.program.withLock { program in
            let segment = program.segmentLength(target: target, now: now)
            self.marks.note(segmentLength: segment, isOnAir: program.selection.onAir != nil)
            guard self.packets.kept > 0 else { return }
            self.packets.hold(TapePlan.packets(segment: segment))
            self.packets.settle()
        }
        if let since = self.idleSince, self.packets.kept > 0, now.monotonic - since > Self.restAfter { self.rest() }
        guard self.packets.kept > 0 else { return }
        self.outputs.openAwaited(now: now, mayWait: true)
        self.outputs.request(.settle)
    }

    /// Takes memory for the tapes ahead of what is written, outside of the lock that publishers want.
    func warmTapes() {
        // Nothing is taken for a stream that is merely asked for.
        guard self.program.withLock({ $0.holder != nil }) else { return }
        self.packets.warm()
        for output in self.outputs.all { output.tape.warm() }
    }

    /// Since when no source is on air, µs monotonic; nil while one is.
    private var idleSince: Int64? {
        self.program.withLock { program in
            guard program.selection.onAir == nil else { return nil }
            return program.sourceGone ?? self.lastUsed.load(ordering: .relaxed)
        }
    }

    private var keptBytes: Int { self.outputs.all.reduce(self.packets.kept) { $0 + $1.tape.kept } }

    /// Gives all memory back until a source sends again. Viewers stay.
    ///
    /// - Returns: how many bytes that were; 0 where a source is on air by now.
    @discardableResult
    private func rest() -> Int {
        let bytes = self.keptBytes
        let end = self.program.withLock { program -> UInt64? in
            guard program.selection.onAir == nil else { return nil }
            self.packets.empty()
            return self.packets.nextSequence
        }
        guard let end else { return 0 }
        for output in self.outputs.all { output.empty(at: end, of: self.packets) }
        return bytes
    }
}
