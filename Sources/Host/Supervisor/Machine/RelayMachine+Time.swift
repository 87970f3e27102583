import Containers
package import Contract
import Health

/// What passing time does, and the signs of life that are asked for meanwhile.
extension RelayMachine {
    /// To be called when ``nextTick`` has come, and a few times within ``RelayDeadlines/ownAbsence``.
    package mutating func tick(now: Instant) -> [RelayAction] {
        let wasAway = now - self.lastTick > self.deadlines.ownAbsence
        self.lastTick = now
        return self.following(now) { machine in
            if wasAway { machine.forgiveSilence(now) }
            return machine.giveUp(now) + machine.watch(now) + machine.hurry(now)
        }
    }

    /// When ``tick(now:)`` has something to do if nothing happens before; nil: not before something does.
    package var nextTick: Instant? {
        var due: [Instant] = []
        switch self.state {
        case .stopped: break
        case .backingOff(let until): due.append(until)
        case .starting(let attempt): due += self.deadlines(of: attempt)
        case .ready(let serving):
            due += self.deadlines(of: serving) + (self.standbyDue(serving).map { [$0] } ?? [])
        case .replacing(let serving, let attempt): due += self.deadlines(of: serving) + self.deadlines(of: attempt)
        }
        if let since = self.orphanedAt { due.append(since + self.deadlines.keep) }
        for case .draining(let until) in self.leaving.values { due.append(until) }
        return due.min()
    }

    private func deadlines(of attempt: Attempt) -> [Instant] {
        let limit =
            if case .succeeding(let since, _) = attempt.stage {
                since + self.deadlines.succession
            } else {
                attempt.askedAt + self.limit(of: attempt) + attempt.starved
            }
        return [limit] + (attempt.mutedAt.map { [$0 + self.deadlines.farewell] } ?? [])
    }

    private func limit(of attempt: Attempt) -> Duration {
        attempt.isWarm ? self.deadlines.warmStart : self.deadlines.start
    }

    private func deadlines(of serving: Serving) -> [Instant] {
        if let muted = serving.mutedAt { return [muted + self.deadlines.farewell] }
        var due = [serving.beatSent == 0 ? serving.readyAt : serving.lastBeatAt + self.deadlines.beatInterval]
        if serving.beatSent > serving.beatAnswered {
            let since = serving.silentSince + serving.starved
            due.append(since + self.deadlines.beatTimeout)
            if serving.takesConnections { due.append(since + self.deadlines.doubt) }
        }
        if serving.configuresAwaited > 0 { due.append(serving.configureSince + self.deadlines.configure) }
        return due
    }

    /// What nobody has gone on with for too long is let go of.
    private mutating func giveUp(_ now: Instant) -> [RelayAction] {
        guard let since = self.orphanedAt, now - since >= self.deadlines.keep else { return [] }
        return [self.letGo("No instance went on with it within \(self.deadlines.keep).")]
    }

    private mutating func watch(_ now: Instant) -> [RelayAction] {
        switch self.state {
        case .stopped:
            return []
        case .backingOff(let until):
            return now >= until ? self.begin(now) : []
        case .starting(let attempt):
            return self.check(attempt, now) ?? []
        case .ready(var serving):
            if let actions = self.check(serving, now) { return actions }
            if now - serving.readyAt >= self.deadlines.forgiveness { self.backOff.forget() }
            let actions = self.doubt(&serving, now) + self.beat(&serving, now)
            self.state = .ready(serving)
            return actions + self.keepStandby(serving, now)
        case .replacing(var serving, let attempt):
            if let actions = self.check(serving, now) ?? self.check(attempt, now) { return actions }
            let actions = self.doubt(&serving, now) + self.beat(&serving, now)
            self.state = .replacing(serving, attempt)
            return actions
        }
    }

    /// Nil where all is well.
    private mutating func check(_ attempt: Attempt, _ now: Instant) -> [RelayAction]? {
        if let muted = attempt.mutedAt, now - muted >= self.deadlines.farewell {
            return self.lose(attempt.id, .misbehaved, Self.deaf, now)
        }
        if case .succeeding(let since, let deferred) = attempt.stage {
            guard now - since >= self.deadlines.succession else { return nil }
            let sentence = "The instance that had it did not end within \(self.deadlines.succession)."
            return [self.letGo(sentence)] + self.begin(attempt, deferred, now)
        }
        let limit = self.limit(of: attempt)
        guard now - attempt.askedAt - attempt.starved >= limit else { return nil }
        let reached = attempt.stage == .making ? "said nothing" : "did not take its configuration"
        let sentence = "It was not ready within \(limit): it \(reached)."
        return self.lose(attempt.id, .startFailed, sentence, now)
    }

    private mutating func check(_ serving: Serving, _ now: Instant) -> [RelayAction]? {
        if let muted = serving.mutedAt {
            guard now - muted >= self.deadlines.farewell else { return nil }
            return self.lose(serving.id, .misbehaved, Self.deaf, now)
        }
        if serving.beatSent > serving.beatAnswered,
            now - serving.silentSince - serving.starved >= self.deadlines.beatTimeout
        {
            let silence = self.deadlines.beatTimeout + serving.starved
            return self.lose(serving.id, .heartbeat, "It gave no sign of life for \(silence.inTenths).", now)
        }
        if serving.configuresAwaited > 0, now - serving.configureSince >= self.deadlines.configure {
            let sentence = "It did not take a changed configuration within \(self.deadlines.configure)."
            return self.lose(serving.id, .misbehaved, sentence, now)
        }
        return nil
    }

    private static var deaf: String { "It closed its control socket, but went on running." }

    private func doubt(_ serving: inout Serving, _ now: Instant) -> [RelayAction] {
        guard serving.takesConnections, serving.beatSent > serving.beatAnswered,
            now - serving.silentSince - serving.starved >= self.deadlines.doubt
        else { return [] }
        serving.isDoubtful = true
        return [.serve(nil)]
    }

    private func beat(_ serving: inout Serving, _ now: Instant) -> [RelayAction] {
        guard serving.mutedAt == nil else { return [] }
        guard serving.beatSent == 0 || now - serving.lastBeatAt >= self.deadlines.beatInterval else { return [] }
        serving.beatSent += 1
        serving.lastBeatAt = now
        return [.send(serving.id, .beat(serving.beatSent))]
    }

    /// The answer to a beat.
    mutating func hear(
        _ serving: Serving,
        _ number: UInt64,
        _ snapshot: RelaySnapshot,
        _ now: Instant
    ) -> [RelayAction] {
        var serving = serving
        guard number > serving.beatAnswered, number <= serving.beatSent else {
            return self.lose(serving.id, .misbehaved, "It gave a sign of life that nobody had asked for.", now)
        }
        if let lie = snapshot.implausibility(of: self.name, at: now) {
            return self.lose(serving.id, .misbehaved, lie, now)
        }
        if serving.starved > .zero { serving.starvedUntil = now }
        let liveness = ProbeAnswer.liveness(snapshot, starvedUntil: serving.starvedUntil)
        guard liveness.isGood else {
            return self.lose(serving.id, .ownCheck, liveness.sentence, now)
        }
        serving.beatAnswered = number
        serving.silentSince = now
        serving.starved = .zero
        serving.snapshot = snapshot
        serving.heardAt = now
        let isBack = serving.isDoubtful && serving.mutedAt == nil
        serving.isDoubtful = false
        if case .replacing(_, let attempt) = self.state {
            self.state = .replacing(serving, attempt)
        } else {
            self.state = .ready(serving)
        }
        return isBack ? [.serve(serving.id)] : []
    }

    /// Instances that were told to end and take too long.
    private mutating func hurry(_ now: Instant) -> [RelayAction] {
        var late: [InstanceID] = []
        for case (let id, .draining(let until)) in self.leaving where now >= until { late.append(id) }
        for id in late { self.leaving[id] = .removing }
        return late.sorted { $0.rawValue < $1.rawValue }.map { .remove($0) }
    }

    /// The host itself was not there to hear anything.
    private mutating func forgiveSilence(_ now: Instant) {
        switch self.state {
        case .ready(var serving):
            serving.forgive(now)
            self.state = .ready(serving)
        case .replacing(var serving, let attempt):
            serving.forgive(now)
            self.state = .replacing(serving, attempt)
        case .stopped, .backingOff, .starting: break
        }
    }
}
