import Containers
import Contract
import Supervisor
import Testing

/// A blank instance that waits to be needed.
@Suite struct StandbyTests {
    /// A relay that has connections, and the instance that waits.
    private static func waiting() throws -> (bench: Bench, serving: InstanceID, standby: InstanceID) {
        var (bench, serving) = try Bench.ready(keepsStandby: true)
        bench.connections = 1
        try bench.wait(.seconds(3))
        let standby = try bench.asked()
        bench.started(standby)
        bench.greet(standby)
        #expect(bench.actions == [] && bench.state == .ready && bench.serving == serving)
        return (bench, serving, standby)
    }

    @Test func `it takes over at once, and another follows it`() throws {
        var (bench, serving, standby) = try Self.waiting()
        bench.stored = 3
        bench.ended(serving, .signalled(11))
        #expect(bench.actions.contains(.send(standby, .configure(try Bench.spec()))))
        #expect(bench.state == .configuring)
        bench.now = bench.now + .milliseconds(8)
        bench.configured(standby)
        #expect(bench.serving == standby && bench.resumed.last == standby)
        #expect(bench.status.instance?.startTime == .milliseconds(8))
        #expect(bench.status.restarts == 1)
        try bench.wait(.seconds(3))
        let next = try bench.asked()
        #expect(next != standby && next != serving)
    }

    @Test func `nobody keeps one for a relay without connections`() throws {
        var (bench, _) = try Bench.ready(keepsStandby: true)
        try bench.wait(.seconds(5))
        #expect(bench.machine.starts == 1)
    }

    @Test func `one that is on its way becomes the next`() throws {
        var (bench, serving) = try Bench.ready(keepsStandby: true)
        bench.connections = 1
        try bench.wait(.seconds(3))
        let standby = try bench.asked()
        bench.ended(serving, .signalled(11))
        #expect(bench.machine.starts == 2)
        bench.started(standby)
        bench.greet(standby)
        bench.configured(standby)
        #expect(bench.serving == standby)
    }

    @Test func `a planned replacement makes a fresh one of whatever program is there now`() throws {
        var (bench, serving, standby) = try Self.waiting()
        bench.replace()
        #expect(bench.actions.first == .remove(standby))
        bench.removed(standby)
        let fresh = try bench.bringUp()
        #expect(fresh != standby && fresh != serving)
    }

    @Test func `other limits want another container`() throws {
        var (bench, _, standby) = try Self.waiting()
        bench.want(try Bench.spec(memory: 128 << 20))
        #expect(bench.actions.contains(.remove(standby)))
        bench.removed(standby)
        try bench.wait(.seconds(1))
        #expect(try bench.asked() != standby)
    }

    @Test(arguments: 0..<6) func `one that dies, lies or is not heard of is followed after a while`(way: Int) throws {
        var (bench, serving, standby) = try Self.waiting()
        switch way {
        case 0: bench.ended(standby, .outOfMemory)
        case 1: bench.misbehaved(standby)
        case 2: bench.muted(standby)
        case 3: bench.greet(standby)
        case 4: bench.configured(standby)
        default: try bench.beat(standby, 1)
        }
        #expect(bench.actions == [.remove(standby)])
        #expect(bench.serving == serving && bench.state == .ready && bench.status.restarts == 0)
        bench.removed(standby)
        try bench.wait(.seconds(30))
        #expect(bench.machine.starts == 2)
        try bench.wait(.seconds(31))
        #expect(bench.machine.starts == 3)
    }

    @Test func `one that cannot be started, or says nothing, costs nobody anything`() throws {
        var (bench, serving) = try Bench.ready(keepsStandby: true)
        bench.connections = 1
        try bench.wait(.seconds(3))
        bench.failed(try bench.asked())
        #expect(bench.actions == [] && bench.serving == serving)
        try bench.wait(.seconds(61))
        let silent = try bench.asked()
        bench.started(silent)
        try bench.wait(.seconds(11))
        #expect(bench.lives[silent] == .removing && bench.serving == serving)
        #expect(bench.reports.isEmpty)
    }

    @Test func `one that does not take its spec is given up soon`() throws {
        var (bench, serving, standby) = try Self.waiting()
        bench.ended(serving, .signalled(11))
        try bench.wait(.seconds(2.5), silent: true)
        #expect(bench.lives[standby] == .removing)
        #expect(bench.machine.starts == 3)
    }

    @Test func `it goes with the relay`() throws {
        var (bench, _, standby) = try Self.waiting()
        bench.dismiss()
        #expect(bench.lives[standby] == .removing)
    }
}
