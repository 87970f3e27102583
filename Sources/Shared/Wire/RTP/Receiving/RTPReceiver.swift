package import Media
package import NIOCore

/// Receives one source by RTP, all its tracks: puts packets in order, makes access units of them, and puts those on one
/// clock. It knows no socket: bytes in, events out. `now` is monotonic time and `wall` the time of day, both µs.
package struct RTPReceiver: Sendable {
    let configuration: RTPReceiverConfiguration

    /// Which track an `m=` line is, if any.
    private let places: [Int?]
    var tracks: [RTPTrack]
    var clock: RTPSynchronizer

    /// What came of access units that went into no event, or not yet, since this was last taken.
    package var arrival = MediaArrival()

    var nextReport: Int64?
    var random: UInt64
    var hasSaidGoodbye = false

    /// - Throws: ``RTPError/nothingToReceive`` if no medium is RTP in a format that is known.
    package init(_ description: SessionDescription, configuration: RTPReceiverConfiguration) throws(RTPError) {
        self.configuration = configuration
        self.random = UInt64(configuration.source)
        var numbers: [TrackKind: UInt8] = [:]
        var tracks: [RTPTrack] = []
        var places: [Int?] = []
        for (media, medium) in description.media.enumerated() {
            let encodings = medium.isRTP && !medium.isEncrypted ? medium.encodings.filter { $0.content != nil } : []
            // All of a line are of one kind: what is in it beside the first is another form of the same.
            guard tracks.count < RTPLimits.tracks, let content = encodings.first?.content else {
                places.append(nil)
                continue
            }
            var id: TrackID?
            if case .track(let kind) = content {
                id = TrackID(kind, numbers[kind, default: 0])
                numbers[kind, default: 0] += 1
            }
            places.append(tracks.count)
            tracks.append(
                RTPTrack(
                    media: media,
                    id: id,
                    encodings.filter { $0.content == content },
                    expectedSources: medium.sources,
                    configuration
                )
            )
        }
        guard !tracks.isEmpty else { throw .nothingToReceive }
        self.places = places
        self.tracks = tracks
        self.clock = RTPSynchronizer(
            description.media.enumerated().map { media, medium in
                let encoding = medium.encodings.first { $0.content != nil }
                return (encoding?.clockRate ?? 90_000, encoding?.content == .track(.audio))
            }
        )
    }

    /// The media that are received, as the numbers of their `m=` lines, and the tracks they are.
    package var media: [(media: Int, track: TrackID?)] { self.tracks.map { ($0.media, $0.id) } }

    /// One RTP packet as it came; RTCP is told apart where both share a port.
    ///
    /// - Parameters:
    ///   - bytes: the packet.
    ///   - media: which `m=` line it is of.
    ///   - isOrdered: whether the transport keeps the order of packets, as a connection does. Then none is late.
    ///   - now: µs, monotonic.
    /// - Returns: what comes of it.
    package mutating func receiveRTP(
        _ bytes: ByteBuffer,
        media: Int,
        isOrdered: Bool = false,
        now: Int64
    ) -> [RTPReceiverEvent] {
        guard let place = self.place(media) else { return [] }
        if RTPPacket.isControl(bytes) { return self.receiveControl(bytes, media, now, wall: nil) }
        var events: [RTPReceiverEvent] = []
        do throws(RTPError) {
            let packet = try RTPPacket(bytes)
            let before = self.tracks[place].progress
            self.tracks[place].receive(packet, &self.clock, isOrdered: isOrdered, now: now, &events)
            self.note(self.tracks[place].progress, after: before, of: self.tracks[place].id)
        } catch {
            self.tracks[place].countMalformed()
        }
        if self.nextReport == nil { self.nextReport = now &+ self.interval() / 2 }
        if !events.isEmpty { self.hasSaidGoodbye = false }
        return events
    }

    /// Notes what a packet added to the access unit that is under way, or that it ended one of which nothing is used.
    private mutating func note(_ progress: RTPTrack.Progress, after before: RTPTrack.Progress, of id: TrackID?) {
        guard let id else { return }
        if progress.unused != before.unused { self.arrival.unused = true }
        if progress.accessUnits != before.accessUnits || progress.unused != before.unused {
            self.arrival[id.kind] = false
        } else if progress.bytes != before.bytes {
            self.arrival[id.kind] = true
        }
    }

    /// One compound RTCP packet as it came.
    package mutating func receiveRTCP(_ bytes: ByteBuffer, media: Int, now: Int64, wall: Int64) -> [RTPReceiverEvent] {
        self.receiveControl(bytes, media, now, wall: wall)
    }

    private mutating func receiveControl(
        _ bytes: ByteBuffer,
        _ media: Int,
        _ now: Int64,
        wall: Int64?
    ) -> [RTPReceiverEvent] {
        guard let place = self.place(media) else { return [] }
        let (packets, isWellFormed) = RTCPPacket.read(bytes)
        if !isWellFormed { self.tracks[place].countMalformed() }
        var events: [RTPReceiverEvent] = []
        for packet in packets {
            switch packet {
            case .senderReport(let report):
                let lead = wall.map { report.time.microseconds &- $0 }
                self.tracks[place].receive(report, &self.clock, now: now, lead: lead)
            case .goodbye(let sources):
                guard self.tracks[place].leave(sources), !self.hasSaidGoodbye,
                    self.tracks.allSatisfy({ $0.source == nil || $0.hasLeft })
                else { continue }
                self.hasSaidGoodbye = true
                self.drain(.giveUp, &events)
                events.append(.goodbye)
            case .receiverReport, .sourceDescription, .other:
                break
            }
        }
        return events
    }

    /// Gives up gaps that have been waited for long enough.
    package mutating func tick(now: Int64) -> [RTPReceiverEvent] {
        var events: [RTPReceiverEvent] = []
        self.drain(.wait(now: now), &events)
        return events
    }

    private mutating func drain(_ gaps: RTPSequencer.Gaps, _ events: inout [RTPReceiverEvent]) {
        for place in self.tracks.indices { self.tracks[place].drain(&self.clock, gaps, &events) }
    }

    /// The reports that are due: one for each medium that is received.
    package mutating func reports(now: Int64, wall: Int64) -> [RTPReport] {
        guard let due = self.nextReport, now >= due else { return [] }
        self.nextReport = now &+ self.interval()
        var reports: [RTPReport] = []
        for place in self.tracks.indices where !self.tracks[place].hasLeft {
            guard let block = self.tracks[place].block(now: now) else { continue }
            var bytes = ByteBuffer()
            RTCPPacket.receiverReport(source: self.configuration.source, [block]).write(into: &bytes)
            RTCPPacket.sourceDescription([
                RTCPSourceName(
                    source: self.configuration.source,
                    canonicalName: self.configuration.canonicalName
                )
            ]).write(into: &bytes)
            reports.append(RTPReport(media: self.tracks[place].media, bytes: bytes))
        }
        return reports
    }

    /// When ``tick(now:)`` or ``reports(now:wall:)`` next have something, µs; nil before the first packet.
    package var deadline: Int64? {
        var deadline = self.nextReport
        for track in self.tracks {
            guard let gap = track.deadline else { continue }
            deadline = min(deadline ?? gap, gap)
        }
        return deadline
    }

    package var statistics: [RTPTrackStatistics] { self.tracks.map(\.statistics) }

    /// Sender reports not used, because no packet agrees with their clock or tracks have one each.
    package var doubtfulReports: UInt64 { self.clock.doubtfulReports }

    private func place(_ media: Int) -> Int? {
        self.places.indices.contains(media) ? self.places[media] : nil
    }

    /// Half to one and a half of the interval: RFC 3550 section 6.3.1.
    private mutating func interval() -> Int64 {
        self.random = self.random &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        let interval = max(2, self.configuration.reportInterval)
        return interval / 2 + Int64(self.random >> 33) % interval
    }
}
