import Containers
import Contract
import Supervisor
import Testing
import Toolkit

/// Whatever happens, in whatever order: promises of the machine that hold after every input.
@Suite struct RandomLivesTests {
    @Test(arguments: 0..<200 as Range<UInt64>)
    func promisesHold(seed: UInt64) throws {
        var dice = SeededGenerator(seed: seed)
        // Of every other one the second of its two lives is a blank instance's.
        var bench = try Bench(keepsStandby: seed % 2 == 1)
        bench.connections = 1
        bench.want(try Bench.spec())
        for _ in 0..<400 {
            try Self.step(&bench, &dice)
            Self.check(bench, seed)
        }
        bench.dismiss()
        Self.check(bench, seed)
        try bench.wait(.seconds(6), silent: true)
        for id in bench.lives.keys {
            #expect(bench.lives[id] == .removing, "seed \(seed)")
            bench.removed(id)
        }
        #expect(bench.machine.isGone, "seed \(seed)")
        #expect(bench.state == .stopped)
        #expect(bench.machine.starts == bench.status.restarts + bench.machine.dismissals, "seed \(seed)")
    }

    private static func check(_ bench: Bench, _ seed: UInt64) {
        let useful = bench.lives.values.filter { $0 == .asked || $0 == .running }.count
        let spare = seed % 2 == 1 ? 1 : 0
        switch bench.state {
        case .starting, .configuring, .ready: #expect((1...1 + spare).contains(useful), "seed \(seed)")
        case .replacing: #expect((2...2 + spare).contains(useful), "seed \(seed)")
        case .backingOff: #expect((0...spare).contains(useful), "seed \(seed)")
        case .draining, .stopped: #expect(useful == 0, "seed \(seed)")
        }
        if let serving = bench.serving {
            #expect(bench.lives[serving] == .running || bench.lives[serving] == .asked, "seed \(seed)")
        }
        #expect(
            bench.machine.starts == bench.status.restarts + bench.machine.dismissals + UInt64(useful),
            "seed \(seed)"
        )
    }

    private static func step(_ bench: inout Bench, _ dice: inout SeededGenerator) throws {
        let ids = bench.lives.keys.sorted { $0.rawValue < $1.rawValue }
        guard let id = ids.randomElement(using: &dice) else {
            return bench.want(try Bench.spec())
        }
        switch Int.random(in: 0..<22, using: &dice) {
        case 0: bench.ended(id, .signalled(9))
        case 1: bench.ended(id, .exited(code: 0))
        case 2: bench.ended(id, .outOfMemory)
        case 3: if bench.lives[id] == .asked { bench.failed(id) }
        case 4, 5: bench.started(id)
        case 6, 7: bench.greet(id)
        case 8, 9: bench.configured(id)
        case 10: bench.muted(id)
        case 11: bench.misbehaved(id)
        case 12:
            // What is removed is dead, though that may be heard of later.
            if bench.lives[id] == .removing { bench.removed(id) }
        case 13: bench.replace()
        case 14: bench.want(try Bench.spec(viewers: .random(in: 1...50, using: &dice)))
        case 15: if Bool.random(using: &dice) { bench.dismiss() }
        case 16: try bench.wait(.milliseconds(.random(in: 1...12_000, using: &dice)), silent: true)
        // Only who serves stores anything.
        case 18, 19: if bench.serving != nil { bench.stored = .random(in: 0...3, using: &dice) }
        case 17: try bench.beat(id, .random(in: 0...3, using: &dice))
        default: try bench.wait(.milliseconds(.random(in: 1...3000, using: &dice)))
        }
    }
}
