package import Linux
package import Media
package import NIOCore
internal import Synchronization

/// The bytes of one wire format, made once however many viewers there are.
///
/// Threads: ``append(_:time:join:)``, ``setPreamble(_:)``, ``publish()`` and ``finish()`` are called by one writer at
/// a time; everything else from anywhere.
@safe
package final class WireTape: Sendable {
    static let kind: UInt64 = 2

    let ring: Ring
    let warming = Warming()
    /// Nil for a tape of one size.
    let growth: TapeGrowth?
    /// Nil where nobody counts.
    package let delays: DelayMeter?
    let joins = Mutex(Joins())
    private let deadlines = Mutex<[SendDeadline]>([])

    struct Joins {
        var newest: JoinPoint?
        var preamble = Preamble()
        /// ``Preamble/fingerprint`` of it; 0 before the first.
        var fingerprint: UInt64 = 0
        /// Nil until a join is appended with the preamble.
        var preambleOffset: UInt64? = 0
        /// Offsets at which a preamble that cannot be continued came into force, rising.
        var barriers: [UInt64] = []
    }

    /// A tape of at least `capacity` bytes that keeps at least `records` records.
    package init(name: String, capacity: Int, records: Int, delays: DelayMeter? = nil) throws(TapeError) {
        self.ring = try Ring.make(name: name, kind: Self.kind, capacity: capacity, records: records)
        self.growth = nil
        self.delays = delays
    }

    /// A tape without memory that takes some with its first record, and grows to hold `span` µs of media.
    package init(
        name: String,
        retention: TapeRetention,
        span: Int64,
        records: Int,
        delays: DelayMeter? = nil
    ) throws(TapeError) {
        self.delays = delays
        self.ring = try Ring.make(
            name: name,
            kind: Self.kind,
            capacity: retention.ringSize,
            records: records,
            isEmpty: true
        )
        self.growth = TapeGrowth(retention, span: span, entries: self.ring.entryCount)
    }

    /// A tape whose writer is dead.
    init(_ ring: consuming Ring, _ growth: TapeGrowth? = nil, delays: DelayMeter? = nil) {
        self.ring = ring
        self.growth = growth
        self.delays = delays
    }

    /// The tape of a writer that is dead, for reading what its viewers have not been sent yet.
    package static func attach(_ file: consuming OwnedDescriptor) throws(TapeError) -> WireTape {
        WireTape(try Ring.attach(file, kind: Self.kind))
    }

    /// Appends one record, which viewers are sent whole or not at all; never waits. An empty one is nothing.
    ///
    /// With `join` a viewer can begin here, having been sent the preamble.
    package func append(_ bytes: ByteBuffer, time: MediaTime, join: Bool) throws(TapeError) {
        guard !self.isFinished else { throw .finished }
        guard bytes.readableBytes > 0 else { return }
        try self.growth?.prepare(self.ring, for: bytes.readableBytes, at: time.microseconds)
        defer { self.growth?.releaseBehindTail(self.ring) }
        let entry = try unsafe self.ring.append(
            length: bytes.readableBytes,
            time: time.microseconds,
            flags: join ? .join : []
        ) { target in
            unsafe bytes.withUnsafeReadableBytes { unsafe target.copyMemory(from: $0) }
        }
        guard join else { return }
        self.joins.withLock { joins in
            let preambleOffset = joins.preambleOffset ?? entry.offset
            joins.preambleOffset = preambleOffset
            joins.newest = JoinPoint(
                offset: entry.offset,
                sequence: entry.sequence,
                time: time,
                preamble: joins.preamble,
                fingerprint: joins.fingerprint,
                preambleOffset: preambleOffset
            )
        }
        self.ring.newestJoinWord.store(entry.sequence + 1)
    }

    /// Puts a preamble in force for the joins appended from now on. The same one again changes nothing.
    package func setPreamble(_ preamble: Preamble) {
        let head = self.ring.headWord.loadRelaxed()
        let tail = self.ring.tailWord.loadRelaxed()
        let fingerprint = preamble.fingerprint
        let isBarrier = self.joins.withLock { joins in
            guard joins.preamble != preamble else { return false }
            joins.preamble = preamble
            joins.fingerprint = fingerprint
            joins.preambleOffset = nil
            // A barrier in front of the first byte would keep nobody from anything.
            guard !preamble.continuable, head > 0 else { return false }
            // Nobody may join at what came before, with what came before.
            joins.newest = nil
            joins.barriers.removeAll { $0 < tail }
            if joins.barriers.last != head { joins.barriers.append(head) }
            return true
        }
        self.ring.preambleWord.store(fingerprint)
        if isBarrier {
            self.ring.newestJoinWord.store(0)
            self.ring.barriersWord.store(self.ring.barriersWord.loadRelaxed() + 1)
        }
    }

    /// Lets viewers be sent what was appended, each within its latency budget. Called once after a batch of appends.
    package func publish() {
        self.deadlines.withLock { deadlines in
            for deadline in deadlines { deadline.arm() }
        }
    }

    /// No more bytes will come: viewers are ended once they have been sent everything.
    package func finish() {
        self.ring.finishedWord.store(1)
        self.publish()
    }

    package var isFinished: Bool { self.ring.finishedWord.load() != 0 }

    /// The newest place to begin that the writer is not about to overwrite.
    package var newestJoin: JoinPoint? {
        guard let join = self.joins.withLock({ $0.newest }), join.offset >= self.safeTail else { return nil }
        return join
    }

    /// The first offset, behind one a viewer has joined at, that the viewer must not be sent bytes beyond.
    package func barrier(after joined: UInt64) -> UInt64? {
        self.joins.withLock { $0.barriers.first { $0 > joined } }
    }

    /// From now on ``publish()`` arms the deadline.
    package func attach(_ deadline: SendDeadline) {
        self.deadlines.withLock { $0.append(deadline) }
    }

    package func detach(_ deadline: SendDeadline) {
        self.deadlines.withLock { $0.removeAll { $0 === deadline } }
    }
}
