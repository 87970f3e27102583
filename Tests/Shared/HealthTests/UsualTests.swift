import Contract
import Health
import Testing

/// What is usual is learned from healthy time alone, outlives the relay's instance, and becomes less only where a person or a new
/// session of the encoder says so.
@Suite struct UsualTests {
    private let setting = HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2))

    /// One percent less each half minute is never a fall, and ends at nothing all the same.
    @Test func aSlowDeclineIsAFaultAtLast() throws {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(120))
        var verdicts: [Verdict] = []
        for _ in 0..<240 {
            scene.snapshot.tracks[0].bitrate *= 0.99
            verdicts += scene.run(.seconds(28), step: .seconds(4))
        }
        #expect(verdicts.course == [.live, .degraded])
        #expect(verdicts.last?.faults == [.bitrateFell])
        #expect(verdicts.last?.sentence.contains("fell from 2.5 Mbit/s") == true, "\(verdicts.last?.sentence ?? "")")
    }

    @Test func whatIsUsualMayBecomeMore() throws {
        var scene = try Scene()
        scene.connect()
        scene.describe()
        scene.snapshot.tracks[0].bitrate = 400_000
        scene.run(.seconds(120))
        scene.snapshot.tracks[0].bitrate = 4_000_000
        scene.run(.seconds(300))
        scene.snapshot.tracks[0].bitrate = 400_000
        #expect(scene.run(.seconds(10)).last?.faults == [.bitrateFell])
    }

    /// A slide needs a tenth of what a camera needs, and whether it may stand is another question.
    @Test func aPictureThatStandsNeedsLittle() throws {
        var scene = try Scene()
        scene.connect()
        scene.run(.seconds(120))
        scene.snapshot.tracks[0].bitrate = 100_000
        for _ in 0..<40 {
            var inspection = InspectionSnapshot(at: scene.now)
            inspection.picture = PictureInspection(
                at: scene.now,
                decoded: 9,
                meanLuma: 100,
                spread: 40,
                standsSince: scene.now + .seconds(-6)
            )
            scene.snapshot.inspection = inspection
            scene.run(.milliseconds(500))
        }
        #expect(scene.verdict().faults == [])
    }

    private func relay(_ stream: StreamSnapshot, at now: Instant) throws -> RelaySnapshot {
        RelaySnapshot(
            relay: try RelayName("live"),
            clock: ClockReading(now: now, unix: 1_800_000_000_000_000),
            startedAt: now,
            streams: [stream]
        )
    }

    /// Plays a scene before a monitor.
    private func run(_ scene: inout Scene, _ time: Duration, before monitor: HealthMonitor) throws -> Verdict? {
        let end = scene.now + time
        var verdict: Verdict?
        while scene.now < end {
            scene.run(.milliseconds(500))
            verdict = monitor.review(try self.relay(scene.snapshot, at: scene.now)).verdicts[scene.snapshot.path]
        }
        return verdict
    }

    @Test func aPersonAcceptsANewLevel() throws {
        let monitor = HealthMonitor(setting: self.setting)
        var scene = try Scene()
        scene.connect()
        _ = try self.run(&scene, .seconds(120), before: monitor)
        scene.snapshot.tracks[0].frameRate = 12
        let fallen = try #require(try self.run(&scene, .seconds(600), before: monitor))
        #expect(fallen.faults == [.frameRateFell])
        // Who may do so is told how, and nobody else.
        #expect(fallen.detail.hasSuffix("If it is meant to be so: transponder health accept live/main"))
        #expect(!fallen.sentence.contains("accept"))
        #expect(monitor.accept(try StreamName("main"), in: try self.relay(scene.snapshot, at: scene.now)))
        #expect(try self.run(&scene, .seconds(60), before: monitor)?.faults == [])
        // What is usual now is what falls next.
        scene.snapshot.tracks[0].frameRate = 5
        #expect(try self.run(&scene, .seconds(20), before: monitor)?.faults == [.frameRateFell])
        scene.lose(.ended)
        #expect(!monitor.accept(try StreamName("main"), in: try self.relay(scene.snapshot, at: scene.now)))
        #expect(!monitor.accept(try StreamName("other"), in: try self.relay(scene.snapshot, at: scene.now)))
    }

    @Test func aTrackThatIsNotMeantToComeBackIsAccepted() throws {
        let monitor = HealthMonitor(setting: self.setting)
        var scene = try Scene()
        scene.connect()
        _ = try self.run(&scene, .seconds(30), before: monitor)
        scene.lose(.disconnected)
        _ = try self.run(&scene, .seconds(1), before: monitor)
        scene.connect()
        scene.describe()
        scene.snapshot.tracks.removeLast()
        #expect(try self.run(&scene, .seconds(20), before: monitor)?.faults == [.trackMissing])
        #expect(monitor.accept(try StreamName("main"), in: try self.relay(scene.snapshot, at: scene.now)))
        #expect(try self.run(&scene, .seconds(20), before: monitor)?.faults == [])
    }

    @Test func aNewSessionOfTheEncoderBeginsAnew() throws {
        let monitor = HealthMonitor(setting: self.setting)
        var scene = try Scene()
        scene.connect()
        _ = try self.run(&scene, .seconds(120), before: monitor)
        scene.lose(.ended)
        _ = try self.run(&scene, .seconds(5), before: monitor)
        scene.connect()
        scene.describe()
        scene.snapshot.tracks[0].frameRate = 12
        let begun = try #require(try self.run(&scene, .seconds(60), before: monitor))
        #expect(begun.faults == [], "\(begun.sentence)")
    }

    /// The relay's death is not the encoder's doing: what it makes worse is a fault before and after.
    @Test func whatIsUsualOutlivesTheRelay() throws {
        let monitor = HealthMonitor(setting: self.setting)
        var scene = try Scene()
        scene.connect()
        scene.snapshot.counters.takeovers = 500
        _ = try self.run(&scene, .seconds(120), before: monitor)
        monitor.beginInstance()
        // Its encoder calls the next instance, which counts from zero, and sends half of what it did.
        scene.connect()
        scene.describe()
        scene.snapshot.counters = StreamCounters()
        scene.snapshot.tracks[0].frameRate = 12
        let verdict = try #require(try self.run(&scene, .seconds(20), before: monitor))
        #expect(verdict.faults == [.frameRateFell])
        #expect(verdict.sentence.contains("where 25 are usual"))
    }

    @Test func aFrozenPictureIsFrozenAfterADeathToo() throws {
        let monitor = HealthMonitor(setting: self.setting)
        var scene = try Scene()
        scene.connect()
        func see(decoded: UInt64, movedBefore: Bool, stands: Bool) throws -> Verdict? {
            var inspection = InspectionSnapshot(at: scene.now + .milliseconds(500))
            inspection.picture = PictureInspection(
                at: inspection.at,
                decoded: decoded,
                meanLuma: 100,
                spread: 40,
                standsSince: stands ? scene.now + .seconds(-6) : nil,
                movedBefore: movedBefore
            )
            scene.snapshot.inspection = inspection
            return try self.run(&scene, .milliseconds(500), before: monitor)
        }
        _ = try self.run(&scene, .seconds(30), before: monitor)
        #expect(try see(decoded: 20, movedBefore: true, stands: true)?.faults == [.frozen])
        monitor.beginInstance()
        // The next instance has never seen it move.
        #expect(try see(decoded: 1, movedBefore: false, stands: false)?.faults == [.frozen])
        for decoded in 2..<30 {
            #expect(try see(decoded: UInt64(decoded), movedBefore: false, stands: true)?.faults == [.frozen])
        }
        for decoded in 30..<50 { _ = try see(decoded: UInt64(decoded), movedBefore: false, stands: false) }
        #expect(try see(decoded: 50, movedBefore: false, stands: true)?.faults == [])
    }
}
