package import Linux
package import Media
internal import Synchronization

/// A record that a writer who is dead has left on a wire tape.
package struct StoredRecord: Hashable, Sendable {
    package let sequence: UInt64
    /// Absolute offset behind the last of its bytes.
    package let end: UInt64
    /// Absolute offset of the first.
    package let start: UInt64
    /// On the stream's clock.
    package let time: MediaTime
    package let isJoin: Bool

    init(_ entry: RingEntry) {
        self.sequence = entry.sequence
        self.start = entry.offset
        self.end = entry.end
        self.time = MediaTime(microseconds: entry.time)
        self.isJoin = entry.flags.contains(.join)
    }
}

/// Going on with what a writer who is dead has left: whoever does writes all of it once more, for nobody, and so finds out
/// where viewers may join and from where on there is something new to write.
extension WireTape {
    /// The tape of a writer that is dead, to be written on.
    package static func attach(
        _ file: consuming OwnedDescriptor,
        retention: TapeRetention,
        span: Int64,
        delays: DelayMeter? = nil
    ) throws(TapeError) -> WireTape {
        let ring = try Ring.attach(file, kind: Self.kind)
        guard ring.size >= UInt64(retention.ringSize), ring.finishedWord.load() == 0 else { throw .layoutUnknown }
        for sequence in ring.tailSequenceWord.load()..<ring.nextSequenceWord.load() {
            guard let entry = ring.entry(sequence), TapeResumption.isPlausible(entry.time) else {
                throw .layoutUnknown
            }
        }
        let growth = TapeGrowth(retention, span: span, entries: ring.entryCount)
        growth.resume(ring)
        return WireTape(ring, growth, delays: delays)
    }

    /// The record of that number; nil where it is not on the tape.
    package func storedRecord(_ sequence: UInt64) -> StoredRecord? {
        self.ring.entry(sequence).map { StoredRecord($0) }
    }

    /// The newest record of that time that viewers could join at.
    package func storedJoin(at time: MediaTime) -> StoredRecord? {
        var sequence = self.nextSequence
        let oldest = self.oldestSequence
        while sequence > oldest {
            sequence -= 1
            guard let record = self.storedRecord(sequence) else { return nil }
            if record.isJoin, record.time == time { return record }
        }
        return nil
    }

    /// The times of all records that viewers could join at.
    package var storedJoinTimes: Set<MediaTime> {
        let records = (self.oldestSequence..<self.nextSequence).lazy.compactMap { self.storedRecord($0) }
        return Set(records.filter(\.isJoin).map(\.time))
    }

    /// Forgets what is known of joins and preambles, which follow from what is written once more.
    package func beginResuming() {
        self.joins.withLock { $0 = Joins() }
    }

    /// A preamble came into force in front of `offset`, which is nil where no record of the tape was met before it.
    package func resume(_ preamble: Preamble, at offset: UInt64?) {
        self.joins.withLock { joins in
            guard joins.preamble != preamble else { return }
            joins.preamble = preamble
            joins.fingerprint = preamble.fingerprint
            joins.preambleOffset = nil
            guard !preamble.continuable, let offset else { return }
            joins.newest = nil
            joins.barriers.append(offset)
        }
    }

    /// Viewers may join at a record, with the preamble that is in force.
    package func resumeJoin(at record: StoredRecord) {
        self.joins.withLock { joins in
            let preambleOffset = joins.preambleOffset ?? record.start
            joins.preambleOffset = preambleOffset
            joins.newest = JoinPoint(
                offset: record.start,
                sequence: record.sequence,
                time: record.time,
                preamble: joins.preamble,
                fingerprint: joins.fingerprint,
                preambleOffset: preambleOffset
            )
        }
    }

    /// Everything that was left is known; what is written from here on is new.
    package func endResuming() {
        let (fingerprint, join) = self.joins.withLock { ($0.fingerprint, $0.newest?.sequence) }
        self.ring.preambleWord.store(fingerprint)
        self.ring.newestJoinWord.store(join.map { $0 + 1 } ?? 0)
    }

    /// Whether somebody who was sent bytes under that preamble (``Preamble/fingerprint``) may be sent what comes now.
    package func continues(_ fingerprint: UInt64) -> Bool {
        self.joins.withLock { $0.preamble.continuable || $0.fingerprint == fingerprint }
    }
}
