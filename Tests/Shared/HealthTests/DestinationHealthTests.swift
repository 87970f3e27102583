import Contract
import Health
import Testing

/// How it stands with the places that the configuration has a stream sent to.
@Suite struct DestinationHealthTests {
    /// A destination, judged twice a second.
    private struct Course {
        var health = DestinationHealth()
        var destination: DestinationSnapshot
        var now = Instant(microseconds: 1_000_000_000)
        var isOnAir = true

        init() throws {
            self.destination = DestinationSnapshot(
                stream: try StreamName("main"),
                name: try DestinationName("box"),
                address: "srt://10.0.0.9:9000"
            )
        }

        mutating func run(_ time: Duration) -> [DestinationVerdict] {
            let end = self.now + time
            var verdicts: [DestinationVerdict] = []
            while self.now < end {
                self.now = self.now + .milliseconds(500)
                verdicts.append(self.health.judge(self.destination, isOnAir: self.isOnAir, at: self.now))
            }
            return verdicts
        }

        mutating func send() {
            self.destination.sendingSince = self.now
            self.destination.trouble = nil
        }

        mutating func fail(_ trouble: DestinationTrouble) {
            self.destination.sendingSince = nil
            self.destination.trouble = trouble
            self.destination.failures += 1
        }
    }

    private static func states(_ verdicts: [DestinationVerdict]) -> [DestinationState] {
        verdicts.reduce(into: []) { states, verdict in
            if states.last != verdict.state { states.append(verdict.state) }
        }
    }

    @Test func oneThatIsNotReachedFailsUntilItHasBeenForAWhile() throws {
        var course = try Course()
        #expect(Self.states(course.run(.seconds(1))) == [.starting])
        course.fail(.unanswered)
        let failing = course.run(.seconds(600))
        #expect(Self.states(failing.suffix(1190)) == [.failing])
        let verdict = try #require(failing.last)
        #expect(verdict.reason == .unanswered)
        #expect(verdict.sentence.hasPrefix("The stream has not reached 'box' for 10 min: nobody answers there."))
        #expect(!verdict.sentence.contains("10.0.0.9"))
        #expect(verdict.detail.hasPrefix("The stream has not reached 'box' (srt://10.0.0.9:9000) for 10 min"))
        course.send()
        #expect(Self.states(course.run(.seconds(10))) == [.failing, .sending])
        #expect(course.run(.seconds(1)).last?.reason == nil)
    }

    /// One that answers and hangs up again and again is not reached.
    @Test func aLineThatNeverHoldsIsNoLine() throws {
        var course = try Course()
        course.send()
        _ = course.run(.seconds(10))
        var verdicts: [DestinationVerdict] = []
        for _ in 0..<10 {
            course.fail(.disconnected)
            verdicts += course.run(.seconds(4))
            course.send()
            verdicts += course.run(.seconds(1))
        }
        #expect(Self.states(verdicts) == [.sending, .failing])
    }

    @Test func aConnectionThatIsMadeAnewAtOnceIsNoFault() throws {
        var course = try Course()
        course.send()
        _ = course.run(.seconds(10))
        for _ in 0..<10 {
            course.fail(.disconnected)
            #expect(Self.states(course.run(.seconds(1))) == [.sending])
            course.send()
            #expect(Self.states(course.run(.seconds(5))) == [.sending])
        }
    }

    @Test func nothingIsMissingWhileNobodyIsOnAir() throws {
        var course = try Course()
        course.isOnAir = false
        course.fail(.unreachable)
        #expect(Self.states(course.run(.seconds(60))) == [.waiting])
        course.isOnAir = true
        #expect(Self.states(course.run(.seconds(10))) == [.starting, .failing])
    }

    /// The next instance has not tried yet when it is first asked.
    @Test func aFaultOutlivesTheRelay() throws {
        var course = try Course()
        course.fail(.passphrase)
        _ = course.run(.seconds(10))
        course.destination.trouble = nil
        course.destination.failures = 0
        let verdicts = course.run(.seconds(8))
        #expect(Self.states(verdicts) == [.failing])
        #expect(verdicts.last?.reason == .passphrase)
    }

    @Test func oneThatIsNotSentToForNoKnownReasonFailsInTheEnd() throws {
        var course = try Course()
        let verdicts = course.run(.seconds(20))
        #expect(Self.states(verdicts) == [.starting, .failing])
        #expect(verdicts.last?.sentence.contains("the reason is not known") == true)
    }

    @Test(arguments: DestinationState.allCases) func everySentenceIsThereInBothLanguages(state: DestinationState) throws
    {
        let destination = try Course().destination
        for reason in DestinationTrouble.allCases.map(Optional.some) + [nil] {
            let sentences = DestinationSentences(destination, state, reason, time: .seconds(5))
            for audience in [Audience.everybody, .theOperator] {
                let english = sentences.sentence(for: audience, in: .english)
                let japanese = sentences.sentence(for: audience, in: .japanese)
                #expect(english.hasSuffix(".") && japanese.hasSuffix("。"))
                for sentence in [english, japanese] {
                    #expect(sentence.contains("box"))
                    #expect(sentence.contains("10.0.0.9") == (audience == .theOperator), "\(sentence)")
                }
            }
        }
    }

    // MARK: - The stream

    private func relay(_ scene: Scene, _ destinations: [DestinationSnapshot]) throws -> RelaySnapshot {
        RelaySnapshot(
            relay: try RelayName("live"),
            clock: ClockReading(now: scene.now, unix: 1_800_000_000_000_000),
            startedAt: scene.now,
            streams: [scene.snapshot],
            destinations: destinations
        )
    }

    @Test func aStreamSaysWhereItDoesNotArriveAndStaysLive() throws {
        let monitor = HealthMonitor(setting: HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2)))
        var scene = try Scene()
        scene.connect()
        var box = try Course().destination
        box.trouble = .refused
        var wall = box
        wall.name = try DestinationName("wall")
        func run(_ time: Duration) throws -> RelayReview {
            let end = scene.now + time
            while scene.now < end {
                scene.run(.milliseconds(500))
                _ = monitor.review(try self.relay(scene, [box, wall]))
            }
            return monitor.review(try self.relay(scene, [box, wall]))
        }
        let review = try run(.seconds(10))
        let verdict = try #require(review.verdicts[scene.snapshot.path])
        #expect(verdict.state == .live && verdict.faults == [.pushFailed] && verdict.isHealthy)
        #expect(verdict.sentence.contains("has not reached 'box'"), "\(verdict.sentence)")
        #expect(verdict.sentence.hasSuffix("1 more destination is not reached either."))
        #expect(!verdict.sentence.contains("10.0.0.9") && verdict.detail.contains("10.0.0.9"))
        // An encoder whose line broke will not reach it either; one that stopped has nothing to send.
        scene.lose(.disconnected)
        #expect(try run(.seconds(5)).destinations.map(\.state) == [.failing, .failing])
        scene.snapshot.loss?.cause = .ended
        #expect(try run(.seconds(5)).destinations.map(\.state) == [.waiting, .waiting])
    }

    @Test func viewersWhoAreTooSlowAreTold() throws {
        var scene = try Scene()
        scene.connect()
        scene.snapshot.outputs[.flv] = OutputSnapshot(viewers: 300, joins: 300, skips: 40)
        scene.run(.seconds(30))
        #expect(scene.verdict().faults == [])
        // One of three hundred may have a bad line.
        scene.snapshot.outputs[.flv]?.skips += 4
        #expect(scene.run(.seconds(10)).last?.faults == [])
        scene.snapshot.outputs[.flv]?.skips += 4
        scene.snapshot.outputs[.rtmp] = OutputSnapshot(stalls: 1)
        let verdict = try #require(scene.run(.seconds(2)).last)
        #expect(verdict.state == .live && verdict.faults == [.viewersSlow])
        #expect(verdict.sentence.contains("skipped ahead 8 times and were let go 1 time within a minute"))
        #expect(scene.run(.seconds(70)).last?.faults == [])
    }

    @Test func whereTheRelayIsKeptFromTheProcessorNoLineIsBlamed() throws {
        func setting(_ throttling: Throttling?) -> HealthSetting {
            HealthSetting(rtmpPort: 1935, sourceTimeout: .seconds(2), throttling: throttling)
        }
        var scene = try Scene()
        scene.connect()
        scene.snapshot.outputs[.flv] = OutputSnapshot(viewers: 10, joins: 10)
        scene.health.setting = setting(Throttling(recent: 0.1, highest: 0.1))
        #expect(scene.run(.seconds(30)).last?.faults == [])
        scene.snapshot.outputs[.flv]?.skips += 10
        scene.health.setting = setting(Throttling(recent: 0.42, highest: 0.42))
        let verdict = try #require(scene.run(.seconds(2)).last)
        #expect(verdict.state == .degraded && verdict.faults == [.relayOverloaded])
        #expect(verdict.sentence.contains("kept it waiting for 42 % of the last 10 s. Raise limits.cpu"), "\(verdict)")
        // It is well again, and those who were sent nothing had good lines all the time.
        scene.health.setting = setting(Throttling(recent: 0, highest: 0.42))
        scene.run(.seconds(8))
        #expect(scene.verdict().state == .live && scene.verdict().faults == [])
        scene.health.setting = setting(nil)
        #expect(scene.run(.seconds(2)).last?.faults == [.viewersSlow])
    }
}
