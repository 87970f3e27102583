package import Linux
package import Media
internal import NIOCore

/// The stream itself, independent of any wire format: its events in order, for readers at their own pace.
///
/// Self-describing: a join is preceded by the configurations of all tracks, so a reader (or a successor process) that
/// begins at one needs nothing from before it.
///
/// Threads: ``append(_:join:segment:)`` and ``forgetConfigurations()`` are called by one writer at a time; everything
/// else from anywhere.
@safe
package final class PacketTape: @unchecked Sendable {
    // @unchecked: `configurations` and `newestTime` belong to the writer, whose caller serialises; the ring has its own protocol.
    private static let kind: UInt64 = 1

    let ring: Ring
    let warming = Warming()
    /// Nil for a tape of one size.
    let growth: TapeGrowth?
    private var configurations: [TrackID: CodecConfiguration] = [:]
    private var newestTime: Int64 = 0
    /// What is appended is on the tape already, from this sequence on, and is compared with that; nil: it is new.
    private var repeated: UInt64?
    /// What was appended again is not what is on the tape. Nothing more is taken until other configurations begin.
    package private(set) var hasDiverged = false

    /// A tape of at least `capacity` bytes of payload and overhead that keeps at least `records` events.
    package init(name: String, capacity: Int, records: Int) throws(TapeError) {
        self.ring = try Ring.make(name: name, kind: Self.kind, capacity: capacity, records: records)
        self.growth = nil
    }

    /// A tape without memory that takes some with its first record, and grows to hold `span` µs of media.
    package init(name: String, retention: TapeRetention, span: Int64, records: Int) throws(TapeError) {
        self.ring = try Ring.make(
            name: name,
            kind: Self.kind,
            capacity: retention.ringSize,
            records: records,
            isEmpty: true
        )
        self.growth = TapeGrowth(retention, span: span, entries: self.ring.entryCount)
    }

    private init(_ ring: consuming Ring, _ growth: TapeGrowth, _ resumption: TapeResumption) {
        self.ring = ring
        self.growth = growth
        self.configurations = resumption.configurations
        self.newestTime = resumption.newest?.microseconds ?? 0
    }

    /// The tape of a writer that is dead, to be written on.
    ///
    /// - Returns: the tape, and what is known of the stream from it.
    package static func attach(
        _ file: consuming OwnedDescriptor,
        retention: TapeRetention,
        span: Int64
    ) throws(TapeError) -> (PacketTape, TapeResumption) {
        let ring = try Ring.attach(file, kind: Self.kind)
        guard ring.size >= UInt64(retention.ringSize) else { throw .layoutUnknown }
        let resumption = try TapeResumption(of: ring)
        let growth = TapeGrowth(retention, span: span, entries: ring.entryCount)
        growth.resume(ring)
        return (PacketTape(ring, growth, resumption), resumption)
    }

    /// The largest payload that is taken, bytes.
    package var payloadLimit: Int { self.ring.recordLimit - PacketRecord.headerSize - PacketRecord.segmentSize }

    /// Appends one event; never waits.
    ///
    /// With `join` the newest configuration of every track is written again before it, marked as repeated.
    package func append(_ event: MediaEvent, join: Bool, segment: SegmentMark? = nil) throws(TapeError) {
        let record = PacketRecord(event: event, isJoin: join, isRepeat: false, segment: segment)
        guard record.size <= self.ring.recordLimit else {
            throw .recordTooLarge(record.size, limit: self.ring.recordLimit)
        }
        if case .configuration(let track, let configuration) = event {
            self.configurations[track] = configuration
        }
        // Configurations belong to the time of the packets about them.
        if record.time != 0 { self.newestTime = record.time }
        guard !self.hasDiverged else { throw .diverged }
        let start = self.position
        if join {
            for (track, configuration) in self.configurations.sorted(by: { $0.key < $1.key }) {
                let event = MediaEvent.configuration(track, configuration)
                let isFirst = self.position == start
                try self.write(
                    PacketRecord(event: event, isJoin: false, isRepeat: true),
                    flags: isFirst ? .join : []
                )
            }
        }
        let isFirst = self.position == start
        try self.write(record, flags: join && isFirst ? .join : [])
        // Appended again, it may be older than the newest.
        if join, self.ring.newestJoinWord.loadRelaxed() < start + 1 {
            // Last, so that who sees it finds the whole join on the tape.
            self.ring.newestJoinWord.store(start + 1)
        }
    }

    /// Ends the repetition of what earlier publishers' tracks were coded as; the next publisher's configurations follow.
    package func forgetConfigurations() {
        self.configurations = [:]
        self.repeated = nil
        self.hasDiverged = false
    }

    /// Ends the repetition of one track's configuration: the stream goes on without it.
    package func forgetConfiguration(of track: TrackID) {
        self.configurations[track] = nil
    }

    /// What is appended from now on has been appended before, from that sequence on, by a writer that is dead: what of it is on
    /// the tape is not written again.
    ///
    /// - Parameters:
    ///   - sequence: of the first event that is appended again.
    ///   - configurations: of all tracks at that point.
    /// - Returns: false if the tape has not come so far.
    package func beginRepeating(from sequence: UInt64, _ configurations: [TrackID: CodecConfiguration]) -> Bool {
        guard sequence <= self.nextSequence else { return false }
        self.configurations = configurations
        self.repeated = sequence
        return true
    }

    /// Whether there is more on the tape than was appended again, or something else.
    package var isAhead: Bool {
        self.hasDiverged || self.repeated.map { $0 < self.ring.nextSequenceWord.loadRelaxed() } ?? false
    }

    /// What is appended from now on is new, and comes behind all that is on the tape.
    ///
    /// - Returns: what that is.
    package func endRepeating() throws(TapeError) -> TapeResumption {
        self.repeated = nil
        self.hasDiverged = false
        return try TapeResumption(of: self.ring)
    }

    /// The sequence of what is appended next, whether it is on the tape already or not. For the writer.
    package var position: UInt64 { self.repeated ?? self.ring.nextSequenceWord.loadRelaxed() }

    /// Whether the record is on the tape already.
    private func isRepetition(_ record: PacketRecord) throws(TapeError) -> Bool {
        guard let sequence = self.repeated else { return false }
        guard sequence < self.ring.nextSequenceWord.loadRelaxed() else {
            self.repeated = nil
            return false
        }
        self.repeated = sequence + 1
        // What the tape has let go of by now cannot be compared.
        guard sequence >= self.ring.tailSequenceWord.load() else { return true }
        var cursor = self.cursor(at: sequence)
        guard case .entry(let entry) = cursor.next(), entry.event.isRepetition(of: record.event) else {
            self.hasDiverged = true
            throw .diverged
        }
        return true
    }

    private func write(_ record: PacketRecord, flags: RingEntry.Flags) throws(TapeError) {
        if try self.isRepetition(record) { return }
        let time = record.time == 0 ? self.newestTime : record.time
        try self.growth?.prepare(self.ring, for: record.size, at: time)
        try unsafe self.ring.append(length: record.size, time: time, flags: flags) { bytes in
            unsafe record.write(to: bytes)
        }
        self.growth?.releaseBehindTail(self.ring)
    }
}

extension MediaEvent {
    /// Whether it is the same event, as far as what is cheap to compare tells.
    fileprivate func isRepetition(of other: MediaEvent) -> Bool {
        switch (self, other) {
        case (.configuration(let track, let mine), .configuration(let otherTrack, let theirs)):
            track == otherTrack && mine.codec == theirs.codec && mine.record == theirs.record
        case (.packet(let mine), .packet(let theirs)):
            mine.track == theirs.track && mine.dts == theirs.dts && mine.pts == theirs.pts
                && mine.payload.readableBytes == theirs.payload.readableBytes
        case (.configuration, .packet), (.packet, .configuration): false
        }
    }
}
