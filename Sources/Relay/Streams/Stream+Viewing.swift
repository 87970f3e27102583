import Capacity
import Contract
import Media
import Synchronization
import Tape

/// What viewers ask of a stream's wire formats. A question waits for the format that it is about, and for nothing else.
extension Stream {
    /// Opens a wire format for one viewer: muxing starts if nobody else watches it yet. Of a stream that nobody publishes
    /// yet it costs no memory, and begins when that does.
    package func open(_ format: WireFormat, now: Now) throws -> WireLease {
        self.use(now: now)
        try self.ensure(format, now: now)
        guard let lease = self.outputs.lease(format) else { throw self.outputs.noMemory(format) }
        return lease
    }

    /// Has the format muxed; if there is no memory for it, other formats that nobody watches give way.
    private func ensure(_ format: WireFormat, now: Now) throws {
        try self.examine(format, now: now)
        do {
            try self.outputs.open(format, now: now)
        } catch let denial as PlayDenial where denial.reason == .noMemory {
            self.makeRoom(TapeSize.startCost, .viewer, now)
            try self.outputs.open(format, isLastTry: true, now: now)
        }
        self.outputs.forgetRefusals(of: format)
    }

    /// The segments of a format that are on tape now; asking keeps the format muxed for a while.
    package func segments(of format: WireFormat, now: Now) throws -> SegmentList {
        try self.withSegments(of: format, now: now) { $0 }
    }

    /// Lends the segments of a format that are on tape now. Nothing is muxed to the format meanwhile.
    package func withSegments<Answer: Sendable>(
        of format: WireFormat,
        now: Now,
        _ question: (SegmentList) -> Answer
    ) throws -> Answer {
        self.use(now: now)
        // What nobody publishes has none, and costs nothing.
        guard self.packets.kept > 0 || self.outputs[format] != nil else { return question(SegmentList(window: 0)) }
        try self.ensure(format, now: now)
        guard let output = self.outputs[format] else { return question(SegmentList(window: 0)) }
        let isFirst = output.usage.list(now: now.monotonic)
        return output.reader.withLock { reader in
            // From the first playlist on the tape is to hold the window.
            if isFirst { reader.hold() }
            return question(reader.target.segments)
        }
    }

    /// `EXT-X-TARGETDURATION` of the stream's playlists: the same for as long as anybody may hold one.
    package func targetDuration(now: Now) -> Int { self.target.settle(now: now.monotonic) }

    /// A copy of a segment, nil where it is not on tape. Whoever asks for the same one gets the same copy.
    package func segment(_ number: UInt64, of format: WireFormat, now: Now) throws -> SegmentCopy? {
        guard let output = self.outputs[format] else { return nil }
        _ = output.usage.list(now: now.monotonic)
        do {
            return try output.segment(number, from: self.budget) { self.outputs.forgetCopies() }
        } catch {
            throw self.outputs.noMemory(format)
        }
    }

    /// Calls `onReady` once, from any thread, as soon as a format has `count` segments; at once if it has them.
    ///
    /// - Returns: for ``forgetSegmentWaiter(_:)`` when the answer is not wanted any more; nil when it was given.
    package func whenSegments(
        _ count: Int,
        of format: WireFormat,
        now: Now,
        onReady: @escaping @Sendable () -> Void
    ) -> UInt64? {
        self.outputs[format]?.usage.want(now: now.monotonic)
        // The stream may have begun since its playlist was asked for.
        if self.packets.kept > 0 { try? self.outputs.open(format, now: now) }
        return self.outputs.whenSegments(count, of: format, onReady: onReady)
    }

    package func forgetSegmentWaiter(_ number: UInt64) { self.outputs.forgetWaiter(number) }

    /// What comes first for a viewer of the format that begins now; nil while there is nothing to begin with, or nobody
    /// has the format open.
    package func newestJoin(of format: WireFormat) -> RTPJoin? {
        self.outputs[format]?.reader.withLock { $0.target.newestJoin }
    }

    /// How often the stream went over what had not been muxed to the format yet.
    package func overruns(of format: WireFormat) -> Int {
        self.outputs[format]?.reader.withLock { $0.overruns } ?? 0
    }
}
