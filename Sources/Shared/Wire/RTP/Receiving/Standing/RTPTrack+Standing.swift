import Media

extension RTPTrackMedia {
    /// Where a track's access units stand, written down for the process that goes on with them.
    struct Standing: Sendable, Codable {
        fileprivate struct Format: Sendable, Codable {
            var payloadType: UInt8
            var depacketizer: RTPDepacketizerStanding?
            var decodeOrder: DecodeOrder
            var accessUnitClock: AccessUnitClock?
        }

        /// Nil before the first packet.
        fileprivate var format: Format?
        fileprivate var isHolding: Bool
        fileprivate var accessUnits: UInt64
        fileprivate var damaged: UInt64
        fileprivate var malformed: UInt64
        fileprivate var unconfigured: UInt64
        fileprivate var held: UInt64

        fileprivate var isPlausible: Bool {
            self.format?.decodeOrder.isPlausible ?? true
                && [self.accessUnits, self.damaged, self.malformed, self.unconfigured, self.held]
                    .allSatisfy { $0 < RTPLimits.counted }
        }
    }

    /// Nil in the midst of an access unit.
    var standing: Standing? {
        var written: Standing.Format?
        if let format = self.format {
            let depacketizer = format.depacketizer?.standing
            guard (depacketizer == nil) == (format.depacketizer == nil) else { return nil }
            written = Standing.Format(
                payloadType: format.encoding.payloadType,
                depacketizer: depacketizer,
                decodeOrder: format.decodeOrder,
                accessUnitClock: format.accessUnitClock
            )
        }
        return Standing(
            format: written,
            isHolding: self.isHolding,
            accessUnits: self.accessUnits,
            damaged: self.damaged,
            malformed: self.malformed,
            unconfigured: self.unconfigured,
            held: self.held
        )
    }

    /// Goes on where another of the same description stood.
    ///
    /// - Returns: false if none can have stood there.
    fileprivate mutating func resume(_ standing: Standing) -> Bool {
        guard standing.isPlausible else { return false }
        if let written = standing.format {
            guard let encoding = self.encodings[written.payloadType] else { return false }
            var format = Format(encoding)
            if let depacketizer = written.depacketizer { format.depacketizer?.resume(depacketizer) }
            format.decodeOrder = written.decodeOrder
            format.accessUnitClock = written.accessUnitClock
            self.format = format
        }
        self.isHolding = standing.isHolding
        self.accessUnits = standing.accessUnits
        self.damaged = standing.damaged
        self.malformed = standing.malformed
        self.unconfigured = standing.unconfigured
        self.held = standing.held
        return true
    }
}

extension RTPTrack {
    /// Where a track stands, written down for the process that goes on with it.
    struct Standing: Sendable, Codable {
        fileprivate var source: RTPSource.Standing?
        fileprivate var output: RTPTrackMedia.Standing
        fileprivate var counts: RTPTrackStatistics
        fileprivate var past: RTPTrackStatistics

        fileprivate var isPlausible: Bool {
            [self.counts, self.past].allSatisfy { counts in
                [
                    counts.packets, counts.bytes, counts.lost, counts.reordered, counts.duplicates, counts.late,
                    counts.sourceChanges, counts.restarts, counts.foreign, counts.unexpectedTypes, counts.malformed,
                    counts.senderReports,
                ].allSatisfy { $0 < RTPLimits.counted }
            }
        }
    }

    /// Nil while something waits for the packet behind it.
    var standing: Standing? {
        let source = self.source?.standing
        guard (source == nil) == (self.source == nil), self.candidate == nil, let output = self.output.standing
        else { return nil }
        return Standing(source: source, output: output, counts: self.counts, past: self.past)
    }

    /// Goes on where another of the same description stood.
    ///
    /// - Returns: false if none can have stood there.
    mutating func resume(_ standing: Standing) -> Bool {
        guard standing.isPlausible, self.output.resume(standing.output) else { return false }
        if let written = standing.source {
            guard
                let source = RTPSource(
                    resuming: written,
                    wait: self.configuration.reorderTime,
                    count: self.configuration.reorderPackets
                )
            else { return false }
            self.source = source
        }
        // Which track it is, the description says.
        let (media, track) = (self.counts.media, self.counts.track)
        self.counts = standing.counts
        (self.counts.media, self.counts.track) = (media, track)
        self.past = standing.past
        return true
    }
}
