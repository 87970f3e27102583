import Media
import NIOCore

/// One medium of a source: decides which synchronisation source is received, and has its packets put in order. What comes of
/// them then is ``RTPTrackMedia``'s.
struct RTPTrack: Sendable {
    let media: Int
    /// Nil for MPEG-TS.
    let id: TrackID?
    /// The synchronisation sources that the description names; empty if it names none.
    let expectedSources: [UInt32]
    let configuration: RTPReceiverConfiguration

    /// The source that is received.
    var source: RTPSource?
    /// Another source whose packets wait until it is clear that the first is gone.
    private(set) var candidate: RTPCandidate?
    /// The last sender report of a source that is not received yet.
    private var earlyReport: (report: RTCPSenderReport, now: Int64)?

    var output: RTPTrackMedia
    var counts: RTPTrackStatistics
    /// Bytes of payloads in a format that is known, each packet once.
    private var mediaBytes: UInt64 = 0
    /// Of the sources before.
    var past = RTPTrackStatistics(media: 0, encoding: "")

    /// The source may be replaced when it has been silent for so long, µs.
    private static let silence: Int64 = 500_000

    init(
        media: Int,
        id: TrackID?,
        _ encodings: [RTPEncoding],
        expectedSources: [UInt32],
        _ configuration: RTPReceiverConfiguration
    ) {
        self.media = media
        self.id = id
        self.expectedSources = expectedSources
        self.configuration = configuration
        self.output = RTPTrackMedia(media: media, id: id, encodings, onLoss: configuration.onLoss)
        self.counts = RTPTrackStatistics(media: media, track: id, encoding: "")
    }

    /// How far its media has come.
    struct Progress: Sendable {
        /// Of payloads.
        var bytes: UInt64
        /// Passed on.
        var accessUnits: UInt64
        /// Access units that came to their end and were not passed on.
        var unused: UInt64
    }

    var progress: Progress {
        Progress(bytes: self.mediaBytes, accessUnits: self.output.accessUnits, unused: self.output.unused)
    }

    mutating func countMalformed() { self.counts.malformed += 1 }

    // MARK: - Packets

    mutating func receive(
        _ packet: RTPPacket,
        _ clock: inout RTPSynchronizer,
        isOrdered: Bool,
        now: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        let arrival = RTPSequencer.Arrival(packet: packet, time: now)
        guard let encoding = self.output.encodings[packet.payloadType] else {
            self.counts.unexpectedTypes += 1
            // It has a number all the same, which the others must not wait for: comfort noise, retransmissions.
            if self.source?.id == packet.source { self.take(arrival, &clock, isOrdered: isOrdered, &events) }
            return
        }
        // A description may name the source of before its sender began anew: another one is received where none that is
        // named comes for a while.
        if self.source == nil, self.isExpected(packet.source) { self.begin(with: arrival, encoding, &clock) }
        guard self.source?.id == packet.source else {
            self.consider(arrival, &clock, isOrdered: isOrdered, &events)
            return
        }
        self.candidate = nil
        self.take(arrival, &clock, isOrdered: isOrdered, &events)
    }

    private func isExpected(_ source: UInt32) -> Bool {
        self.expectedSources.isEmpty || self.expectedSources.contains(source)
    }

    /// A packet of the source that is received.
    private mutating func take(
        _ arrival: RTPSequencer.Arrival,
        _ clock: inout RTPSynchronizer,
        isOrdered: Bool,
        _ events: inout [RTPReceiverEvent]
    ) {
        let packet = arrival.packet
        guard let verdict = self.source?.accept(packet, isOrdered: isOrdered, now: arrival.time) else { return }
        self.counts.bytes += UInt64(packet.payload.readableBytes)
        switch verdict {
        case .due:
            self.output.receive(arrival, missing: 0, &clock, &events)
        case .restart:
            self.counts.restarts += 1
        case .held:
            break
        case .duplicate, .late, .stray:
            return
        }
        if self.output.encodings[packet.payloadType] != nil {
            self.mediaBytes &+= UInt64(packet.payload.readableBytes)
        }
        self.drain(&clock, .wait(now: arrival.time), &events)
    }

    /// Passes on what need not wait any longer.
    mutating func drain(
        _ clock: inout RTPSynchronizer,
        _ gaps: RTPSequencer.Gaps,
        _ events: inout [RTPReceiverEvent]
    ) {
        while let delivery = self.source?.sequencer.next(gaps) {
            self.output.receive(delivery.arrival, missing: delivery.missing, &clock, &events)
        }
    }

    /// When ``drain(_:_:_:)`` next has something, µs.
    var deadline: Int64? { self.source?.sequencer.deadline }

    // MARK: - Sources

    /// A source's first packet makes it the one that is received.
    private mutating func begin(
        with first: RTPSequencer.Arrival,
        _ encoding: RTPEncoding,
        _ clock: inout RTPSynchronizer
    ) {
        self.source = RTPSource(
            first: first.packet,
            rate: encoding.clockRate,
            marksEnds: self.id?.kind == .video,
            now: first.time,
            wait: self.configuration.reorderTime,
            count: self.configuration.reorderPackets
        )
        guard let early = self.earlyReport, early.report.source == first.packet.source else { return }
        self.earlyReport = nil
        self.note(early.report, &clock, early.now)
    }

    /// A packet of another source: it takes over when the first is silent while it goes on. Its packets are kept until
    /// then, so that its first picture is not lost.
    private mutating func consider(
        _ arrival: RTPSequencer.Arrival,
        _ clock: inout RTPSynchronizer,
        isOrdered: Bool,
        _ events: inout [RTPReceiverEvent]
    ) {
        var candidate = self.candidate.take() ?? RTPCandidate(source: arrival.packet.source, since: arrival.time)
        if candidate.source != arrival.packet.source {
            self.counts.foreign += UInt64(candidate.count)
            candidate = RTPCandidate(source: arrival.packet.source, since: arrival.time)
        }
        self.counts.foreign += UInt64(candidate.append(arrival.packet, arrival.time))
        if self.mayTakeOver(candidate, now: arrival.time) {
            self.takeOver(candidate, &clock, isOrdered: isOrdered, &events)
        } else {
            self.candidate = candidate
        }
    }

    /// One that has said goodbye need not be silent first.
    private func mayTakeOver(_ candidate: RTPCandidate, now: Int64) -> Bool {
        if self.hasLeft { return true }
        let silentSince = self.source?.latest ?? candidate.since
        return candidate.isConsistent && now &- silentSince >= Self.silence
    }

    private mutating func takeOver(
        _ candidate: RTPCandidate,
        _ clock: inout RTPSynchronizer,
        isOrdered: Bool,
        _ events: inout [RTPReceiverEvent]
    ) {
        if self.source != nil { self.counts.sourceChanges += 1 }
        self.abandon(&clock, &events)
        for arrival in candidate.packets {
            guard let encoding = self.output.encodings[arrival.packet.payloadType] else { continue }
            if self.source == nil { self.begin(with: arrival, encoding, &clock) }
            self.take(arrival, &clock, isOrdered: isOrdered, &events)
        }
    }

    /// Ends the present source; the next packet begins another.
    private mutating func abandon(_ clock: inout RTPSynchronizer, _ events: inout [RTPReceiverEvent]) {
        self.drain(&clock, .giveUp, &events)
        if let source = self.source { self.past.add(source) }
        self.source = nil
        self.output.endSource(&clock, &events)
        clock.restart(self.media)
    }

    /// Whether the source that is received has ended with it.
    mutating func leave(_ sources: [UInt32]) -> Bool {
        guard let source = self.source, sources.contains(source.id) else { return false }
        self.source?.hasLeft = true
        return true
    }

    /// The source that is received has said goodbye, and no other has followed.
    var hasLeft: Bool { self.source?.hasLeft ?? false }

    // MARK: - Reports

    /// A sender's report; `lead` is how much its clock is ahead of ours.
    mutating func receive(_ report: RTCPSenderReport, _ clock: inout RTPSynchronizer, now: Int64, lead: Int64?) {
        self.counts.senderReports += 1
        guard report.source == self.source?.id else {
            let hasNamed = self.earlyReport.map { self.isExpected($0.report.source) } ?? false
            if self.isExpected(report.source) || !hasNamed { self.earlyReport = (report, now) }
            return
        }
        if report.time.isKnown { self.counts.senderClockLead = lead }
        self.note(report, &clock, now)
    }

    private mutating func note(_ report: RTCPSenderReport, _ clock: inout RTPSynchronizer, _ now: Int64) {
        self.source?.note(report, now: now)
        clock.report(report.time, report.timestamp, of: self.media, now: now)
    }

    mutating func block(now: Int64) -> RTCPReportBlock? { self.source?.block(now: now) }

    var statistics: RTPTrackStatistics {
        var statistics = self.counts
        var all = self.past
        if let source = self.source {
            all.add(source)
            statistics.jitter = source.jitterMicroseconds
        }
        statistics.packets = all.packets
        statistics.lost = all.lost
        statistics.reordered = all.reordered
        statistics.duplicates = all.duplicates
        statistics.late = all.late
        self.output.describe(in: &statistics)
        return statistics
    }
}

extension RTPTrackStatistics {
    fileprivate mutating func add(_ source: RTPSource) {
        self.packets += source.sequencer.total
        self.lost += source.sequencer.lost
        self.reordered += source.sequencer.reordered
        self.duplicates += source.sequencer.duplicates
        self.late += source.sequencer.late
    }
}
