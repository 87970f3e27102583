import Contract
import Health
import Testing

/// A stream played second by second, without waiting.
struct Scene {
    var health: StreamHealth
    var snapshot: StreamSnapshot
    var now = Instant(microseconds: 1_000_000_000)

    /// Media that flows while the scene runs.
    var sends = true
    var sendsVideo = true
    var sendsAudio = true
    var keyframeEvery = Duration.seconds(2)

    init(timeout: Duration = .seconds(2)) throws {
        self.health = StreamHealth(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: timeout))
        self.snapshot = try StreamSnapshot(path: StreamPath("live/main"), createdAt: self.now)
    }

    /// A source of 720p25 with sound.
    mutating func connect(from address: String = "10.0.0.3:50123") {
        self.snapshot.source = SourceSnapshot(protocol: .rtmp, address: address, encoder: "obs", connectedAt: self.now)
        self.snapshot.tracks = []
    }

    mutating func describe() {
        self.snapshot.tracks = [
            TrackSnapshot(
                kind: .video,
                codec: "h264",
                codecString: "avc1.64001f",
                width: 1280,
                height: 720,
                bitrate: 2_500_000,
                frameRate: 25,
                keyframeInterval: .seconds(2)
            ),
            TrackSnapshot(
                kind: .audio,
                codec: "aac",
                codecString: "mp4a.40.2",
                sampleRate: 48000,
                channels: 2,
                bitrate: 128_000,
                frameRate: 46.9
            ),
        ]
    }

    mutating func lose(_ cause: SourceLoss.Cause) {
        guard let source = self.snapshot.source else { return }
        self.snapshot.loss = SourceLoss(at: self.now, cause: cause, source: source)
        self.snapshot.source = nil
    }

    /// Lets time pass and asks for a verdict at every step.
    @discardableResult mutating func run(_ time: Duration, step: Duration = .milliseconds(500)) -> [Verdict] {
        let end = self.now + time
        var verdicts: [Verdict] = []
        repeat {
            self.now = self.now + step
            self.send()
            verdicts.append(self.verdict())
        } while self.now < end
        return verdicts
    }

    mutating func verdict() -> Verdict { checked(self.health.judge(self.snapshot, at: self.now)) }

    private mutating func send() {
        guard self.sends, self.snapshot.source != nil else { return }
        if self.snapshot.tracks.isEmpty { self.describe() }
        self.snapshot.source?.lastHeard = self.now
        for index in self.snapshot.tracks.indices {
            let isVideo = self.snapshot.tracks[index].kind == .video
            guard isVideo ? self.sendsVideo : self.sendsAudio else { continue }
            self.snapshot.tracks[index].lastPacketAt = self.now
            guard isVideo else { continue }
            let last = self.snapshot.tracks[index].lastKeyframeAt
            if last.map({ self.now - $0 >= self.keyframeEvery }) ?? true {
                if let last { self.snapshot.tracks[index].keyframeInterval = self.now - last }
                self.snapshot.tracks[index].lastKeyframeAt = self.now
            }
        }
    }
}

extension [Verdict] {
    /// The states in their order, each once per entry.
    var course: [StreamState] {
        self.map(\.state).reduce(into: []) { course, state in
            if course.last != state { course.append(state) }
        }
    }
}
