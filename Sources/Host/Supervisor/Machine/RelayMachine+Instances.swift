package import Containers
package import Contract

/// What instances do, and what is done about it. An instance that the machine has let go of is nobody: what it says, and
/// how it ends, changes nothing but its own removal.
extension RelayMachine {
    private enum Role {
        case starting(Attempt)
        case serving(Serving)
        case standingBy(Attempt)
        case leaving(Leaving)
    }

    private func role(of id: InstanceID) -> Role? {
        if let leaving = self.leaving[id] { return .leaving(leaving) }
        if let standby = self.standby, standby.id == id { return .standingBy(standby) }
        switch self.state {
        case .stopped, .backingOff: return nil
        case .starting(let attempt): return attempt.id == id ? .starting(attempt) : nil
        case .ready(let serving): return serving.id == id ? .serving(serving) : nil
        case .replacing(let serving, let attempt):
            if serving.id == id { return .serving(serving) }
            return attempt.id == id ? .starting(attempt) : nil
        }
    }

    /// Puts a changed one back in its place.
    private mutating func keep(_ attempt: Attempt) {
        if case .replacing(let serving, _) = self.state {
            self.state = .replacing(serving, attempt)
        } else {
            self.state = .starting(attempt)
        }
    }

    private mutating func keep(_ serving: Serving) {
        if case .replacing(_, let attempt) = self.state {
            self.state = .replacing(serving, attempt)
        } else {
            self.state = .ready(serving)
        }
    }

    // MARK: The container

    package mutating func started(_ id: InstanceID, processID: Int32, now: Instant) -> [RelayAction] {
        switch self.role(of: id) {
        case .starting(var attempt):
            attempt.processID = processID
            self.keep(attempt)
        case .serving(var serving):
            serving.processID = processID
            self.keep(serving)
        case .standingBy: self.standby?.processID = processID
        case .leaving, nil: break
        }
        return []
    }

    /// The runtime could not start it, and has removed what it had made.
    package mutating func failedToStart(_ id: InstanceID, _ sentence: String, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting, .serving:
                let actions = machine.lose(id, .startFailed, sentence, now)
                machine.leaving[id] = nil
                return actions.filter { $0 != .remove(id) } + machine.bury(id, now)
            case .standingBy:
                _ = machine.loseStandby(now)
                machine.leaving[id] = nil
                return []
            case .leaving:
                machine.leaving[id] = nil
                return machine.bury(id, now)
            case nil:
                return []
            }
        }
    }

    package mutating func ended(_ id: InstanceID, _ ending: InstanceEnding, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting(let attempt):
                return machine.lose(id, ending.cause, ending.sentence(attempt.allowance), now)
            case .serving(let serving):
                let (cause, sentence) = (ending.cause, ending.sentence(serving.allowance))
                return machine.lose(id, cause, sentence, wasKilled: ending.wasKilled, now) + machine.bury(id, now)
            case .standingBy:
                return machine.loseStandby(now)
            case .leaving(.draining):
                machine.leaving[id] = .removing
                return machine.bury(id, now) + [.remove(id)]
            case .leaving(.removing), nil:
                return machine.bury(id, now)
            }
        }
    }

    /// Nothing is left of it, or nothing more can be done about what is.
    package mutating func removed(_ id: InstanceID, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            if machine.leaving[id] == .removing { machine.leaving[id] = nil }
            return []
        }
    }

    /// It is dead: who waits for that goes on.
    private mutating func bury(_ id: InstanceID, _ now: Instant) -> [RelayAction] {
        self.undead.remove(id)
        guard self.undead.isEmpty, case .starting(let attempt) = self.state,
            case .succeeding(_, let deferred) = attempt.stage
        else { return [] }
        return self.begin(attempt, deferred, now)
    }

    // MARK: The control socket

    package mutating func greeted(_ id: InstanceID, version: Int, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting(var attempt):
                guard attempt.stage == .making, let wanted = machine.wanted else {
                    return machine.lose(id, .misbehaved, "It said hello twice.", now)
                }
                guard version == RelayMessage.languageVersion else {
                    let sentence =
                        "It speaks version \(version) of the control language, and this host "
                        + "\(RelayMessage.languageVersion): install both programs from the same build."
                    return machine.lose(id, .misbehaved, sentence, now)
                }
                attempt.stage = .configuring(awaited: 1)
                machine.keep(attempt)
                return [.send(id, .configure(wanted))]
            case .serving:
                return machine.lose(id, .misbehaved, "It said hello twice.", now)
            case .standingBy(let standby):
                return machine.greetStandby(standby, version: version, now)
            case .leaving, nil:
                return []
            }
        }
    }

    /// It has taken its configuration.
    ///
    /// - Parameters:
    ///   - id: Its name.
    ///   - deferred: What it will only do once it is started anew, a sentence each.
    ///   - stored: How many things are stored for the relay now.
    ///   - now: The time.
    /// - Returns: What is to be done.
    package mutating func configured(
        _ id: InstanceID,
        deferred: [String],
        stored: Int,
        now: Instant
    ) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting(var attempt):
                guard case .configuring(let awaited) = attempt.stage else {
                    return machine.lose(id, .misbehaved, "It took a configuration before it was sent one.", now)
                }
                guard awaited == 1 else {
                    attempt.stage = .configuring(awaited: awaited - 1)
                    machine.keep(attempt)
                    return []
                }
                return machine.promote(attempt, Self.bounded(deferred), stored: stored, now)
            case .serving(var serving):
                guard serving.configuresAwaited > 0 else {
                    return machine.lose(id, .misbehaved, "It took a configuration that it was not sent.", now)
                }
                serving.configuresAwaited -= 1
                serving.configureSince = now
                serving.deferred = Self.bounded(deferred)
                machine.keep(serving)
                return []
            case .standingBy:
                return machine.loseStandby(now)
            case .leaving, nil:
                return []
            }
        }
    }

    package mutating func beaten(
        _ id: InstanceID,
        number: UInt64,
        _ snapshot: RelaySnapshot,
        now: Instant
    ) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting:
                return machine.lose(id, .misbehaved, "It gave a sign of life that nobody had asked for.", now)
            case .serving(let serving):
                return machine.hear(serving, number, snapshot, now)
            case .standingBy:
                return machine.loseStandby(now)
            case .leaving, nil:
                return []
            }
        }
    }

    /// It broke the language of the control socket or one of its limits, as the sentence says.
    package mutating func misbehaved(_ id: InstanceID, _ sentence: String, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting, .serving:
                return machine.lose(id, .misbehaved, sentence, now)
            case .standingBy:
                return machine.loseStandby(now)
            case .leaving(.draining):
                machine.leaving[id] = .removing
                return [.remove(id)]
            case .leaving(.removing), nil:
                return []
            }
        }
    }

    /// The other side closed the control socket. Most likely it has just died: its ending, which follows, says of what.
    package mutating func muted(_ id: InstanceID, now: Instant) -> [RelayAction] {
        self.following(now) { machine in
            switch machine.role(of: id) {
            case .starting(var attempt):
                attempt.mutedAt = now
                machine.keep(attempt)
                return []
            case .serving(var serving):
                serving.mutedAt = now
                machine.keep(serving)
                return [.serve(nil)]
            case .standingBy:
                return machine.loseStandby(now)
            case .leaving, nil:
                return []
            }
        }
    }

    /// Sentences of an instance are shown to people: few, and short.
    private static func bounded(_ sentences: [String]) -> [String] {
        sentences.prefix(32).map { String($0.prefix(300)) }
    }

    // MARK: Losing and gaining

    /// An instance is ready: it takes over from whichever was there before. Two never use what is stored at the same time.
    private mutating func promote(
        _ attempt: Attempt,
        _ deferred: [String],
        stored: Int,
        _ now: Instant
    ) -> [RelayAction] {
        guard case .replacing(let old, _) = self.state else {
            guard stored > 0, !self.undead.isEmpty else { return self.begin(attempt, deferred, now) }
            var attempt = attempt
            attempt.stage = .succeeding(since: now, deferred: deferred)
            self.state = .starting(attempt)
            return []
        }
        let report = self.count(old.id, .replaced, "It was replaced on purpose.", next: .zero, now: now)
        guard stored > 0 else {
            // Nobody would go on with what it has: it says farewell to its peers in its own time.
            let actions = self.begin(attempt, deferred, now)
            return actions + [report] + self.retire(old, "The relay is being replaced: connect again.", now)
        }
        // Its peers stay, so there is nobody to say farewell to.
        var attempt = attempt
        attempt.stage = .succeeding(since: now, deferred: deferred)
        self.state = .starting(attempt)
        self.orphan(old.id, now)
        self.leaving[old.id] = .draining(until: now + self.deadlines.succession)
        return [.serve(nil), report, .kill(old.id)]
    }

    /// An instance goes on with what is stored, and takes connections.
    mutating func begin(_ attempt: Attempt, _ deferred: [String], _ now: Instant) -> [RelayAction] {
        let fresh = Serving(attempt, deferred: deferred, now: now)
        self.state = .ready(fresh)
        self.undead = []
        self.orphanedAt = nil
        if let since = self.unservedSince.take() { self.gaps.add(now - since) }
        return [.resume(fresh.id), .serve(fresh.id)]
    }

    /// What an instance has stored waits for the next, and for its end.
    private mutating func orphan(_ id: InstanceID, _ now: Instant) {
        self.undead.insert(id)
        self.orphanedAt = now
        self.unservedSince = self.unservedSince ?? now
    }

    /// An instance is of no use any more: it is removed, and where none is left the next one follows.
    mutating func lose(
        _ id: InstanceID,
        _ cause: EndingCause,
        _ sentence: String,
        wasKilled: Bool = false,
        _ now: Instant
    ) -> [RelayAction] {
        self.leaving[id] = .removing
        switch self.state {
        case .stopped, .backingOff:
            return [.remove(id)]
        case .starting(let attempt):
            // What was never ready died young, however long it took.
            return [.remove(id)] + self.follow(attempt.id, cause, sentence, young: true, now)
        case .ready(let serving):
            self.orphan(id, now)
            let youth = wasKilled ? self.deadlines.killedYouth : self.deadlines.youth
            let young = now - serving.askedAt < youth
            let next = self.follow(serving.id, cause, sentence, young: young, wasKilled: wasKilled, now)
            return [.serve(nil), .remove(id)] + next
        case .replacing(let serving, let attempt) where attempt.id == id:
            // The one that should have been replaced serves on.
            self.state = .ready(serving)
            let told = "A replacement failed, and the relay goes on as it was: \(sentence)"
            return [.remove(id), self.count(id, cause, told, next: .zero, now: now)]
        case .replacing(_, let attempt):
            self.orphan(id, now)
            self.state = .starting(attempt)
            let report = self.count(id, cause, sentence, next: .zero, wasKilled: wasKilled, now: now)
            return [.serve(nil), .remove(id), report]
        }
    }

    private mutating func follow(
        _ id: InstanceID,
        _ cause: EndingCause,
        _ sentence: String,
        young: Bool,
        wasKilled: Bool = false,
        _ now: Instant
    ) -> [RelayAction] {
        let wait = self.backOff.died(young: young, self.deadlines)
        let report = self.count(id, cause, sentence, next: wait, wasKilled: wasKilled, now: now)
        guard wait > .zero else { return [report] + self.begin(now) }
        self.state = .backingOff(until: now + wait)
        return [report]
    }
}
