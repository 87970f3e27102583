internal import Capacity
internal import Linux
internal import Synchronization

/// Lets a tape follow its stream's bitrate: it begins with little, grows until it holds the time it is meant to, and gives
/// back what it needs no more.
///
/// The ring's addresses never change, so readers do not notice. Only how far the tail stays behind the head changes, and
/// pages behind the tail go back to the system.
///
/// Threads: everything is called by the tape's writer but ``span``, ``shortfall`` and ``warm(_:)``.
final class TapeGrowth: Sendable {
    private let retention: TapeRetention
    /// Bytes of the index, which fills whatever the records' size.
    private let indexBytes: Int
    /// µs of media to hold.
    let span: Atomic<Int64>
    /// Absolute offset before which all pages have been given back.
    private let released = Atomic<UInt64>(0)
    /// Absolute offset up to which pages have been taken ahead of the writer.
    private let warmed = Atomic<UInt64>(0)
    /// After a refusal: the head at which more is asked for again.
    private let retryAt = Atomic<UInt64>(0)
    private let isRefused = Atomic<Bool>(false)
    /// Bytes behind the tail that the system did not take back. They are counted until it does, or until they are written
    /// over.
    private let unreleased = Atomic<Int>(0)
    /// The tail when giving back was last tried.
    private let releaseTried = Atomic<UInt64>(0)
    /// Absolute offset at which the tape was last begun: all that comes behind it is still there while the tail is there.
    private let origin = Atomic<UInt64>(0)
    /// µs of media on the tape; all there was counts as enough.
    private let kept = Atomic<Int64>(Int64.max)

    init(_ retention: TapeRetention, span: Int64, entries: UInt64) {
        self.retention = retention
        self.span = Atomic(span)
        self.indexBytes = Int(truncatingIfNeeded: entries) * MemoryLayout<RingEntry>.stride
    }

    // MARK: Growing

    /// Takes the memory it begins with. False if there is none; then the tape takes no record.
    func start(_ ring: borrowing Ring) -> Bool {
        guard ring.capacityWord.loadRelaxed() == 0 else { return true }
        return self.resize(ring, to: self.retention.least, for: .start)
    }

    /// Answers for the memory of a ring that another process has begun: it is in use, whether there is room for it or not.
    func resume(_ ring: borrowing Ring) {
        let capacity = ring.capacityWord.loadRelaxed()
        guard capacity > 0 else { return }
        self.origin.store(ring.tailWord.loadRelaxed(), ordering: .relaxed)
        _ = self.retention.memory.resize(to: self.footprint(Int(truncatingIfNeeded: capacity)), for: .inherited)
    }

    /// Makes the tape large enough for the record that comes next, and for the time it is to hold if there is memory.
    func prepare(_ ring: borrowing Ring, for length: Int, at time: Int64) throws(TapeError) {
        guard length <= ring.recordLimit else { throw .recordTooLarge(length, limit: ring.recordLimit) }
        guard self.start(ring) else { throw .noMemory(length) }
        try self.makeFit(ring, length)
        let capacity = ring.capacityWord.loadRelaxed()
        let head = ring.headWord.loadRelaxed()
        guard capacity < self.retention.most, head >= self.retryAt.load(ordering: .relaxed),
            let wanted = self.wanted(ring, length, at: time)
        else { return }
        let isGranted = self.resize(ring, to: wanted, for: .span)
        self.isRefused.store(!isGranted, ordering: .relaxed)
        if !isGranted {
            self.retryAt.store(head + max(capacity / 8, UInt64(TapeSize.steps.lowerBound)), ordering: .relaxed)
        }
    }

    /// A record is an eighth of what is kept where there is memory, and a quarter at most.
    private func makeFit(_ ring: borrowing Ring, _ length: Int) throws(TapeError) {
        let capacity = Int(truncatingIfNeeded: ring.capacityWord.loadRelaxed())
        guard length > capacity / Ring.recordShare else { return }
        let comfortable = min(Ring.recordShare * length, Int(truncatingIfNeeded: ring.size) / 2)
        if comfortable > capacity, self.resize(ring, to: comfortable, for: .record) { return }
        guard length > capacity / Ring.guardShare else { return }
        guard self.resize(ring, to: Ring.guardShare * length, for: .record) else { throw .noMemory(length) }
    }

    /// The capacity to ask for if the next record would take something from readers that they are meant to have: the time
    /// to hold, or the newest place to begin. Half as much again, or less where that holds the time.
    private func wanted(_ ring: borrowing Ring, _ length: Int, at time: Int64) -> Int? {
        let end = ring.headWord.loadRelaxed() + UInt64(length)
        let safe = ring.safeWord.loadRelaxed()
        guard end - safe > ring.reach, let oldest = ring.entry(ring.safeSequenceWord.loadRelaxed()) else {
            return nil
        }
        let capacity = Int(truncatingIfNeeded: ring.capacityWord.loadRelaxed())
        let half = min(capacity + max(capacity / 2, 4 * TapeSize.steps.lowerBound), self.retention.most)
        let span = self.span.load(ordering: .relaxed)
        let (held, isBeyond) = time.subtractingReportingOverflow(oldest.time)
        if !isBeyond, held < span {
            guard held > 0 else { return half }
            let bytes = Double(end - safe) * (Double(span) / Double(held))
            let enough = TapeSize.capacity(holding: Int(min(bytes, Double(TapeSize.largest))))
            return min(half, max(enough, capacity + TapeSize.steps.lowerBound))
        }
        let join = ring.newestJoinWord.loadRelaxed()
        guard join > 0, let entry = ring.entry(join - 1) else { return nil }
        return end - entry.offset > ring.reach ? half : nil
    }

    // MARK: Giving back

    /// After an append: gives pages back that lie behind the tail.
    func releaseBehindTail(_ ring: borrowing Ring) {
        let step = UInt64(TapeSize.step(Int(truncatingIfNeeded: ring.capacityWord.loadRelaxed())))
        let tail = ring.tailWord.loadRelaxed()
        // After a refusal another step goes by before the system is asked again.
        let since = max(self.released.load(ordering: .relaxed), self.releaseTried.load(ordering: .relaxed))
        guard tail >= since, tail - since >= step else { return }
        let held = self.unreleased.load(ordering: .relaxed)
        self.release(ring, upTo: tail)
        self.recount(ring, since: held)
    }

    /// Answers for what the system did not take back: it is in use, whether there is memory for it or not.
    private func recount(_ ring: borrowing Ring, since held: Int) {
        guard self.unreleased.load(ordering: .relaxed) != held else { return }
        let capacity = Int(truncatingIfNeeded: ring.capacityWord.loadRelaxed())
        _ = self.retention.memory.resize(to: self.footprint(capacity), for: .held)
    }

    /// A few times a second: notes how much time the tape holds, and gives back what it does not need for that.
    func settle(_ ring: borrowing Ring) {
        let capacity = Int(truncatingIfNeeded: ring.capacityWord.loadRelaxed())
        let next = ring.nextSequenceWord.loadRelaxed()
        guard capacity > 0, next > 0, let newest = ring.entry(next - 1) else { return }
        let oldest = ring.entry(ring.tailSequenceWord.loadRelaxed())
        let isWhole = ring.tailWord.loadRelaxed() == self.origin.load(ordering: .relaxed) || oldest == nil
        self.kept.store(isWhole ? .max : newest.time &- (oldest?.time ?? newest.time), ordering: .relaxed)
        let needed = self.needed(ring, newest)
        guard capacity > 2 * needed, capacity > self.retention.least else { return }
        ring.capacityWord.store(UInt64(needed))
        ring.trim()
        let held = self.unreleased.load(ordering: .relaxed)
        self.release(ring, upTo: ring.tailWord.loadRelaxed())
        let isHeld = self.unreleased.load(ordering: .relaxed) > held
        _ = self.retention.memory.resize(to: self.footprint(needed), for: isHeld ? .held : .span)
        self.isRefused.store(false, ordering: .relaxed)
    }

    /// Bytes that hold the time to hold and the newest join, with room to spare.
    private func needed(_ ring: borrowing Ring, _ newest: RingEntry) -> Int {
        let span = self.span.load(ordering: .relaxed)
        var low = ring.tailSequenceWord.loadRelaxed()
        var high = newest.sequence
        // The first record that is not older than the span; times rise, but for tracks beside one another.
        while low < high {
            let middle = low + (high - low) / 2
            guard let entry = ring.entry(middle) else { break }
            if newest.time &- entry.time > span { low = middle + 1 } else { high = middle }
        }
        let join = ring.newestJoinWord.loadRelaxed()
        if join > 0 { low = min(low, max(join - 1, ring.tailSequenceWord.loadRelaxed())) }
        let start = ring.entry(low)?.offset ?? newest.offset
        let bytes = Int(truncatingIfNeeded: ring.headWord.loadRelaxed() - start)
        return max(TapeSize.capacity(holding: bytes), self.retention.least)
    }

    /// Gives up everything that is on the tape, and its memory. What is written next begins it anew, at the next offset.
    func empty(_ ring: borrowing Ring) {
        guard ring.capacityWord.loadRelaxed() > 0 else { return }
        ring.capacityWord.store(0)
        ring.trim()
        let head = ring.headWord.loadRelaxed()
        if self.release(ring, upTo: max(head, self.warmed.load(ordering: .relaxed))) {
            let page = UInt64(MirroredMemory.pageSize)
            self.released.store(head / page * page, ordering: .relaxed)
        }
        self.releaseTried.store(head, ordering: .relaxed)
        self.warmed.store(0, ordering: .relaxed)
        self.origin.store(head, ordering: .relaxed)
        self.kept.store(.max, ordering: .relaxed)
        self.isRefused.store(false, ordering: .relaxed)
        self.retryAt.store(0, ordering: .relaxed)
        let unreleased = self.unreleased.load(ordering: .relaxed)
        _ = self.retention.memory.resize(to: unreleased, for: unreleased > 0 ? .held : .span)
    }

    /// Gives the pages back from where that was last done to `end`, which is the tail, or ahead of all that is kept.
    ///
    /// - Returns: whether the system took them. If not, the tape goes on with them: the ring comes round and writes over
    ///   them, so that there are never more than the ring has.
    @discardableResult
    private func release(_ ring: borrowing Ring, upTo end: UInt64) -> Bool {
        let page = UInt64(MirroredMemory.pageSize)
        let newest = max(ring.headWord.loadRelaxed(), end)
        // What is further behind than the ring is long lies under what is kept now.
        let start = max(self.released.load(ordering: .relaxed), newest - min(newest, ring.size))
        let whole = end / page * page
        guard whole > start else { return true }
        self.releaseTried.store(end, ordering: .relaxed)
        let first = Int(truncatingIfNeeded: start % ring.size)
        let count = Int(truncatingIfNeeded: whole - start)
        guard self.retention.releaseObstacle?() != true, ring.memory.release(first..<first + count) else {
            self.unreleased.store(count, ordering: .relaxed)
            return false
        }
        self.released.store(whole, ordering: .relaxed)
        self.unreleased.store(0, ordering: .relaxed)
        return true
    }

    // MARK: Accounts

    private func resize(_ ring: borrowing Ring, to bytes: Int, for need: TapeNeed) -> Bool {
        guard self.retention.memory.resize(to: self.footprint(bytes), for: need) else { return false }
        ring.capacityWord.store(UInt64(bytes))
        return true
    }

    /// Bytes of memory of a tape that keeps so many. To that comes what the system did not take back.
    private func footprint(_ bytes: Int) -> Int {
        TapeSize.footprint(bytes, index: self.indexBytes) + self.unreleased.load(ordering: .relaxed)
    }

    /// Nil where the tape holds what it is meant to, or all there was.
    var shortfall: TapeShortfall? {
        let (kept, wanted) = (self.kept.load(ordering: .relaxed), self.span.load(ordering: .relaxed))
        // A tenth is how far the tail moves at a time.
        guard kept < wanted - wanted / 10 else { return nil }
        return TapeShortfall(kept: max(kept, 0), wanted: wanted, isRefused: self.isRefused.load(ordering: .relaxed))
    }

    /// Takes memory ahead of the writer. Called by one thread at a time, beside the writer.
    func warm(_ ring: borrowing Ring) {
        let capacity = ring.capacityWord.load()
        guard capacity > 0 else { return }
        let head = ring.headWord.load()
        let start = max(self.warmed.load(ordering: .relaxed), head)
        let end = head + UInt64(TapeSize.step(Int(truncatingIfNeeded: capacity)))
        guard end > start, end - start >= UInt64(TapeSize.steps.lowerBound) / 2 else { return }
        let first = Int(truncatingIfNeeded: start % ring.size)
        let count = Int(truncatingIfNeeded: end - start)
        let behind = max(first + count - Int(truncatingIfNeeded: ring.size), 0)
        var isDone = ring.memory.populate(first..<first + count - behind)
        if behind > 0 { isDone = ring.memory.populate(0..<behind) && isDone }
        // A system that cannot do it is not asked again.
        self.warmed.store(isDone ? end : .max, ordering: .relaxed)
    }
}
