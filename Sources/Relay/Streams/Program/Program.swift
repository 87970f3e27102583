import Contract
import Media
import NIOCore
import Tape

extension Stream.State {
    /// Takes one event of the source on air, or notes why it is left out.
    ///
    /// - Returns: what stood against it.
    mutating func take(_ event: SourceEvent, _ limits: LimitsSpec, now: Now) -> (any Error)? {
        switch event {
        case .omission(let omission):
            self.omissions.note(omission, now: now)
            return nil
        case .packet(let packet) where packet.payload.readableBytes > limits.frame:
            let codec = self.ingest.configurations[packet.track]?.codec
            self.omissions.note(.tooLarge(packet, codec, limits), now: now)
            self.ingest.leaveOut(packet.track)
            return TapeError.recordTooLarge(packet.payload.readableBytes, limit: limits.frame)
        case .packet, .configuration:
            guard let failure = self.ingest.accept(event, now: now, onto: self.packets) else { return nil }
            if case .packet(let packet) = failure.event {
                let codec = self.ingest.configurations[packet.track]?.codec
                self.omissions.note(.untaken(packet, codec, failure.error, limits), now: now)
            }
            return failure.error
        }
    }

    /// Brings every format up to the end of the packet tape.
    ///
    /// - Returns: the last failure.
    mutating func muxAll(_ limits: LimitsSpec, now: Now) -> (any Error)? {
        var failure: (any Error)?
        for format in Array(self.outputs.keys) {
            guard self.outputs[format]?.start(with: self.packets) ?? false else {
                self.omissions.note(.unopened(format, limits), in: format, now: now)
                continue
            }
            guard let found = self.outputs[format]?.catchUp(with: self.packets) else { continue }
            if let error = found as? TapeError {
                self.omissions.note(.unwritten(format, error, limits), in: format, now: now)
            }
            failure = found
        }
        return failure
    }

    /// Keeps the account of what each format leaves out in step with what the formats do.
    mutating func noteOmissions(now: Now) {
        guard self.ingest.isFlowing else { return }
        for (format, output) in self.outputs {
            let omissions = output.omissions
            guard self.notedOmissions[format, default: []] != omissions else { continue }
            self.notedOmissions[format] = omissions
            self.omissions.forget(format)
            for omission in omissions { self.omissions.note(omission, in: format, now: now) }
        }
    }

    /// The format is not muxed any more.
    mutating func close(_ format: WireFormat) {
        self.outputs[format] = nil
        self.waiters.remove(format)
        self.notedOmissions[format] = nil
        self.omissions.forget(format)
    }

    /// Refuses a format that has no place for any of the stream's tracks; a stream whose tracks are not known may be waited for.
    func admit(_ format: WireFormat, of path: StreamPath) throws(PlayDenial) {
        guard self.source != nil, self.ingest.isFlowing, !self.ingest.tracks.isEmpty else { return }
        let carriage = Carriage(of: self.ingest.tracks, in: format)
        guard carriage.tracks.isEmpty, !carriage.omissions.isEmpty else { return }
        throw PlayDenial(
            .unsupported,
            "Nothing of \(path) can be played so. " + carriage.omissions.map(\.sentence).joined(separator: " ")
        )
    }

    /// The source on air is gone; viewers wait for the next.
    mutating func lose(_ cause: SourceLoss.Cause, now: Now) -> Stream.Source? {
        guard let source = self.source else { return nil }
        self.source = nil
        self.flushAll()
        self.loss = SourceLoss(at: Instant(now), cause: cause, source: source.snapshot)
        return source
    }

    /// The source on air that has been silent for too long, told once.
    mutating func noticeSilence(now: Now) -> Stream.Source? {
        guard self.desk.tick(now: now.monotonic) != nil, let source = self.source else { return nil }
        self.flushAll()
        self.loss = SourceLoss(at: Instant(now), cause: .silent, source: source.snapshot)
        return source
    }

    /// Nothing more comes for now: viewers get all there is.
    mutating func flushAll() {
        for format in Array(self.outputs.keys) { self.outputs[format]?.flush() }
    }

    func segmentCount(of format: WireFormat) -> Int {
        self.outputs[format]?.target.segments.segments.count ?? 0
    }

    mutating func takeDueWaiters() -> [@Sendable () -> Void] {
        guard !self.waiters.isEmpty else { return [] }
        return self.waiters.formats.flatMap { self.waiters.takeDue($0, having: self.segmentCount(of: $0)) }
    }

    func snapshot(of path: StreamPath, now: Now) -> StreamSnapshot {
        var counters = self.counters
        counters.bytesIn = self.ingest.counters.bytes
        counters.packetsIn = self.ingest.counters.packets
        counters.packetsDropped = UInt64(self.ingest.counters.dropped)
        counters.discontinuities = UInt64(self.ingest.counters.discontinuities)
        counters.timestampRegressions = UInt64(self.ingest.counters.regressions)
        counters.trackSteps = UInt64(self.ingest.counters.trackSteps)
        return StreamSnapshot(
            path: path,
            createdAt: Instant(self.createdAt),
            source: self.source?.snapshot,
            loss: self.loss,
            tracks: self.ingest.trackSnapshots(now: now),
            omissions: self.omissions.snapshots,
            counters: counters
        )
    }
}

extension Instant {
    package init(_ now: Now) {
        self.init(microseconds: now.monotonic)
    }
}

extension Ingest {
    /// Each track as it has been arriving.
    func trackSnapshots(now: Now) -> [TrackSnapshot] {
        self.configurations.sorted { $0.key < $1.key }.map { track, configuration in
            let meter = self.meters[track]?.snapshot(now: now.monotonic)
            return TrackSnapshot(
                kind: track.kind == .video ? .video : .audio,
                index: Int(track.index),
                codec: configuration.codec.rawValue,
                codecString: configuration.codecString,
                width: configuration.width,
                height: configuration.height,
                sampleRate: configuration.sampleRate,
                channels: configuration.channels,
                bitrate: meter?.bitsPerSecond ?? 0,
                frameRate: meter?.packetsPerSecond ?? 0,
                keyframeInterval: meter?.keyframeInterval.map { .microseconds($0) },
                lastPacketAt: meter?.lastArrival.map { Instant(microseconds: $0) },
                lastKeyframeAt: meter?.keyframeArrival.map { Instant(microseconds: $0) },
                packets: meter?.packets ?? 0,
                bytes: meter?.bytes ?? 0
            )
        }
    }
}

extension TrackMeterSnapshot {
    /// About when the newest keyframe came, µs monotonic.
    fileprivate var keyframeArrival: Int64? {
        guard let lastArrival, let sinceKeyframe else { return nil }
        return lastArrival - sinceKeyframe
    }
}
