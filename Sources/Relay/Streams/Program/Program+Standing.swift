package import Contract
import Media
import Tape

extension SourceSnapshot {
    /// Without what is measured anew within a second, in smaller parts of one than are read back.
    fileprivate var withoutDurations: SourceSnapshot {
        var snapshot = self
        snapshot.link?.roundTrip = nil
        snapshot.link?.latency = nil
        for track in snapshot.link?.tracks.indices ?? 0..<0 { snapshot.link?.tracks[track].jitter = .zero }
        return snapshot
    }
}

/// Where a stream stands whose source is on air, between two packets: written down for the process that goes on with it when
/// this one dies.
package struct StreamStanding: Sendable, Codable {
    /// Of the next event on the packet tape.
    fileprivate let sequence: UInt64
    /// The sequence behind which everything is of the source on air.
    fileprivate let sourceStart: UInt64
    fileprivate let monotonic: Int64
    fileprivate let wall: Int64
    fileprivate let loss: SourceLoss?
    fileprivate let counters: StreamCounters
    fileprivate let tracks: SourceTracks.Standing
    fileprivate let writer: ProgramWriter.Standing
    fileprivate let meters: [TrackID: TrackMeter.Totals]
    fileprivate let clock: SourceClock
    package let source: SourceSnapshot
}

extension Program {
    /// Nil where the source is not the one on air, or its stream has not begun to flow.
    func standing(of id: SourceID) -> StreamStanding? {
        guard self.selection.onAir == id, let source = self.sources[id], source.rank == .main,
            let tracks = SourceTracks.Standing(self.tracks)
        else { return nil }
        return StreamStanding(
            sequence: self.writer.tape.position,
            sourceStart: self.marks.firstOfSource,
            monotonic: self.createdAt.monotonic,
            wall: self.createdAt.wall,
            loss: self.loss,
            counters: self.counters,
            tracks: tracks,
            writer: self.writer.standing,
            meters: self.meters.mapValues(\.totals),
            clock: source.clock,
            source: source.snapshot.withoutDurations
        )
    }

    /// Goes on with a source of a process that is dead: what it has sent since then comes again, and of that is written what is
    /// not on the tape.
    ///
    /// - Returns: false if that cannot be; nothing has changed then.
    mutating func resume(
        _ standing: StreamStanding,
        as id: SourceID,
        now: Now,
        onEvicted: @escaping @Sendable (_ sentence: String) -> Void
    ) -> Bool {
        var writer = self.writer
        guard self.selection.holder == nil, let tracks = standing.tracks.tracks, writer.resume(standing.writer),
            writer.tape.beginRepeating(from: standing.sequence, standing.tracks.carried),
            case .begin = self.selection.claim(id, now: now.monotonic, takeover: false)
        else { return false }
        self.writer = writer
        self.tracks = tracks
        self.createdAt = Now(monotonic: standing.monotonic, wall: standing.wall)
        self.restoredAt = nil
        self.loss = standing.loss
        self.counters = standing.counters
        self.meters = standing.meters.mapValues(TrackMeter.init(resuming:))
        self.marks.beginSource(at: standing.sourceStart)
        self.marks.note(now.monotonic)
        var snapshot = standing.source
        snapshot.lastHeard = Instant(now)
        (snapshot.pictureArriving, snapshot.soundArriving) = (nil, nil)
        self.sources[id] = Source(
            id: id,
            rank: .main,
            clock: standing.clock,
            snapshot: snapshot,
            onEvicted: onEvicted
        )
        return true
    }

    /// All that a source had sent to a process that is dead has come again. Where that is not what is on the tape, it goes on
    /// behind the tape with its next keyframe.
    ///
    /// - Returns: whether it is what is on the tape.
    mutating func endRepeating(of id: SourceID, now: Now) -> Bool {
        guard self.selection.holder == id, self.writer.endRepeating(now: now) else { return true }
        self.goOn(now: now)
        return false
    }
}
