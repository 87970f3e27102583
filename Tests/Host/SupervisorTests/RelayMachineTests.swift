import Containers
import Contract
import Supervisor
import Testing

@Suite struct RelayMachineTests {
    // MARK: Coming up

    @Test func aWantedRelayIsStartedToldItsSpecAndServes() throws {
        var bench = try Bench()
        #expect(bench.state == .stopped)
        let spec = try Bench.spec()
        bench.want(spec)
        #expect(bench.state == .starting)
        let id = try bench.asked()
        bench.started(id)
        #expect(bench.status.instance?.processID == 42)
        bench.greet(id)
        #expect(bench.state == .configuring)
        #expect(bench.actions == [.send(id, .configure(spec))])
        bench.now = bench.now + .milliseconds(80)
        bench.configured(id)
        #expect(bench.state == .ready)
        #expect(bench.actions == [.resume(id), .serve(id)])
        #expect(bench.status.instance?.startTime == .milliseconds(80))
        #expect(bench.status.restarts == 0)
    }

    /// Whoever judges the relay must know how old its news is, and how long it has not served.
    @Test func timesAreTheHostsOwn() throws {
        var (bench, id) = try Bench.ready()
        #expect(bench.status.heardAt == nil)
        try bench.wait(.seconds(1))
        let heard = try #require(bench.status.heardAt)
        #expect(bench.now - heard < .milliseconds(600))
        try bench.wait(.milliseconds(300), silent: true)
        #expect(bench.status.heardAt == heard)
        #expect(bench.status.servedAt == bench.now)
        let died = bench.now
        bench.ended(id, .signalled(11))
        try bench.wait(.milliseconds(200), silent: true)
        #expect(bench.status.servedAt == died)
        #expect(bench.status.heardAt == nil)
        #expect(bench.state == .starting)
        #expect(bench.status.retryAt == nil)
        bench.failed(try bench.asked())
        let retry = try #require(bench.status.retryAt)
        #expect(retry - bench.now == .milliseconds(250))
        try bench.wait(.milliseconds(300), silent: true)
        #expect(bench.state == .starting)
        #expect(bench.status.retryAt == nil)
        #expect(bench.status.servedAt == died)
    }

    /// It may say hello before the runtime has come back from starting it.
    @Test func aHelloMayComeBeforeTheRuntimeSaysStarted() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let id = try bench.asked()
        bench.greet(id)
        bench.configured(id)
        bench.started(id)
        #expect(bench.state == .ready)
        #expect(bench.status.instance?.processID == 42)
    }

    @Test func anInstanceThatIsNotReadyInTimeIsReplaced() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let first = try bench.asked()
        bench.started(first)
        try bench.wait(.milliseconds(9900))
        #expect(bench.count(.startFailed) == 0)
        try bench.wait(.milliseconds(100))
        #expect(bench.count(.startFailed) == 1)
        #expect(bench.lives[first] == .removing)
        #expect(try bench.asked() != first)
        #expect(bench.status.lastEnding?.sentence.contains("10.0 seconds") == true)
    }

    @Test func aRuntimeThatCannotStartIsTriedAgainLessAndLessOften() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        var waits: [Duration] = []
        for _ in 0..<10 {
            bench.failed(try bench.asked())
            let wait = try #require(bench.reports.last?.wait)
            waits.append(wait)
            if wait > .zero {
                #expect(bench.state == .backingOff)
                try bench.wait(wait)
            }
            #expect(bench.state == .starting)
        }
        let expected: [Duration] = [
            .zero, .milliseconds(250), .milliseconds(500), .seconds(1), .seconds(2), .seconds(4), .seconds(8),
            .seconds(10), .seconds(10), .seconds(10),
        ]
        #expect(waits == expected)
        #expect(bench.count(.startFailed) == 10)
    }

    @Test func anotherBuildIsRefused() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let id = try bench.asked()
        bench.greet(id, version: RelayMessage.languageVersion + 1)
        #expect(bench.count(.misbehaved) == 1)
        #expect(bench.lives[id] == .removing)
        #expect(bench.status.lastEnding?.sentence.contains("same build") == true)
    }

    // MARK: Dying

    /// It is no fault of what it had to do, and the next one does as well as any.
    @Test func whoeverIsKilledFromOutsideIsFollowedAtOnce() throws {
        var (bench, id) = try Bench.ready()
        for _ in 0..<20 {
            try bench.wait(.milliseconds(1100))
            bench.ended(id, .signalled(9))
            #expect(bench.reports.last?.wait == .zero)
            id = try bench.bringUp()
        }
        // Unless it does not come to anything.
        for wait in [Duration.zero, .milliseconds(250)] {
            try bench.wait(.milliseconds(800))
            bench.ended(id, .signalled(9))
            #expect(bench.reports.last?.wait == wait)
            try bench.wait(wait)
            id = try bench.bringUp()
        }
        try bench.wait(.milliseconds(1100))
        bench.ended(id, .signalled(11))
        #expect(bench.reports.last?.wait == .milliseconds(500))
    }

    @Test(arguments: [
        (InstanceEnding.exited(code: 3), EndingCause.exit, "code 3"),
        (.signalled(9), .signal, "SIGKILL"),
        (.outOfMemory, .outOfMemory, "64 MiB"),
        (.lost("it forgot"), .lost, "it forgot"),
    ])
    func aDeathIsCountedByItsCauseAndMadeGoodAtOnce(
        ending: InstanceEnding,
        cause: EndingCause,
        word: String
    ) throws {
        var (bench, id) = try Bench.ready()
        bench.ended(id, ending)
        #expect(bench.count(cause) == 1)
        #expect(bench.status.lastEnding?.sentence.contains(word) == true)
        #expect(bench.serving == nil)
        #expect(bench.lives[id] == .removing)
        #expect(bench.state == .starting)
        try bench.bringUp()
        #expect(bench.status.restarts == 1)
    }

    /// However long it takes; what nobody wants any more is missed by nobody.
    @Test func howLongNobodyServesIsCounted() throws {
        var (bench, id) = try Bench.ready()
        bench.ended(id, .signalled(11))
        let died = bench.now
        try bench.wait(.milliseconds(200))
        id = try bench.bringUp()
        #expect(bench.status.gaps.sum == bench.now - died)
        #expect(bench.status.gaps.total == 1)
        bench.replace()
        try bench.bringUp()
        #expect(bench.status.gaps.total == 1)
        let next = try #require(bench.serving)
        bench.ended(next, .signalled(11))
        bench.dismiss()
        try bench.want(Bench.spec())
        try bench.bringUp()
        #expect(bench.status.gaps.total == 1)
    }

    /// The socket ends a moment before the process is known to have ended, and does not say of what.
    @Test func theEndOfTheSocketWaitsForTheEndOfTheProcess() throws {
        var (bench, id) = try Bench.ready()
        bench.muted(id)
        #expect(bench.serving == nil)
        #expect(bench.status.restarts == 0)
        bench.now = bench.now + .milliseconds(20)
        bench.ended(id, .outOfMemory)
        #expect(bench.count(.outOfMemory) == 1)
        #expect(bench.status.restarts == 1)
    }

    @Test func anInstanceThatOnlyClosesItsSocketMisbehaves() throws {
        var (bench, id) = try Bench.ready()
        bench.muted(id)
        try bench.wait(.milliseconds(1000))
        #expect(bench.count(.misbehaved) == 1)
        #expect(bench.lives[id] == .removing)
    }

    @Test func silenceOfTwoSecondsIsDeath() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(5))
        #expect(bench.state == .ready)
        // The last sign of life may be a beat's interval ago.
        try bench.wait(.milliseconds(1400), silent: true)
        #expect(bench.state == .ready)
        try bench.wait(.milliseconds(700), silent: true)
        #expect(bench.count(.heartbeat) == 1)
        #expect(bench.lives[id] == .removing)
        #expect(bench.state == .starting)
    }

    /// Most likely it is dead already, and then what it is given dies with it.
    @Test func whoComesDuringASilenceWaits() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(5))
        // The last sign of life may be a beat's interval ago.
        try bench.wait(.milliseconds(400), silent: true)
        #expect(bench.serving == id)
        try bench.wait(.milliseconds(700), silent: true)
        #expect(bench.serving == nil)
        #expect(bench.state == .ready)
        // It was only slow: whoever waits goes to it.
        let last = try #require(bench.lastBeat)
        try bench.beat(id, last)
        #expect(bench.serving == id)
        try bench.wait(.seconds(2))
        #expect(bench.serving == id)
        #expect(bench.status.restarts == 0)
    }

    @Test func oneThatHasClosedItsSocketIsNotServedByAnAnswer() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(5))
        try bench.wait(.milliseconds(1500), silent: true)
        let last = try #require(bench.lastBeat)
        bench.muted(id)
        try bench.beat(id, last)
        #expect(bench.serving == nil)
    }

    /// A host that was stopped itself, or a laptop that slept, has heard nobody for its own fault.
    @Test func aHostThatWasAwayBlamesNobody() throws {
        var (bench, _) = try Bench.ready()
        try bench.wait(.seconds(1))
        bench.now = bench.now + .seconds(30)
        bench.feed { $0.tick(now: $1) }
        #expect(bench.state == .ready)
        try bench.wait(.milliseconds(1900), silent: true)
        #expect(bench.state == .ready)
        try bench.wait(.milliseconds(300), silent: true)
        #expect(bench.count(.heartbeat) == 1)
    }

    @Test func anInstanceThatIsStuckByItsOwnWordIsReplaced() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.milliseconds(100), silent: true)
        try bench.beat(id, 1, stuckFor: .seconds(6))
        #expect(bench.count(.ownCheck) == 1)
        #expect(bench.status.lastEnding?.sentence.contains("loop") == true)
    }

    @Test func answersNobodyAskedForAreMisbehaviour() throws {
        for number in [0, 2, UInt64.max] {
            var (bench, id) = try Bench.ready()
            try bench.wait(.milliseconds(100), silent: true)
            try bench.beat(id, number)
            #expect(bench.count(.misbehaved) == 1, "\(number)")
        }
        var (bench, id) = try Bench.ready()
        bench.configured(id)
        #expect(bench.count(.misbehaved) == 1)
        (bench, id) = try Bench.ready()
        bench.greet(id)
        #expect(bench.count(.misbehaved) == 1)
    }

    @Test func anInstanceMaySpeakOfItselfAlone() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.milliseconds(100), silent: true)
        try bench.beat(id, 1, relay: "other")
        #expect(bench.count(.misbehaved) == 1)
    }

    // MARK: Backing off

    @Test func onlyYoungDeathsInARowAreHeldBack() throws {
        var (bench, id) = try Bench.ready()
        for wait in [Duration.zero, .milliseconds(250), .milliseconds(500)] {
            try bench.wait(.seconds(1))
            bench.ended(id, .signalled(11))
            #expect(bench.reports.last?.wait == wait)
            try bench.wait(wait)
            id = try bench.bringUp()
        }
        // Of a good age: made good at once.
        try bench.wait(.seconds(11))
        bench.ended(id, .signalled(11))
        #expect(bench.reports.last?.wait == .zero)
        id = try bench.bringUp()
        // But those before it are not forgotten.
        bench.ended(id, .signalled(11))
        #expect(bench.reports.last?.wait == .seconds(1))
        try bench.wait(.seconds(1))
        id = try bench.bringUp()
        // Before a healthy minute is over.
        try bench.wait(.seconds(61))
        bench.ended(id, .signalled(11))
        id = try bench.bringUp()
        bench.ended(id, .signalled(11))
        #expect(bench.reports.last?.wait == .zero)
    }

    @Test func whoeverAsksNeedNotWaitForTheBackOff() throws {
        for isReplaced in [true, false] {
            var bench = try Bench()
            bench.want(try Bench.spec())
            for _ in 0..<2 { bench.failed(try bench.asked()) }
            #expect(bench.state == .backingOff)
            if isReplaced { bench.replace() } else { bench.want(try Bench.spec(viewers: 5)) }
            #expect(bench.state == .starting)
        }
    }

    // MARK: Being replaced

    @Test func aFreshInstanceServesBeforeTheOldOneIsToldToEnd() throws {
        var (bench, old) = try Bench.ready()
        bench.replace()
        #expect(bench.state == .replacing)
        #expect(bench.serving == old)
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.greet(fresh)
        try bench.wait(.seconds(1))
        #expect(bench.serving == old)
        bench.configured(fresh)
        #expect(bench.serving == fresh)
        #expect(bench.lives[old] == .draining)
        #expect(bench.state == .ready)
        #expect(bench.count(.replaced) == 1)
        bench.ended(old, .exited(code: 0))
        #expect(bench.lives[old] == .removing)
        bench.removed(old)
        #expect(bench.status.restarts == 1)
        #expect(bench.machine.isGone == false)
    }

    @Test func oneThatDoesNotEndWhenToldIsRemoved() throws {
        var (bench, old) = try Bench.ready()
        bench.replace()
        try bench.bringUp()
        try bench.wait(.milliseconds(4900))
        #expect(bench.lives[old] == .draining)
        try bench.wait(.milliseconds(100))
        #expect(bench.lives[old] == .removing)
        #expect(bench.status.restarts == 1)
    }

    @Test func aReplacementThatFailsLeavesTheOldOneServing() throws {
        var (bench, old) = try Bench.ready()
        bench.replace()
        bench.failed(try bench.asked())
        #expect(bench.state == .ready)
        #expect(bench.serving == old)
        #expect(bench.count(.startFailed) == 1)
        #expect(bench.status.lastEnding?.sentence.contains("goes on") == true)
    }

    @Test func theOldOneMayDieWhileItsSuccessorIsMade() throws {
        var (bench, old) = try Bench.ready()
        bench.replace()
        bench.ended(old, .signalled(11))
        #expect(bench.serving == nil)
        #expect(bench.state == .starting)
        #expect(bench.count(.signal) == 1)
        try bench.bringUp()
        #expect(bench.count(.replaced) == 0)
    }

    @Test func askingTwiceMakesOne() throws {
        var (bench, _) = try Bench.ready()
        bench.replace()
        bench.replace()
        #expect(bench.machine.starts == 2)
    }

    // MARK: Being changed

    @Test func aChangeIsSentToTheInstanceThatRuns() throws {
        var (bench, id) = try Bench.ready()
        let spec = try Bench.spec(viewers: 7)
        bench.want(spec)
        #expect(bench.actions == [.send(id, .configure(spec))])
        bench.want(spec)
        #expect(bench.actions.isEmpty)
        bench.configured(id, ["tick: needs a new instance."])
        #expect(bench.status.deferred == ["tick: needs a new instance."])
        #expect(bench.state == .ready)
        #expect(bench.serving == id)
    }

    @Test func whatTheContainerEnforcesWaitsForAFreshOne() throws {
        var (bench, id) = try Bench.ready()
        bench.want(try Bench.spec(memory: 128 << 20))
        bench.configured(id)
        #expect(bench.status.deferred.count == 1)
        #expect(bench.status.deferred.first?.contains("limits.memory") == true)
        bench.replace()
        try bench.bringUp()
        #expect(bench.status.deferred.isEmpty)
    }

    @Test func aChangeWhileStartingIsNotLost() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let id = try bench.asked()
        let second = try Bench.spec(key: "second")
        bench.want(second)
        bench.greet(id)
        #expect(bench.actions == [.send(id, .configure(second))])
        let third = try Bench.spec(key: "third")
        bench.want(third)
        #expect(bench.actions == [.send(id, .configure(third))])
        bench.configured(id)
        #expect(bench.state == .configuring)
        bench.configured(id)
        #expect(bench.state == .ready)
    }

    @Test func aChangeThatIsNeverTakenIsMisbehaviour() throws {
        var (bench, id) = try Bench.ready()
        bench.want(try Bench.spec(viewers: 7))
        try bench.wait(.seconds(10))
        #expect(bench.count(.misbehaved) == 1)
        #expect(bench.lives[id] == .removing)
    }

    // MARK: Going

    @Test func aRelayThatIsTakenOutIsDrainedAndGone() throws {
        var (bench, id) = try Bench.ready()
        bench.dismiss()
        #expect(bench.actions == [.letGo("Over."), .serve(nil), .send(id, .drain(sentence: "Over."))])
        #expect(bench.state == .draining)
        bench.ended(id, .exited(code: 0))
        #expect(bench.state == .draining)
        bench.removed(id)
        #expect(bench.machine.isGone)
        #expect(bench.status.restarts == 0)
    }

    @Test func oneThatStartsIsRemovedAtOnce() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let id = try bench.asked()
        bench.dismiss()
        #expect(bench.actions == [.letGo("Over."), .remove(id)])
        bench.removed(id)
        #expect(bench.machine.isGone)
    }

    @Test func oneThatComesBackWhileItGoesIsStartedAfresh() throws {
        var (bench, old) = try Bench.ready()
        bench.dismiss()
        bench.want(try Bench.spec())
        #expect(bench.state == .starting)
        let fresh = try bench.bringUp()
        bench.ended(old, .exited(code: 0))
        bench.removed(old)
        #expect(bench.serving == fresh)
        #expect(bench.state == .ready)
    }
}
