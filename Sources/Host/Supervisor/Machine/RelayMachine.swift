package import Containers
package import Contract

/// Keeps one relay as the configuration wants it: what happens goes in, what to do about it comes out. It knows no clock,
/// no process and no socket.
package struct RelayMachine: Sendable {
    enum State: Hashable, Sendable {
        /// No instance takes connections, and none will.
        case stopped
        case backingOff(until: Instant)
        case starting(Attempt)
        case ready(Serving)
        /// The first serves until the second can.
        case replacing(Serving, Attempt)
    }

    /// An instance that serves nobody new and is not counted on any more.
    enum Leaving: Hashable, Sendable {
        /// It was told to end and has until then.
        case draining(until: Instant)
        /// Its removal was asked for.
        case removing
    }

    package let name: RelayName
    package let deadlines: RelayDeadlines

    /// Nil: the relay shall be gone.
    private(set) var wanted: RelaySpec?
    var state = State.stopped
    var leaving: [InstanceID: Leaving] = [:]
    /// Instances that served, were given up, and are not known to be dead: they may still use what they have stored.
    var undead: Set<InstanceID> = []
    /// When the last instance that served was given up; nil once another has gone on with what it had stored.
    var orphanedAt: Instant?
    /// When the last instance that served was given up; nil once another serves.
    var unservedSince: Instant?
    var backOff = BackOff()
    /// Whether a blank instance is to wait until it is needed.
    let keepsStandby: Bool
    var standby: Attempt?
    /// When one was lost that had not been needed.
    var standbyLostAt: Instant?
    var since: Instant
    var lastTick: Instant
    private var servedAt: Instant?
    private(set) var endings: [EndingCause: UInt64] = [:]
    private(set) var lastEnding: EndingStatus?
    /// For how long nobody served when one instance had to follow another.
    var gaps = DurationHistogram<GapSteps>()

    /// Instances asked for, and instances that were told to end because nobody wants them.
    package private(set) var starts: UInt64 = 0
    package internal(set) var dismissals: UInt64 = 0
    private var nonce: UInt32

    /// - Parameters:
    ///   - name: The relay's.
    ///   - nonce: Of the first instance's name; random, so that no other host process has given out the same.
    ///   - deadlines: How long to wait for what.
    ///   - keepsStandby: Whether a blank instance is to wait until it is needed.
    ///   - now: The machine's start.
    package init(
        name: RelayName,
        nonce: UInt32,
        deadlines: RelayDeadlines = RelayDeadlines(),
        keepsStandby: Bool = false,
        now: Instant
    ) {
        self.name = name
        self.keepsStandby = keepsStandby
        self.nonce = nonce
        self.deadlines = deadlines
        self.since = now
        self.lastTick = now
    }

    // MARK: What it knows

    /// The instance that connections go to.
    package var serving: InstanceID? {
        switch self.state {
        case .ready(let serving), .replacing(let serving, _): serving.takesConnections ? serving.id : nil
        case .stopped, .backingOff, .starting: nil
        }
    }

    /// Whether nothing is left of it.
    package var isGone: Bool { self.wanted == nil && self.state == .stopped && self.leaving.isEmpty }

    package var relayState: RelayState {
        switch self.state {
        case .stopped: self.leaving.isEmpty ? .stopped : .draining
        case .backingOff: .backingOff
        case .starting(let attempt): attempt.stage == .making ? .starting : .configuring
        case .ready: .ready
        case .replacing: .replacing
        }
    }

    package var status: RelayStatus {
        var status = RelayStatus(
            name: self.name,
            state: self.relayState,
            since: self.since,
            endings: self.endings,
            lastEnding: self.lastEnding,
            play: self.wanted?.play ?? .open,
            streams: self.wanted?.streams?.map(\.name),
            declaredSources: self.wanted?.declaredSources ?? [:],
            sourceTimeout: self.wanted?.sourceTimeout ?? RelaySpec.Defaults.sourceTimeout,
            judgement: self.wanted?.judgement ?? .standard
        )
        status.servedAt = self.servedAt
        status.gaps = self.gaps
        switch self.state {
        case .stopped: break
        case .backingOff(let until): status.retryAt = until
        case .starting(let attempt): status.instance = attempt.status
        case .ready(let serving), .replacing(let serving, _):
            status.instance = serving.status
            status.snapshot = serving.snapshot
            status.heardAt = serving.snapshot == nil ? nil : serving.heardAt
            status.deferred = self.deferred(serving)
        }
        return status
    }

    private func deferred(_ serving: Serving) -> [String] {
        guard let wanted = self.wanted else { return [] }
        return serving.deferred + serving.allowance.shortfall(of: InstanceAllowance(wanted.limits))
    }

    // MARK: What is wanted

    /// The configuration names the relay so from here on.
    package mutating func want(_ spec: RelaySpec, now: Instant) -> [RelayAction] {
        guard spec != self.wanted else { return [] }
        self.wanted = spec
        return self.following(now) { machine in
            let fits = machine.standby.map { $0.allowance == InstanceAllowance(spec.limits) } ?? true
            return (fits ? [] : machine.discardStandby()) + machine.pursue(spec, now)
        }
    }

    private mutating func pursue(_ spec: RelaySpec, _ now: Instant) -> [RelayAction] {
        switch self.state {
        case .stopped:
            return self.begin(now)
        case .backingOff:
            // What killed the others may just have been put right.
            self.backOff.forget()
            return self.begin(now)
        case .starting(var attempt):
            let actions = Self.configure(&attempt, spec)
            self.state = .starting(attempt)
            return actions
        case .ready(var serving):
            let actions = Self.configure(&serving, spec, now)
            self.state = .ready(serving)
            return actions
        case .replacing(var serving, var attempt):
            let actions = Self.configure(&serving, spec, now) + Self.configure(&attempt, spec)
            self.state = .replacing(serving, attempt)
            return actions
        }
    }

    /// The relay shall be gone; the sentence is what its publishers are told.
    package mutating func dismiss(_ sentence: String, now: Instant) -> [RelayAction] {
        self.wanted = nil
        self.unservedSince = nil
        return self.following(now) { machine in
            machine.backOff.forget()
            let state = machine.state
            machine.state = .stopped
            let discarded = machine.discardStandby()
            return discarded + machine.leave(state, sentence, now)
        }
    }

    private mutating func leave(_ state: State, _ sentence: String, _ now: Instant) -> [RelayAction] {
        switch state {
        case .stopped:
            return []
        case .backingOff:
            return [self.letGo(sentence)]
        case .starting(let attempt):
            return [self.letGo(sentence)] + self.dismiss(attempt)
        case .ready(let serving):
            return [self.letGo(sentence)] + self.dismiss(serving, sentence, now)
        case .replacing(let serving, let attempt):
            return [self.letGo(sentence)] + self.dismiss(serving, sentence, now) + self.dismiss(attempt)
        }
    }

    /// Somebody wants a fresh instance. Nothing to do where one is on its way.
    package mutating func replace(now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.state {
            case .stopped, .starting, .replacing:
                return []
            case .backingOff:
                return machine.discardStandby() + machine.begin(now)
            case .ready(let serving):
                // The program may be another by now.
                let discarded = machine.discardStandby()
                let (attempt, actions) = machine.attempt(now)
                machine.state = .replacing(serving, attempt)
                return discarded + actions
            }
        }
    }

    // MARK: Shared by all inputs

    /// Runs a transition and notes when it led to another state.
    mutating func following(_ now: Instant, _ step: (inout RelayMachine) -> [RelayAction]) -> [RelayAction] {
        let before = self.relayState
        if self.serving != nil { self.servedAt = now }
        let actions = step(&self)
        if self.relayState != before { self.since = now }
        return actions
    }

    mutating func begin(_ now: Instant) -> [RelayAction] {
        let (attempt, actions) = self.takeStandby(now) ?? self.attempt(now)
        self.state = .starting(attempt)
        return actions
    }

    mutating func attempt(_ now: Instant) -> (Attempt, [RelayAction]) {
        let id = InstanceID(self.name, nonce: self.nonce)
        self.nonce &+= 1
        self.starts += 1
        let allowance = InstanceAllowance(self.wanted?.limits ?? .standard)
        return (Attempt(id: id, allowance: allowance, askedAt: now), [.start(id, allowance)])
    }

    /// Counts an ending. The wait is for the log.
    mutating func count(
        _ id: InstanceID,
        _ cause: EndingCause,
        _ sentence: String,
        next: Duration,
        wasKilled: Bool = false,
        now: Instant
    ) -> RelayAction {
        let ending = EndingStatus(at: now, cause: cause, sentence: sentence)
        self.endings[cause, default: 0] += 1
        self.lastEnding = ending
        return .report(id, ending, next: next, wasKilled: wasKilled)
    }

    private static func configure(_ attempt: inout Attempt, _ spec: RelaySpec) -> [RelayAction] {
        switch attempt.stage {
        case .making, .waiting: return []
        case .configuring(let awaited): attempt.stage = .configuring(awaited: awaited + 1)
        case .succeeding: attempt.stage = .configuring(awaited: 1)
        }
        return [.send(attempt.id, .configure(spec))]
    }

    /// Nobody goes on with what is stored, so it matters to nobody who uses it still.
    mutating func letGo(_ sentence: String) -> RelayAction {
        self.undead = []
        self.orphanedAt = nil
        return .letGo(sentence)
    }

    private static func configure(_ serving: inout Serving, _ spec: RelaySpec, _ now: Instant) -> [RelayAction] {
        if serving.configuresAwaited == 0 { serving.configureSince = now }
        serving.configuresAwaited += 1
        return [.send(serving.id, .configure(spec))]
    }

    /// One that serves nobody yet has nothing to drain.
    private mutating func dismiss(_ attempt: Attempt) -> [RelayAction] {
        self.dismissals += 1
        self.leaving[attempt.id] = .removing
        return [.remove(attempt.id)]
    }

    private mutating func dismiss(_ serving: Serving, _ sentence: String, _ now: Instant) -> [RelayAction] {
        self.dismissals += 1
        return [.serve(nil)] + self.retire(serving, sentence, now)
    }

    mutating func retire(_ serving: Serving, _ sentence: String, _ now: Instant) -> [RelayAction] {
        guard serving.mutedAt == nil else {
            self.leaving[serving.id] = .removing
            return [.remove(serving.id)]
        }
        self.leaving[serving.id] = .draining(until: now + self.deadlines.drain)
        return [.send(serving.id, .drain(sentence: sentence))]
    }
}
