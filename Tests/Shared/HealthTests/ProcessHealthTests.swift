import Contract
import Health
import Testing

/// How it stands with the host process itself.
@Suite struct ProcessHealthTests {
    /// A host, judged twice a second.
    private struct Course {
        var health = ProcessHealth()
        var host: HostSnapshot
        var ticks = true

        private static let start = Instant(microseconds: 1_000_000_000)

        init() {
            self.host = HostSnapshot(
                clock: ClockReading(now: Self.start, unix: 1_700_000_000_000_000),
                startedAt: Self.start,
                isolation: .none,
                loops: [LoopSnapshot(name: "supervisor", lastTick: Self.start)]
            )
            self.host.history = HistorySnapshot(isOn: true)
            self.host.alerts = AlertsSnapshot(receivers: [.init(name: "mail", kind: "smtp")])
        }

        @discardableResult mutating func run(_ time: Duration) -> [ProcessVerdict] {
            let end = self.host.clock.now + time
            var verdicts: [ProcessVerdict] = []
            while self.host.clock.now < end {
                let now = self.host.clock.now + .milliseconds(500)
                self.host.clock = ClockReading(now: now, unix: self.host.clock.unix + 500_000)
                if self.ticks { self.host.loops[0].lastTick = now }
                verdicts.append(self.health.judge(self.host))
            }
            return verdicts
        }
    }

    private static func faults(_ verdict: ProcessVerdict?) -> [ProcessFault] { verdict?.faults.map(\.fault) ?? [] }

    @Test func aHostThatIsWellIsGood() throws {
        var course = Course()
        // What was before anybody looked is no news.
        course.host.door.refusals[.descriptors] = 7
        course.host.history?.dropped = 9
        let verdicts = course.run(.seconds(600))
        #expect(verdicts.allSatisfy { $0.state == .good && $0.faults.isEmpty })
        #expect(verdicts.last?.since == verdicts.first?.since)
        #expect(verdicts.last?.sentence == "The host is running.")
        course.host.isDraining = true
        #expect(course.run(.seconds(1)).last?.state == .draining)
        #expect(course.run(.seconds(1)).last?.japanese.hasPrefix("ホストは終了処理中") == true)
    }

    @Test func aLoopThatIsStuckIsToldUntilItComesRound() throws {
        var course = Course()
        course.run(.seconds(10))
        course.ticks = false
        let stuck = course.run(.seconds(60))
        let first = try #require(stuck.firstIndex { $0.state == .failing })
        #expect(first == 10, "five seconds and a half after it last came round")
        #expect(stuck[first...].allSatisfy { Self.faults($0) == [.loopStuck] && $0.since == stuck[first].since })
        #expect(stuck.last?.sentence == "The loop 'supervisor' has not come round for 60 s: restart the host.")
        course.ticks = true
        #expect(course.run(.seconds(3)).last?.state == .good)
    }

    /// A disk that does not answer keeps nobody from watching: no probe has the host restarted for it.
    @Test func aDiskThatDoesNotAnswerIsTold() throws {
        var course = Course()
        course.run(.seconds(10))
        course.host.helpers = [
            LoopSnapshot(name: "history", lastTick: course.host.clock.now),
            LoopSnapshot(name: "alerts", lastTick: course.host.clock.now + .seconds(3600)),
        ]
        let stuck = course.run(.seconds(60))
        let first = try #require(stuck.firstIndex { $0.state == .degraded })
        #expect(first == 10, "five seconds and a half after it began")
        #expect(stuck[first...].allSatisfy { Self.faults($0) == [.helperStuck] })
        #expect(stuck.last?.sentence.hasPrefix("The thread 'history' has stood still for 60 s") == true)
        #expect(ProbeAnswer.liveness(course.host).isGood)
        course.host.helpers = []
        #expect(course.run(.seconds(3)).last?.state == .good)
    }

    @Test(arguments: [HistoryCause.full, .locked, .readOnly, .unopenable, .failing])
    func aHistoryThatCannotBeWrittenIsTold(_ cause: HistoryCause) throws {
        var course = Course()
        course.run(.seconds(2))
        course.host.history?.trouble = "The history cannot be written: …/state/transponder."
        course.host.history?.cause = cause
        let verdicts = course.run(.seconds(600))
        #expect(verdicts.allSatisfy { $0.state == .degraded && Self.faults($0) == [.historyFailing] })
        let finding = try #require(verdicts.last?.faults.first)
        #expect(!finding.sentence.contains("/state/") && finding.detail.contains("/state/"))
        #expect(finding.since == verdicts.first?.since)
        course.host.history?.trouble = nil
        #expect(course.run(.seconds(3)).last?.state == .good)
    }

    @Test func whatIsCountedIsToldForAMinute() throws {
        var course = Course()
        course.run(.seconds(2))
        course.host.door.refusals[.descriptors] = 1
        course.host.history?.dropped = 1
        #expect(Self.faults(course.run(.seconds(1)).last) == [.descriptorsShort, .historyLost])
        #expect(course.run(.seconds(55)).last?.state == .failing)
        #expect(course.run(.seconds(10)).last?.state == .good)
    }

    @Test func receiversThatAreReachedAtTheSecondTryAreNoTrouble() throws {
        var course = Course()
        course.host.alerts?.receivers[0].trouble = "mail: smtp.example.org refused the connection."
        #expect(course.run(.seconds(9)).allSatisfy { $0.state == .good })
        let verdict = try #require(course.run(.seconds(3)).last)
        #expect(verdict.state == .degraded && Self.faults(verdict) == [.alertsUndelivered])
        #expect(verdict.sentence == "1 receiver of alerts is not reached: transponder status says why.")
        #expect(verdict.faults.first?.detail.contains("smtp.example.org") == true)
        course.host.alerts?.receivers[0].trouble = nil
        #expect(course.run(.seconds(3)).last?.state == .good)
    }

    @Test func certificateAndConfigurationAreTheProcesssToo() throws {
        var course = Course()
        course.host.configuration.problem = "relays.live: unknown key"
        course.host.door.certificateExpires = 1_700_000_000 + 20
        let soon = try #require(course.run(.seconds(2)).last)
        #expect(Self.faults(soon) == [.configurationRefused, .certificateExpiring] && soon.state == .degraded)
        let late = try #require(course.run(.seconds(30)).last)
        #expect(Self.faults(late) == [.certificateExpired, .configurationRefused] && late.state == .failing)
        #expect(late.japanese.hasPrefix("TLS証明書の有効期限が切れています"))
        // The new files are there.
        course.host.configuration.problem = nil
        course.host.door.certificateExpires = 1_800_000_000
        #expect(course.run(.seconds(3)).last?.state == .good)
    }

    @Test func everyFaultHasItsOwnWordsInBothLanguages() throws {
        var course = Course()
        course.run(.seconds(1))
        course.ticks = false
        course.host.helpers = [LoopSnapshot(name: "history", lastTick: course.host.clock.now)]
        course.host.door.certificateExpires = 0
        course.host.door.refusals[.descriptors] = 1
        course.host.history?.trouble = "x"
        course.host.history?.dropped = 1
        course.host.alerts?.receivers[0].trouble = "x"
        course.host.configuration.problem = "x"
        let verdict = try #require(course.run(.seconds(20)).last)
        #expect(Set(Self.faults(verdict)) == Set(ProcessFault.allCases).subtracting([.certificateExpiring]))
        #expect(Set(verdict.faults.map(\.sentence)).count == verdict.faults.count)
        #expect(Set(verdict.faults.map(\.japanese)).count == verdict.faults.count)
        #expect(verdict.faults.allSatisfy { $0.japanese.hasSuffix("。") && $0.sentence.hasSuffix(".") }, "\(verdict)")
        #expect(
            ProcessFault.allCases.map(\.rawValue) == [
                "loop_stuck", "helper_stuck", "certificate_expired", "descriptors_short", "history_failing",
                "history_lost", "alerts_undelivered", "configuration_refused", "certificate_expiring",
            ]
        )
    }
}
