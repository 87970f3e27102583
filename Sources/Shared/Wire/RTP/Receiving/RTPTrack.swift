import Media
import NIOCore

/// One medium of a source: its packets in order, and what comes of them.
struct RTPTrack: Sendable {
    let media: Int
    /// Nil for MPEG-TS.
    let id: TrackID?
    /// Those that are known, by payload type.
    let encodings: [UInt8: RTPEncoding]
    /// The synchronisation sources that the description names; empty if it names none.
    let expectedSources: [UInt32]
    private let configuration: RTPReceiverConfiguration

    private(set) var source: RTPSource?
    /// Another source whose packets wait until it is clear that the first is gone.
    private var candidate: RTPCandidate?
    /// The last sender report of a source that is not received yet.
    private var earlyReport: (report: RTCPSenderReport, now: Int64)?

    private var payloadType: UInt8?
    private var depacketizer: (any RTPDepacketizer)?
    private var decodeOrder = DecodeOrder()
    /// Of pictures that share the timestamp of the one before; nil for sound.
    private var accessUnitClock: AccessUnitClock?
    private var output = RTPDepacketizerOutput()
    private var isHolding: Bool
    private var counts: RTPTrackStatistics
    /// Of the sources before.
    private var past = RTPTrackStatistics(media: 0, encoding: "")
    private(set) var hasLeft = false

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
        self.encodings = Dictionary(encodings.map { ($0.payloadType, $0) }) { first, _ in first }
        self.expectedSources = expectedSources
        self.configuration = configuration
        self.isHolding = id?.kind == .video && configuration.onLoss == .hold
        self.counts = RTPTrackStatistics(media: media, track: id, encoding: encodings.first?.name ?? "")
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
        guard let encoding = self.encodings[packet.payloadType] else {
            self.counts.unexpectedTypes += 1
            // It has a number all the same, which the others must not wait for: comfort noise, retransmissions.
            if self.source?.id == packet.source { self.take(packet, &clock, isOrdered, now, &events) }
            return
        }
        // A description may name the source of before its sender began anew: another one is received where none that is
        // named comes for a while.
        if self.source == nil, self.isExpected(packet.source) { self.begin(packet, encoding, &clock, now) }
        guard self.source?.id == packet.source else {
            self.consider(packet, &clock, isOrdered, now, &events)
            return
        }
        self.candidate = nil
        self.take(packet, &clock, isOrdered, now, &events)
    }

    private func isExpected(_ source: UInt32) -> Bool {
        self.expectedSources.isEmpty || self.expectedSources.contains(source)
    }

    private mutating func take(
        _ packet: RTPPacket,
        _ clock: inout RTPSynchronizer,
        _ isOrdered: Bool,
        _ now: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        guard let verdict = self.source?.accept(packet, isOrdered: isOrdered, now: now) else { return }
        self.counts.bytes += UInt64(packet.payload.readableBytes)
        switch verdict {
        case .due:
            self.deliver(packet, missing: 0, &clock, now, &events)
        case .restart:
            self.counts.restarts += 1
        case .held:
            break
        case .duplicate, .late, .stray:
            return
        }
        self.drain(&clock, .wait(now: now), &events)
    }

    /// Passes on what need not wait any longer.
    mutating func drain(
        _ clock: inout RTPSynchronizer,
        _ gaps: RTPSequencer.Gaps,
        _ events: inout [RTPReceiverEvent]
    ) {
        while let delivery = self.source?.sequencer.next(gaps) {
            self.deliver(
                delivery.arrival.packet,
                missing: delivery.missing,
                &clock,
                delivery.arrival.time,
                &events
            )
        }
    }

    /// When ``drain(_:_:_:)`` next has something, µs.
    var deadline: Int64? { self.source?.sequencer.deadline }

    private mutating func deliver(
        _ packet: RTPPacket,
        missing: Int,
        _ clock: inout RTPSynchronizer,
        _ arrival: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        if missing > 0 { self.lose() }
        guard self.encodings[packet.payloadType] != nil else { return }
        if packet.payloadType != self.payloadType { self.change(to: packet.payloadType, &clock, &events) }
        clock.note(packet.timestamp, of: self.media, now: arrival)
        self.depacketizer?.receive(packet, into: &self.output)
        if !self.output.isEmpty { self.emit(&clock, arrival, &events) }
    }

    private mutating func lose() {
        self.depacketizer?.lose(into: &self.output)
        self.hold()
    }

    private mutating func hold() {
        if self.id?.kind == .video, self.configuration.onLoss == .hold { self.isHolding = true }
    }

    private mutating func change(
        to payloadType: UInt8,
        _ clock: inout RTPSynchronizer,
        _ events: inout [RTPReceiverEvent]
    ) {
        let before = self.payloadType.flatMap { self.encodings[$0] }
        self.payloadType = payloadType
        guard let encoding = self.encodings[payloadType] else { return }
        if let before {
            if before.clockRate != encoding.clockRate { clock.restart(self.media, rate: encoding.clockRate) }
            self.hold()
        }
        self.counts.encoding = encoding.name
        self.decodeOrder = DecodeOrder()
        self.accessUnitClock = nil
        let depacketizer = encoding.depacketizer()
        self.depacketizer = depacketizer
        if let id = self.id, let configuration = depacketizer?.configuration {
            self.learn(configuration)
            events.append(.source(.configuration(id, configuration)))
        }
    }

    // MARK: - Access units

    private mutating func emit(_ clock: inout RTPSynchronizer, _ arrival: Int64, _ events: inout [RTPReceiverEvent]) {
        self.counts.damaged += UInt64(self.output.damaged)
        self.counts.malformed += UInt64(self.output.malformed + self.output.leftovers)
        if self.output.malformed > 0 { self.tellOmission(&events) }
        self.counts.unconfigured += UInt64(self.output.unconfigured)
        if self.output.damaged + self.output.malformed + self.output.unconfigured > 0 { self.hold() }
        if self.output.hasTransportGap { events.append(.transportStreamGap) }
        for bytes in self.output.transport { events.append(.transportStream(bytes)) }
        for unit in self.output.units { self.emit(unit, &clock, arrival, &events) }
        self.output.clear()
    }

    private func tellOmission(_ events: inout [RTPReceiverEvent]) {
        guard let id = self.id, let codec = self.depacketizer?.configuration?.codec else { return }
        let omission = MediaOmission(
            id.kind == .video ? .video : .audio,
            codec: codec.name,
            reason: .malformed,
            sentence: "Some RTP packets of \(codec.name) cannot be read, and the frames that they belong to are left "
                + "out: update the sender, or set it to another packetization."
        )
        events.append(.source(.omission(omission)))
    }

    private mutating func emit(
        _ unit: RTPAccessUnit,
        _ clock: inout RTPSynchronizer,
        _ arrival: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        guard let id = self.id else { return }
        if let configuration = unit.configuration {
            self.learn(configuration)
            events.append(.source(.configuration(id, configuration)))
        }
        if self.isHolding {
            guard unit.isKeyframe else {
                self.counts.held += 1
                return
            }
            self.isHolding = false
        }
        self.counts.accessUnits += 1
        guard let shown = self.time(of: unit, &clock, arrival) else { return }
        // Sound is heard as it comes: a time that goes back is no other order.
        let decoded = id.kind == .video ? self.decodeOrder.time(of: shown) : shown
        events.append(
            .source(
                .packet(
                    SourcePacket(
                        track: id,
                        timestamp: decoded,
                        compositionOffset: shown &- decoded,
                        isKeyframe: unit.isKeyframe,
                        payload: unit.payload
                    )
                )
            )
        )
    }

    /// When an access unit is shown, µs: by its timestamp, or as its picture follows the others.
    private mutating func time(of unit: RTPAccessUnit, _ clock: inout RTPSynchronizer, _ arrival: Int64) -> Int64? {
        guard let timestamp = unit.timestamp else { return self.accessUnitClock?.next(unit.order)?.shown }
        let shown = clock.place(timestamp, of: self.media, now: arrival)
        self.accessUnitClock?.note(decoded: shown, shown: shown, unit.order)
        return shown
    }

    private mutating func learn(_ configuration: CodecConfiguration) {
        if configuration.codec.kind == .video {
            var clock = self.accessUnitClock ?? AccessUnitClock(configuration.codec)
            clock.begin(configuration)
            self.accessUnitClock = clock
        }
        self.decodeOrder.begin(
            depth: configuration.reorderDepth,
            interval: configuration.frameRate.map { Int64(1_000_000 / $0) }
        )
    }

    // MARK: - Sources

    private mutating func begin(
        _ packet: RTPPacket,
        _ encoding: RTPEncoding,
        _ clock: inout RTPSynchronizer,
        _ now: Int64
    ) {
        self.source = RTPSource(
            first: packet,
            rate: encoding.clockRate,
            marksEnds: self.id?.kind == .video,
            now: now,
            wait: self.configuration.reorderTime,
            count: self.configuration.reorderPackets
        )
        self.hasLeft = false
        guard let early = self.earlyReport, early.report.source == packet.source else { return }
        self.earlyReport = nil
        self.note(early.report, &clock, early.now)
    }

    /// A packet of another source: it takes over when the first is silent while it goes on. Its packets are kept until
    /// then, so that its first picture is not lost.
    private mutating func consider(
        _ packet: RTPPacket,
        _ clock: inout RTPSynchronizer,
        _ isOrdered: Bool,
        _ now: Int64,
        _ events: inout [RTPReceiverEvent]
    ) {
        if self.candidate?.source != packet.source {
            self.counts.foreign += UInt64(self.candidate?.count ?? 0)
            self.candidate = RTPCandidate(source: packet.source, since: now)
        }
        self.counts.foreign += UInt64(self.candidate?.append(packet, now) ?? 0)
        guard let candidate = self.candidate, candidate.isConsistent || self.hasLeft else { return }
        let silentSince = self.source?.latest ?? candidate.since
        guard now &- silentSince >= Self.silence || self.hasLeft else { return }
        self.candidate = nil
        if self.source != nil { self.counts.sourceChanges += 1 }
        self.abandon(&clock, &events)
        for arrival in candidate.packets {
            guard let encoding = self.encodings[arrival.packet.payloadType] else { continue }
            if self.source == nil { self.begin(arrival.packet, encoding, &clock, arrival.time) }
            self.take(arrival.packet, &clock, isOrdered, arrival.time, &events)
        }
    }

    /// Ends the present source; the next packet begins another.
    private mutating func abandon(_ clock: inout RTPSynchronizer, _ events: inout [RTPReceiverEvent]) {
        self.drain(&clock, .giveUp, &events)
        if let source = self.source { self.past.add(source) }
        self.source = nil
        self.lose()
        if !self.output.isEmpty { self.emit(&clock, 0, &events) }
        clock.restart(self.media)
    }

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

    /// Whether the source received has ended with it.
    mutating func leave(_ sources: [UInt32]) -> Bool {
        guard let source = self.source, sources.contains(source.id) else { return false }
        self.hasLeft = true
        return true
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
        statistics.isHolding = self.isHolding
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
