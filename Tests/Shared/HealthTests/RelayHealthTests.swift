import Contract
import Health
import Testing

/// How it stands with a relay as a whole.
@Suite struct RelayHealthTests {
    /// A relay, judged twice a second, which reports as long as it shall.
    private struct Course {
        var health = RelayHealth()
        var relay: RelayStatus
        var now = Instant(microseconds: 1_000_000_000)
        var reports = true

        init(_ state: RelayState = .ready) throws {
            self.relay = RelayStatus(name: try RelayName("live"), state: state, since: self.now)
        }

        @discardableResult mutating func run(_ time: Duration) -> [RelayVerdict] {
            let end = self.now + time
            var verdicts: [RelayVerdict] = []
            while self.now < end {
                self.now = self.now + .milliseconds(500)
                if self.reports, self.relay.serves { self.relay.heardAt = self.now }
                verdicts.append(self.health.judge(self.relay, at: self.now))
            }
            return verdicts
        }

        mutating func become(_ state: RelayState) {
            self.relay.state = state
            self.relay.since = self.now
            if !self.relay.serves { self.relay.heardAt = nil }
        }

        /// An instance ends, and the next is ready before anybody looks.
        mutating func end(_ cause: EndingCause = .signal) {
            self.relay.endings[cause, default: 0] += 1
            self.relay.lastEnding = EndingStatus(at: self.now, cause: cause, sentence: "It was ended by signal 9.")
        }
    }

    @Test func oneThatServesIsServingAndNothingFlaps() throws {
        var course = try Course(.starting)
        let starting = course.run(.seconds(2))
        #expect(starting.allSatisfy { $0.state == .starting && !$0.isGood && $0.reason == nil })
        #expect(starting.last?.sentence == "The relay 'live' has been starting for 2 s.")
        course.become(.configuring)
        #expect(course.run(.seconds(1)).allSatisfy { $0.state == .starting && $0.since == starting.first?.since })
        course.become(.ready)
        let serving = course.run(.seconds(600))
        #expect(serving.allSatisfy { $0.state == .serving && $0.isGood && $0.since == serving.first?.since })
        #expect(serving.last?.sentence == "The relay 'live' has just come up.")
        course.become(.replacing)
        let replacing = course.run(.seconds(3))
        #expect(replacing.allSatisfy { $0.state == .serving && $0.isGood && $0.reason == .replacing })
        #expect(replacing.last?.sentence == "The relay 'live' takes connections; a fresh instance is being made.")
        course.become(.draining)
        #expect(course.run(.seconds(1)).last?.state == .draining)
        course.become(.stopped)
        let stopped = try #require(course.run(.seconds(1)).last)
        #expect(stopped.state == .stopped && !stopped.isGood && stopped.sentence == "The relay 'live' is stopped.")
    }

    @Test func oneRestartIsARestart() throws {
        var course = try Course()
        course.relay.endings[.exit] = 9
        course.run(.seconds(10))
        course.end(.outOfMemory)
        course.become(.starting)
        let began = course.now
        let restarting = course.run(.seconds(2))
        #expect(restarting.allSatisfy { $0.state == .restarting && $0.since == began && !$0.isGood })
        #expect(restarting.last?.reason == .ending(.outOfMemory) && restarting.last?.reason?.code == "out_of_memory")
        let start = "The relay 'live' is being restarted. The last instance ended"
        #expect(restarting.last?.sentence.hasPrefix(start) == true)
        course.become(.ready)
        #expect(course.run(.seconds(600)).allSatisfy { $0.state == .serving && $0.isGood })
    }

    @Test func oneThatEndsAgainAndAgainIsRestlessUntilItIsCalm() throws {
        var course = try Course()
        course.run(.seconds(2))
        for number in 1...3 {
            course.end()
            let verdicts = course.run(.seconds(60))
            #expect(verdicts.allSatisfy { ($0.state == .restless) == (number == 3) }, "\(number)")
            // It serves all the while.
            #expect(verdicts.allSatisfy { $0.isGood })
        }
        let restless = try #require(course.run(.seconds(1)).last)
        #expect(restless.reason == .ending(.signal))
        let start = "The relay 'live' takes connections, but its instances end again and again. The last instance"
        #expect(restless.sentence.hasPrefix(start), "\(restless.sentence)")
        // Another within the five minutes begins them again.
        course.run(.seconds(200))
        course.end()
        let after = course.run(.seconds(310))
        let calm = try #require(after.firstIndex { $0.state == .serving })
        #expect((598...602).contains(calm), "\(calm)")
        #expect(after[calm...].allSatisfy { $0.state == .serving })
        // What was is forgotten.
        course.end()
        #expect(course.run(.seconds(10)).allSatisfy { $0.state == .serving })
    }

    @Test func endingsThatAreFarApartOrMeantAreNone() throws {
        var course = try Course()
        course.run(.seconds(2))
        for _ in 0..<10 {
            course.end()
            #expect(course.run(.seconds(301)).allSatisfy { $0.state == .serving })
            course.end(.replaced)
            course.end(.replaced)
            #expect(course.run(.seconds(1)).allSatisfy { $0.state == .serving })
        }
        // Several between two looks are as many.
        for _ in 0..<3 { course.end(.exit) }
        #expect(course.run(.seconds(1)).last?.state == .restless)
    }

    @Test func oneThatIsHeldBackIsRestlessThroughItsTries() throws {
        var course = try Course()
        course.run(.seconds(2))
        for state in [RelayState.starting, .backingOff, .starting, .configuring, .backingOff] {
            course.end(.startFailed)
            course.become(state)
            course.run(.seconds(1))
        }
        let held = try #require(course.run(.seconds(1)).last)
        #expect(held.state == .restless && !held.isGood)
        #expect(held.sentence.hasPrefix("The relay 'live' ends as soon as it starts and is tried again in a while."))
        var again = try Course(.backingOff)
        var states = again.run(.seconds(2)).map(\.state)
        again.become(.starting)
        states += again.run(.seconds(2)).map(\.state)
        #expect(Set(states) == [.restless])
        again.become(.ready)
        #expect(again.run(.seconds(290)).allSatisfy { $0.state == .restless && $0.isGood })
        #expect(again.run(.seconds(10)).last?.state == .serving)
    }

    @Test func aSilenceIsToldUntilItReportsSteadily() throws {
        var course = try Course()
        course.run(.seconds(10))
        let heard = course.now
        course.reports = false
        let verdicts = course.run(.seconds(5))
        #expect(verdicts.prefix(4).allSatisfy { $0.state == .serving && $0.isGood })
        #expect(verdicts.dropFirst(4).allSatisfy { $0.state == .silent && $0.since == heard && !$0.isGood })
        #expect(
            verdicts.last?.sentence
                == "The relay 'live' has not reported for 5 s, so nobody knows how its streams are; it is replaced if it "
                + "stays silent."
        )
        course.reports = true
        let back = course.run(.seconds(3))
        #expect(back.map(\.reason) == [.reporting, .reporting, .reporting, .reporting, nil, nil])
        #expect(back.map(\.state) == [.silent, .silent, .silent, .silent, .serving, .serving])
        #expect(back.allSatisfy { $0.isGood }, "what it says is true again at once")
        #expect(back.first?.sentence == "The relay 'live' takes connections, and has just begun to report again.")
        // One that reports now and then never gets well, and does not flap.
        for _ in 0..<20 {
            course.reports = false
            course.run(.seconds(4))
            course.reports = true
            #expect(course.run(.seconds(1)).allSatisfy { $0.state == .silent })
        }
    }

    @Test func oneThatHasNeverReportedIsSilent() throws {
        var course = try Course()
        course.reports = false
        let verdicts = course.run(.seconds(3))
        #expect(verdicts.prefix(4).allSatisfy { $0.state == .serving } && verdicts.last?.state == .silent)
    }

    @Test func oneThatWaitsForAProcessorIsStarved() throws {
        var course = try Course()
        course.run(.seconds(10))
        course.reports = false
        course.run(.seconds(1))
        course.relay.starvation = .seconds(1)
        let verdicts = course.run(.seconds(4))
        #expect(verdicts.allSatisfy { $0.state == .starved && $0.reason == nil })
        #expect(
            verdicts.last?.sentence
                == "The relay 'live' waits for a processor and has not reported for 5 s: the machine is too busy, or "
                + "limits.cpu too low."
        )
        #expect(verdicts.first?.isGood == true && verdicts.last?.isGood == false)
        course.relay.starvation = .zero
        course.reports = true
        #expect(course.run(.seconds(3)).map(\.state) == [.starved, .starved, .starved, .starved, .serving, .serving])
    }

    @Test func oneThatItsLimitKeepsWaitingIsOverloaded() throws {
        var course = try Course()
        course.run(.seconds(10))
        course.relay.throttling = Throttling(recent: 0.19, highest: 0.19)
        #expect(course.run(.seconds(2)).allSatisfy { $0.state == .serving })
        course.relay.throttling = Throttling(recent: 0.34, highest: 0.34)
        let began = course.now + .milliseconds(500)
        let verdicts = course.run(.seconds(4))
        #expect(verdicts.allSatisfy { $0.state == .overloaded && $0.isGood && $0.since == began && $0.reason == nil })
        #expect(
            verdicts.last?.sentence
                == "The relay 'live' was kept from the processor by limits.cpu for 34 % of the last 10 s, so its viewers "
                + "may see pauses: raise limits.cpu, or give it fewer streams and viewers."
        )
        // It does not flap about the limit.
        course.relay.throttling = Throttling(recent: 0.12, highest: 0.34)
        #expect(course.run(.seconds(2)).allSatisfy { $0.state == .overloaded })
        course.relay.throttling = Throttling(recent: 0.08, highest: 0.34)
        #expect(course.run(.seconds(2)).allSatisfy { $0.state == .serving })
        course.relay.throttling = Throttling(recent: .nan, highest: .nan)
        #expect(course.run(.seconds(2)).allSatisfy { $0.state == .serving })
    }

    /// Clocks and counts of a relay that was replaced by another of its name.
    @Test func whatCannotBeTrueDoesNotTrap() throws {
        var course = try Course()
        course.relay.endings = [.exit: .max, .signal: .max]
        course.relay.since = Instant(microseconds: .max / 2)
        course.relay.lastEnding = EndingStatus(at: Instant(microseconds: .max / 2), cause: .exit, sentence: "x")
        course.run(.seconds(2))
        course.relay.endings = [.exit: 1]
        #expect(course.run(.seconds(2)).last?.state == .serving)
        course.relay.endings = [.exit: .max]
        let verdict = try #require(course.run(.seconds(2)).last)
        #expect(verdict.state == .restless && verdict.since <= course.now)
    }

    @Test func everyStateHasItsOwnWordsInBothLanguages() throws {
        var verdicts: [RelayVerdict] = []
        for state in [RelayState.starting, .ready, .replacing, .draining, .stopped, .backingOff] {
            var course = try Course(state)
            verdicts += course.run(.seconds(1)).suffix(1)
        }
        for cause in EndingCause.allCases {
            var course = try Course(.starting)
            course.end(cause)
            verdicts += course.run(.seconds(1)).suffix(1)
        }
        var course = try Course()
        course.reports = false
        verdicts += course.run(.seconds(5)).suffix(1)
        course.relay.starvation = .seconds(3)
        verdicts += course.run(.seconds(1)).suffix(1)
        course.relay.starvation = .zero
        course.reports = true
        verdicts += course.run(.seconds(1)).suffix(1)
        course.run(.seconds(5))
        course.relay.throttling = Throttling(recent: 0.5, highest: 0.5)
        verdicts += course.run(.seconds(1)).suffix(1)
        for _ in 0..<3 { course.end() }
        verdicts += course.run(.seconds(1)).suffix(1)
        #expect(Set(verdicts.map(\.state)) == Set(RelayCondition.allCases))
        #expect(Set(verdicts.map(\.japanese)).count == verdicts.count)
        for verdict in verdicts {
            #expect(verdict.japanese.hasPrefix("リレー「live」") && verdict.japanese.hasSuffix("。"), "\(verdict)")
            #expect(verdict.sentence.hasPrefix("The relay 'live' ") && verdict.sentence.hasSuffix("."), "\(verdict)")
        }
        #expect(
            RelayCondition.allCases.map(\.rawValue) == [
                "starting", "serving", "restarting", "restless", "silent", "starved", "overloaded", "draining",
                "stopped",
            ]
        )
    }
}
