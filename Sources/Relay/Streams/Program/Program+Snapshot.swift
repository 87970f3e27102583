import Contract
import Media
import Tape

extension Program {
    /// What is true of the stream now; `left` is what wire formats leave out of it.
    func snapshot(of path: StreamPath, leavingOut left: [OmissionSnapshot], now: Now) -> StreamSnapshot {
        var counters = self.counters
        counters.discontinuities = self.writer.counters.discontinuities
        counters.timestampRegressions = self.writer.counters.regressions
        counters.trackSteps = self.writer.counters.trackSteps
        return StreamSnapshot(
            path: path,
            createdAt: Instant(self.createdAt),
            source: self.holder?.snapshot,
            loss: self.loss,
            tracks: self.trackSnapshots(now: now),
            omissions: OmissionTally.ordered(self.omissions.snapshots(of: nil) + left),
            counters: counters
        )
    }

    /// How long segments are to be expected, µs: they end at keyframes.
    func segmentLength(target: Int64, now: Now) -> Int64 {
        guard let primary = self.tracks.primary, primary.kind == .video,
            let interval = self.meters[primary]?.snapshot(now: now.monotonic).keyframeInterval
        else { return target }
        // A segment takes whole groups of pictures until it has the length that is wanted.
        return max(target, interval)
    }

    /// Describes each track as it has been arriving.
    private func trackSnapshots(now: Now) -> [TrackSnapshot] {
        self.tracks.configurations.sorted { $0.key < $1.key }.map { track, configuration in
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

extension Instant {
    package init(_ now: Now) {
        self.init(microseconds: now.monotonic)
    }
}

extension TrackMeterSnapshot {
    /// About when the newest keyframe came, µs monotonic.
    fileprivate var keyframeArrival: Int64? {
        guard let lastArrival, let sinceKeyframe else { return nil }
        return lastArrival - sinceKeyframe
    }
}
