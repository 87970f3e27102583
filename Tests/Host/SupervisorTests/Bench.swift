import Containers
import Contract
import Supervisor
import Testing

/// A machine, its clock, and the instances it believes in.
struct Bench {
    enum Life: Hashable {
        case asked, running, draining, removing
    }

    var machine: RelayMachine
    var now = Instant(microseconds: 1_000_000_000)
    /// What was started and not reported as removed.
    private(set) var lives: [InstanceID: Life] = [:]
    private(set) var serving: InstanceID?
    private(set) var reports: [(cause: EndingCause, wait: Duration)] = []
    /// How many things are stored, as the machine is told.
    var stored = 0
    /// Those that were told to go on, those of them that are not known to be dead, and those that were killed.
    private(set) var resumed: [InstanceID] = []
    private(set) var writers: Set<InstanceID> = []
    private(set) var killed: [InstanceID] = []
    /// The number of the last sign of life that was asked for.
    private(set) var lastBeat: UInt64?
    /// Of the last input.
    private(set) var actions: [RelayAction] = []

    /// What instances say that they have.
    var connections = 0

    init(deadlines: RelayDeadlines = RelayDeadlines(), keepsStandby: Bool = false) throws {
        self.machine = RelayMachine(
            name: try RelayName("live"),
            nonce: 1,
            deadlines: deadlines,
            keepsStandby: keepsStandby,
            now: self.now
        )
    }

    static func spec(
        viewers: Int = 100,
        memory: Int = 64 << 20,
        play: PlayPolicy = .open,
        key: String = "k"
    ) throws -> RelaySpec {
        try RelaySpec(
            name: RelayName("live"),
            publishKey: Secret(key),
            play: play,
            limits: LimitsSpec(viewers: viewers, memory: memory, tape: 8 << 20)
        )
    }

    mutating func feed(_ input: (inout RelayMachine, Instant) -> [RelayAction]) {
        self.actions = input(&self.machine, self.now)
        for action in self.actions {
            switch action {
            case .start(let id, _):
                #expect(self.lives[id] == nil, "an instance's name is used twice")
                self.lives[id] = .asked
            case .send(let id, .drain): self.lives[id] = .draining
            case .send(let id, let message):
                if case .beat(let number) = message { self.lastBeat = number }
                #expect(self.lives[id] == .running || self.lives[id] == .asked, "\(action)")
            case .remove(let id):
                #expect(self.lives[id] != nil && self.lives[id] != .removing, "\(action)")
                self.lives[id] = .removing
            case .resume(let id):
                #expect(self.lives[id] == .running || self.lives[id] == .asked, "\(action)")
                #expect(self.serving == nil || self.stored == 0, "another one serves")
                #expect(self.stored == 0 || self.writers.subtracting([id]).isEmpty, "another one may still write")
                // Whoever is not known to be dead has stored nothing of what there will be.
                if self.stored == 0 { self.writers = [] }
                self.resumed.append(id)
                self.writers.insert(id)
            case .kill(let id):
                #expect(self.lives[id] == .running || self.lives[id] == .asked, "\(action)")
                self.lives[id] = .draining
                self.killed.append(id)
            case .letGo:
                self.stored = 0
                self.writers = []
            case .serve(let id): self.serving = id
            case .report(_, let ending, let wait, _): self.reports.append((ending.cause, wait))
            }
        }
        #expect(self.machine.serving == self.serving)
    }

    // MARK: Inputs

    mutating func want(_ spec: RelaySpec) { self.feed { $0.want(spec, now: $1) } }
    mutating func dismiss() { self.feed { $0.dismiss("Over.", now: $1) } }
    mutating func replace() { self.feed { $0.replace(now: $1) } }

    mutating func started(_ id: InstanceID) {
        if self.lives[id] == .asked { self.lives[id] = .running }
        self.feed { $0.started(id, processID: 42, now: $1) }
    }

    mutating func greet(_ id: InstanceID, version: Int = RelayMessage.languageVersion) {
        self.feed { $0.greeted(id, version: version, now: $1) }
    }

    mutating func configured(_ id: InstanceID, _ deferred: [String] = []) {
        let stored = self.stored
        self.feed { $0.configured(id, deferred: deferred, stored: stored, now: $1) }
    }

    mutating func ended(_ id: InstanceID, _ ending: InstanceEnding) {
        self.writers.remove(id)
        self.feed { $0.ended(id, ending, now: $1) }
    }

    mutating func failed(_ id: InstanceID) {
        self.writers.remove(id)
        self.feed { $0.failedToStart(id, "The runtime said no.", now: $1) }
        self.lives[id] = nil
    }

    mutating func removed(_ id: InstanceID) {
        self.feed { $0.removed(id, now: $1) }
        self.lives[id] = nil
    }

    mutating func starved(_ id: InstanceID, _ time: Duration) { self.machine.starved(id, for: time, now: self.now) }

    mutating func muted(_ id: InstanceID) { self.feed { $0.muted(id, now: $1) } }
    mutating func misbehaved(_ id: InstanceID) { self.feed { $0.misbehaved(id, "It lies.", now: $1) } }

    mutating func beat(_ id: InstanceID, _ number: UInt64, stuckFor: Duration = .zero, relay: String = "live") throws {
        var snapshot = RelaySnapshot(
            relay: try RelayName(relay),
            clock: ClockReading(now: self.now, unix: 0),
            startedAt: self.now
        )
        let tick = Instant(microseconds: self.now.microseconds - stuckFor.components.seconds * 1_000_000)
        snapshot.connections = self.connections
        snapshot.loops = [LoopSnapshot(name: "loop", lastTick: tick)]
        self.feed { $0.beaten(id, number: number, snapshot, now: $1) }
    }

    /// Lets time pass in steps of 100 ms; beats are answered unless `silent`.
    mutating func wait(_ duration: Duration, silent: Bool = false) throws {
        let end = self.now + duration
        while self.now < end {
            self.now = min(end, self.now + .milliseconds(100))
            let isDue = self.machine.nextTick.map { $0 <= self.now } ?? false
            let before = self.state
            self.feed { $0.tick(now: $1) }
            // Whoever tells the time sleeps until then.
            if !isDue { #expect(self.actions.isEmpty && self.state == before) }
            guard !silent else { continue }
            for case .send(let id, .beat(let number)) in self.actions { try self.beat(id, number) }
        }
    }

    /// The first instance that is on its way.
    func asked() throws -> InstanceID { try #require(self.lives.first { $0.value == .asked }?.key) }

    /// Takes the instance that was asked for all the way to being ready.
    @discardableResult
    mutating func bringUp() throws -> InstanceID {
        let id = try self.asked()
        self.started(id)
        self.greet(id)
        self.configured(id)
        #expect(self.serving == id)
        return id
    }

    /// A relay with an instance that serves.
    static func ready(
        deadlines: RelayDeadlines = RelayDeadlines(),
        keepsStandby: Bool = false
    ) throws -> (Bench, InstanceID) {
        var bench = try Bench(deadlines: deadlines, keepsStandby: keepsStandby)
        bench.want(try Self.spec())
        let id = try bench.bringUp()
        return (bench, id)
    }

    var state: RelayState { self.machine.relayState }
    var status: RelayStatus { self.machine.status }

    func count(_ cause: EndingCause) -> UInt64 { self.status.endings[cause] ?? 0 }
}
