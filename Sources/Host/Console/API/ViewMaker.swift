import Contract
import Health

/// Turns what is true of the host into what the API says.
struct ViewMaker {
    let host: HostSnapshot
    let judgements: Judgements

    func hostView() -> HostView {
        let readiness = ProbeAnswer.readiness(self.host)
        let configuration = self.host.configuration
        return HostView(
            version: self.host.version,
            pid: Int(self.host.processID),
            now: self.date(self.host.clock.now),
            startedAt: self.date(self.host.startedAt),
            isolation: self.host.isolation.rawValue,
            ready: readiness.isGood,
            sentence: readiness.sentence,
            draining: self.host.isDraining,
            listeners: (self.host.listeners + self.host.admin).map {
                .init(name: $0.name, address: $0.address?.description)
            },
            frontDoor: HostView.FrontDoor(
                open: self.host.door.open,
                waiting: self.host.door.waitingCount,
                handedOver: self.host.door.handedOverCount,
                refusals: Self.counts(self.host.door.refusals)
            ),
            configuration: HostView.ConfigurationView(
                appliedAt: configuration.appliedAt.map(self.date),
                reloads: configuration.reloads,
                refusedReloads: configuration.refusedReloads,
                problem: configuration.problem,
                deferred: configuration.deferred
            ),
            process: self.process,
            certificate: CertificateHealth(self.host).map { certificate in
                HostView.Certificate(
                    expiresAt: AnswerForm.date(unix: Double(certificate.expires)),
                    state: certificate.state.rawValue,
                    sentence: certificate.sentence
                )
            },
            usage: self.host.usage.map(Self.usage),
            history: self.host.history.flatMap { history in
                guard history.isOn else { return nil }
                return HostView.Recording(
                    written: history.written,
                    dropped: history.dropped,
                    waiting: history.waiting,
                    size: history.size,
                    trouble: history.trouble
                )
            },
            alerts: self.host.alerts.map(Self.alerts),
            relays: self.host.relays.map(self.relay)
        )
    }

    private var process: HostView.Process {
        let verdict = self.judgements.process(of: self.host)
        return HostView.Process(
            state: verdict.state.rawValue,
            since: self.date(verdict.since),
            sentence: verdict.faults.first?.detail ?? verdict.sentence,
            japanese: verdict.japanese,
            faults: verdict.faults.map { finding in
                HostView.Process.Fault(
                    fault: finding.fault.rawValue,
                    since: self.date(finding.since),
                    sentence: finding.detail,
                    japanese: finding.japanese
                )
            }
        )
    }

    private static func alerts(_ alerts: AlertsSnapshot) -> HostView.AlertsView {
        HostView.AlertsView(
            firing: alerts.firing,
            receivers: alerts.receivers.map { receiver in
                HostView.AlertsView.Receiver(
                    name: receiver.name,
                    kind: receiver.kind,
                    sent: receiver.sent,
                    failed: receiver.failed,
                    leftOut: receiver.leftOut,
                    waiting: receiver.waiting,
                    trouble: receiver.trouble
                )
            }
        )
    }

    func relay(_ relay: RelayStatus) -> RelayView {
        let verdict = self.judgements.relay(relay, at: self.host.clock.now)
        let judged = self.judgements.streams(of: relay, at: self.host.clock.now, withRefused: true)
        let streams = judged.map { self.stream($0, in: relay) }
        return RelayView(
            name: relay.name.rawValue,
            state: relay.state.rawValue,
            since: self.date(relay.since),
            ready: relay.serves,
            sentence: verdict.sentence,
            health: RelayView.Health(
                state: verdict.state.rawValue,
                since: self.date(verdict.since),
                reason: verdict.reason?.code,
                sentence: verdict.sentence,
                japanese: verdict.japanese
            ),
            instance: relay.instance.map { instance in
                RelayView.Instance(
                    id: instance.id,
                    pid: instance.processID.map(Int.init),
                    startedAt: self.date(instance.startedAt),
                    startSeconds: instance.startTime.map { AnswerForm.seconds($0) }
                )
            },
            restarts: relay.restarts,
            restartsByCause: Self.counts(relay.endings),
            lastEnding: relay.lastEnding.map {
                RelayView.Ending(at: self.date($0.at), cause: $0.cause.rawValue, sentence: $0.sentence)
            },
            deferred: relay.deferred,
            problems: relay.problems,
            play: relay.play.rawValue,
            declaredStreams: relay.streams?.map(\.rawValue),
            connections: relay.snapshot?.connections ?? 0,
            keptConnections: relay.keptConnections,
            handedOnConnections: relay.handedOnConnections,
            viewers: streams.reduce(0) { $0 + $1.viewers },
            bitrate: AnswerForm.number(streams.reduce(0) { $0 + $1.bitrate }),
            publishRefusals: Self.counts(relay.snapshot?.publishRefusals.byReason ?? [:]),
            playRefusals: Self.counts(relay.snapshot?.playRefusals.byReason ?? [:]),
            usage: relay.snapshot?.usage.map(Self.usage),
            streams: streams,
            venues: relay.venues.map(self.venue),
            destinations: self.judgements.destinations(of: relay, at: self.host.clock.now)?.map(self.destination)
        )
    }

    private func destination(_ verdict: DestinationVerdict) -> DestinationView {
        DestinationView(
            stream: verdict.destination.stream.rawValue,
            destination: verdict.destination.name.rawValue,
            address: verdict.destination.address,
            state: verdict.state.rawValue,
            since: self.date(verdict.since),
            sentence: verdict.detail,
            japanese: verdict.wording.japaneseDetail,
            reason: verdict.reason?.rawValue,
            failures: verdict.destination.failures,
            bytes: verdict.destination.bytes
        )
    }

    func venue(_ venue: VenueStatus) -> VenueView {
        VenueView(
            venue: venue.name.rawValue,
            state: venue.state.rawValue,
            since: self.date(venue.since),
            reason: venue.reason.rawValue,
            sentence: venue.sentence,
            japanese: venue.japanese,
            reportedAt: venue.reportedAt.map(self.date),
            latency: venue.latency.map { AnswerForm.seconds($0) },
            buffer: venue.buffer.map { AnswerForm.seconds($0) },
            arriving: venue.arriving.map { AnswerForm.number($0) },
            resolution: venue.resolution,
            stalls: venue.stalls,
            droppedFrames: venue.droppedFrames,
            reports: venue.reports
        )
    }

    func stream(_ judged: JudgedStream, in relay: RelayStatus) -> StreamView {
        let stream = judged.snapshot
        let isOnAir = stream.source != nil
        let figures = StreamFigures(stream)
        let sentences = OmissionSentences(formats: stream.formats)
        return StreamView(
            relay: relay.name.rawValue,
            stream: judged.shownName,
            state: judged.verdict.state.rawValue,
            since: self.date(judged.verdict.since),
            sentence: judged.verdict.detail,
            japanese: judged.verdict.wording.japaneseDetail,
            faults: judged.verdict.faults.map(\.rawValue),
            findings: judged.verdict.findings.map { finding in
                StreamView.Finding(
                    fault: finding.fault.rawValue,
                    since: self.date(finding.since),
                    sentence: finding.wording.detail,
                    japanese: finding.wording.japaneseDetail
                )
            },
            omissions: stream.omissions.map { self.omission($0, sentences) },
            bitrate: isOnAir ? figures.bitrate : 0,
            fps: figures.fps,
            keyframeInterval: figures.keyframeInterval,
            resolution: figures.resolution,
            codecs: figures.codecs,
            viewers: figures.viewers,
            levels: stream.inspection?.sound.map { sound in
                sound.channels.map { .init(peak: AnswerForm.number($0.peak), rms: AnswerForm.number($0.rms)) }
            },
            source: stream.source.map(self.source),
            lastLoss: stream.loss.map {
                StreamView.Loss(at: self.date($0.at), cause: $0.cause.rawValue, address: $0.source.address)
            },
            lastRefusal: stream.refusal.map {
                StreamView.Refusal(
                    id: Int(clamping: $0.at.microseconds),
                    at: self.date($0.at),
                    reason: $0.reason.rawValue,
                    address: $0.address
                )
            },
            slate: stream.isShowingSlate,
            counters: Self.counters(stream.counters),
            outputs: Dictionary(
                uniqueKeysWithValues: stream.outputs.map { ($0.key.rawValue, Self.output($0.value)) }
            )
        )
    }

    /// What somebody watches or waits for: a name that nobody knows may be a key in the wrong field.
    private func shown(_ name: StreamName, in relay: RelayStatus) -> String {
        let isPublished = relay.snapshot?.streams.contains { $0.path.stream == name && $0.wasPublished } ?? false
        let isKnown = isPublished || relay.streams?.contains(name) ?? false
        return isKnown ? name.rawValue : TypedName.plain(name.rawValue)
    }

    func viewer(_ viewer: ViewerSnapshot, in relay: RelayStatus) -> ViewerView {
        ViewerView(
            number: viewer.number,
            stream: self.shown(viewer.stream, in: relay),
            protocol: viewer.protocol.rawValue,
            address: viewer.address,
            venue: viewer.venue?.rawValue,
            since: self.date(viewer.since),
            bytes: viewer.bytes,
            skips: viewer.skips
        )
    }

    private func source(_ source: SourceSnapshot) -> StreamView.Source {
        StreamView.Source(
            id: Int(clamping: source.connectedAt.microseconds),
            protocol: source.protocol.rawValue,
            address: source.address,
            encoder: source.encoder,
            since: self.date(source.connectedAt),
            lastHeard: source.heard.map(self.date),
            link: source.link.map(Self.link)
        )
    }

    private func omission(_ omission: OmissionSnapshot, _ sentences: OmissionSentences) -> StreamView.Omission {
        StreamView.Omission(
            format: omission.format,
            part: omission.part,
            codec: omission.codec,
            reason: omission.reason,
            sentence: omission.sentence,
            japanese: sentences.sentence(omission, in: .japanese),
            since: self.date(omission.first),
            last: self.date(omission.last),
            count: omission.count
        )
    }

    func date(_ instant: Instant) -> String { AnswerForm.date(instant, by: self.host.clock) }
}

extension ViewMaker {
    private static func counters(_ counters: StreamCounters) -> StreamView.Counters {
        StreamView.Counters(
            bytesIn: counters.bytesIn,
            packetsIn: counters.packetsIn,
            packetsDropped: counters.packetsDropped,
            discontinuities: counters.discontinuities,
            reconnects: counters.reconnects,
            takeovers: counters.takeovers,
            timestampRegressions: counters.timestampRegressions,
            linkPackets: counters.linkPackets,
            linkLost: counters.linkLost,
            linkHeld: counters.linkHeld
        )
    }

    private static func link(_ link: LinkSnapshot) -> StreamView.Link {
        StreamView.Link(
            foreign: link.foreign,
            malformed: link.malformed,
            roundTrip: link.roundTrip.map { AnswerForm.seconds($0) },
            retransmitted: link.retransmitted,
            tracks: link.tracks.map { track in
                StreamView.Link.Track(
                    kind: track.kind.rawValue,
                    index: track.index,
                    packets: track.packets,
                    lost: track.lost,
                    reordered: track.reordered,
                    duplicates: track.duplicates,
                    jitter: AnswerForm.seconds(track.jitter),
                    held: track.held,
                    holding: track.isHolding
                )
            }
        )
    }

    private static func output(_ output: OutputSnapshot) -> StreamView.Output {
        StreamView.Output(
            viewers: output.viewers,
            muxing: output.isMuxing,
            joins: output.joins,
            bytes: output.bytes,
            skips: output.skips,
            stalls: output.stalls
        )
    }

    private static func usage(_ usage: UsageSnapshot) -> UsageView {
        UsageView(
            cpuSeconds: AnswerForm.seconds(usage.cpu),
            residentMemory: usage.residentMemory,
            openDescriptors: usage.openDescriptors
        )
    }

    /// Every label there is, so that a reader need not know which ones were left out.
    private static func counts<Label>(_ counts: [Label: UInt64]) -> [String: UInt64]
    where Label: CaseIterable & RawRepresentable & Hashable, Label.RawValue == String {
        Dictionary(uniqueKeysWithValues: Label.allCases.map { ($0.rawValue, counts[$0] ?? 0) })
    }
}
