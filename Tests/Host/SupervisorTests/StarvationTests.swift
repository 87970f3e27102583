import Containers
import Contract
import Supervisor
import Testing

/// Instances that the machine refuses a processor.
@Suite struct StarvationTests {
    @Test func silenceIsNotHeldAgainstOneThatCannotRun() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(1))
        #expect(bench.machine.suspects(now: bench.now).isEmpty)
        try bench.wait(.milliseconds(500), silent: true)
        #expect(bench.machine.suspects(now: bench.now).map(\.processID) == [42])
        for _ in 0..<8 {
            bench.starved(id, .milliseconds(500))
            try bench.wait(.milliseconds(500), silent: true)
        }
        #expect(bench.count(.heartbeat) == 0)
        #expect(bench.state == .ready)
        #expect(bench.machine.starvation == .seconds(4))
        // People who come now are let in, for no other instance would have more.
        #expect(bench.machine.serving == id)

        try bench.beat(id, try #require(bench.lastBeat))
        #expect(bench.machine.starvation == .zero)
        #expect(bench.machine.suspects(now: bench.now).isEmpty)
        try bench.wait(.seconds(2), silent: true)
        #expect(bench.count(.heartbeat) == 1)
    }

    /// Its loops have stood as long as all of it.
    @Test func neitherAreLoopsThatCouldNotComeRound() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(1))
        for _ in 0..<70 {
            bench.starved(id, .milliseconds(100))
            try bench.wait(.milliseconds(100), silent: true)
        }
        try bench.beat(id, try #require(bench.lastBeat), stuckFor: .seconds(7))
        #expect(bench.state == .ready)
        #expect(bench.count(.ownCheck) == 0)

        // One that stands on while the others run is stuck all the same.
        for second in 1...5 {
            try bench.wait(.seconds(1), silent: true)
            try bench.beat(id, try #require(bench.lastBeat), stuckFor: .seconds(7 + second))
            #expect(bench.count(.ownCheck) == 0)
        }
        try bench.wait(.milliseconds(500), silent: true)
        try bench.beat(id, try #require(bench.lastBeat), stuckFor: .seconds(12))
        #expect(bench.count(.ownCheck) == 1)
    }

    @Test func norThoseOfARelayWhoseHostWasAwayAsWell() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(1))
        bench.now = bench.now + .seconds(30)
        bench.feed { $0.tick(now: $1) }
        try bench.beat(id, try #require(bench.lastBeat), stuckFor: .seconds(30))
        #expect(bench.state == .ready)
        #expect(bench.count(.ownCheck) == 0)
    }

    @Test func thereIsAnEndToIt() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(1))
        for _ in 0..<130 where bench.count(.heartbeat) == 0 {
            bench.starved(id, .milliseconds(100))
            try bench.wait(.milliseconds(100), silent: true)
        }
        #expect(bench.count(.heartbeat) == 1)
        #expect(bench.status.lastEnding?.sentence == "It gave no sign of life for 12.0 seconds.")
    }

    /// A reading may cover more than the silence.
    @Test func noMoreIsForgivenThanThereWasSilence() throws {
        var (bench, id) = try Bench.ready()
        try bench.wait(.seconds(1))
        try bench.wait(.milliseconds(600), silent: true)
        bench.starved(id, .seconds(100))
        #expect(bench.machine.starvation <= .seconds(1.1))
        bench.starved(InstanceID(try RelayName("live"), nonce: 0), .seconds(1))
        try bench.wait(.seconds(2), silent: true)
        #expect(bench.count(.heartbeat) == 1)
    }

    @Test func oneThatIsOnItsWayIsWaitedForAsWell() throws {
        var bench = try Bench()
        bench.want(try Bench.spec())
        let id = try bench.asked()
        try bench.wait(.seconds(5))
        #expect(bench.machine.suspects(now: bench.now).isEmpty, "nothing is known of its process")
        bench.started(id)
        #expect(bench.machine.suspects(now: bench.now).map(\.id) == [id])
        bench.starved(id, .seconds(3))
        try bench.wait(.milliseconds(7900))
        #expect(bench.count(.startFailed) == 0)
        try bench.wait(.milliseconds(100))
        #expect(bench.count(.startFailed) == 1)
    }

    @Test func bothOfAReplacementAreWaitedFor() throws {
        var (bench, id) = try Bench.ready()
        bench.replace()
        let fresh = try bench.asked()
        bench.started(fresh)
        try bench.wait(.seconds(1), silent: true)
        #expect(bench.machine.suspects(now: bench.now).map(\.id) == [id, fresh])
        for suspect in [id, fresh] { bench.starved(suspect, .milliseconds(900)) }
        try bench.wait(.milliseconds(1500), silent: true)
        #expect(bench.state == .replacing)
        #expect(bench.count(.heartbeat) == 0)
    }

    @Test func whatIsStoppedSuspectsNobody() throws {
        var bench = try Bench()
        #expect(bench.machine.suspects(now: bench.now).isEmpty)
        bench.starved(InstanceID(try RelayName("live"), nonce: 0), .seconds(1))
        #expect(bench.machine.starvation == .zero)
    }
}
