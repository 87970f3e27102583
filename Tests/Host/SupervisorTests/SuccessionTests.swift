import Containers
import Contract
import Supervisor
import Testing

/// Who goes on with what is stored, and when.
@Suite struct SuccessionTests {
    private static func storing() throws -> (Bench, InstanceID) {
        var (bench, id) = try Bench.ready()
        bench.stored = 3
        return (bench, id)
    }

    @Test func theSuccessorOfADeadInstanceGoesOnAtOnce() throws {
        var (bench, old) = try Self.storing()
        bench.ended(old, .signalled(9))
        let fresh = try bench.bringUp()
        #expect(bench.actions == [.resume(fresh), .serve(fresh)])
    }

    /// One that is only believed to be dead may wake up and write.
    @Test func theSuccessorWaitsForTheEndOfTheOther() throws {
        var (bench, old) = try Self.storing()
        bench.misbehaved(old)
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.greet(fresh)
        bench.configured(fresh)
        #expect(bench.actions.isEmpty)
        #expect(bench.state == .configuring && bench.serving == nil)
        // What has no trace any more is not known to be dead.
        bench.removed(old)
        #expect(bench.actions.isEmpty)
        bench.ended(old, .signalled(9))
        #expect(bench.actions == [.resume(fresh), .serve(fresh)])
        #expect(bench.stored == 3)
    }

    @Test func whereNothingIsStoredNobodyWaits() throws {
        var (bench, old) = try Bench.ready()
        bench.misbehaved(old)
        let fresh = try bench.bringUp()
        #expect(bench.actions == [.resume(fresh), .serve(fresh)])
        // What that one stores has nothing to do with the one whose end nobody has seen.
        bench.stored = 1
        bench.ended(fresh, .signalled(9))
        try bench.wait(.milliseconds(300), silent: true)
        try bench.bringUp()
        #expect(bench.stored == 1)
    }

    @Test func oneThatDoesNotDieCostsWhatWasStoredAndNotTheRelay() throws {
        var (bench, old) = try Self.storing()
        bench.misbehaved(old)
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.greet(fresh)
        bench.configured(fresh)
        try bench.wait(bench.machine.deadlines.succession - .milliseconds(100), silent: true)
        #expect(bench.serving == nil && bench.stored == 3)
        try bench.wait(.milliseconds(100), silent: true)
        #expect(bench.serving == fresh && bench.stored == 0)
    }

    @Test func aChangeReachesOneThatWaits() throws {
        var (bench, old) = try Self.storing()
        bench.misbehaved(old)
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.greet(fresh)
        bench.configured(fresh)
        let changed = try Bench.spec(viewers: 7)
        bench.want(changed)
        #expect(bench.actions == [.send(fresh, .configure(changed))])
        bench.ended(old, .signalled(9))
        #expect(bench.serving == nil, "it has not answered")
        bench.configured(fresh)
        #expect(bench.serving == fresh)
    }

    @Test func aReplacedInstanceIsKilledOnceTheOtherIsReady() throws {
        var (bench, old) = try Self.storing()
        bench.replace()
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.greet(fresh)
        #expect(bench.serving == old)
        bench.configured(fresh)
        #expect(bench.killed == [old])
        #expect(bench.serving == nil && bench.count(.replaced) == 1)
        bench.ended(old, .signalled(9))
        #expect(bench.actions == [.resume(fresh), .serve(fresh), .remove(old)])
        #expect(bench.status.restarts == 1)
    }

    @Test func aReplacedInstanceThatHasStoredNothingSaysFarewell() throws {
        var (bench, old) = try Bench.ready()
        bench.replace()
        let fresh = try bench.bringUp()
        #expect(bench.killed.isEmpty && bench.lives[old] == .draining)
        #expect(bench.resumed.last == fresh)
    }

    /// The one that was to be replaced dies first, or the other does.
    @Test func aReplacementThatIsOvertakenByADeath() throws {
        var (bench, old) = try Self.storing()
        bench.replace()
        let fresh = try bench.asked()
        bench.started(fresh)
        bench.ended(old, .outOfMemory)
        bench.greet(fresh)
        bench.configured(fresh)
        #expect(bench.serving == fresh && bench.stored == 3)

        bench.replace()
        let third = try bench.asked()
        bench.started(third)
        bench.greet(third)
        bench.configured(third)
        bench.ended(third, .signalled(9))
        bench.ended(fresh, .signalled(9))
        let fourth = try bench.bringUp()
        #expect(bench.serving == fourth && bench.stored == 3)
    }

    @Test func whatNobodyGoesOnWithIsLetGo() throws {
        var (bench, old) = try Self.storing()
        bench.ended(old, .signalled(9))
        while bench.stored > 0 {
            if let next = bench.lives.first(where: { $0.value == .asked }) { bench.failed(next.key) }
            try bench.wait(.milliseconds(100), silent: true)
            #expect(bench.now - Instant(microseconds: 1_000_000_000) <= bench.machine.deadlines.keep)
        }
        #expect(bench.now - Instant(microseconds: 1_000_000_000) >= bench.machine.deadlines.keep)
    }

    @Test func aRelayThatIsTakenOutLeavesNothing() throws {
        for isDead in [false, true] {
            var (bench, old) = try Self.storing()
            if isDead { bench.ended(old, .signalled(9)) }
            bench.dismiss()
            #expect(bench.stored == 0)
        }
    }
}
