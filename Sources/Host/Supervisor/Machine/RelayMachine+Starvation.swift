package import Containers
package import Contract

/// Instances that the machine does not let run: their silence is not theirs.
extension RelayMachine {
    /// Those that silence is about to be held against, with their processes.
    package func suspects(now: Instant) -> [(id: InstanceID, processID: Int32)] {
        var suspects: [(InstanceID, Int32?)] = []
        switch self.state {
        case .starting(let attempt): suspects = self.suspects(attempt, now)
        case .ready(let serving): suspects = self.suspects(serving, now)
        case .replacing(let serving, let attempt):
            suspects = self.suspects(serving, now) + self.suspects(attempt, now)
        case .stopped, .backingOff: break
        }
        return suspects.compactMap { id, process in process.map { (id, $0) } }
    }

    private func suspects(_ serving: Serving, _ now: Instant) -> [(InstanceID, Int32?)] {
        let isSilent = serving.beatSent > serving.beatAnswered && now - serving.silentSince >= self.deadlines.suspicion
        return isSilent && serving.mutedAt == nil ? [(serving.id, serving.processID)] : []
    }

    private func suspects(_ attempt: Attempt, _ now: Instant) -> [(InstanceID, Int32?)] {
        now - attempt.askedAt >= self.deadlines.suspicion ? [(attempt.id, attempt.processID)] : []
    }

    /// An instance could have run, but the machine refused it a processor for so long.
    package mutating func starved(_ id: InstanceID, for time: Duration, now: Instant) {
        let limit = self.deadlines.starvation
        switch self.state {
        case .starting(var attempt) where attempt.id == id:
            attempt.starved = min(attempt.starved + time, limit)
            self.state = .starting(attempt)
        case .ready(var serving) where serving.id == id:
            serving.starved = min(serving.starved + time, limit, now - serving.silentSince)
            self.state = .ready(serving)
        case .replacing(var serving, var attempt):
            if serving.id == id { serving.starved = min(serving.starved + time, limit, now - serving.silentSince) }
            if attempt.id == id { attempt.starved = min(attempt.starved + time, limit) }
            self.state = .replacing(serving, attempt)
        case .stopped, .backingOff, .starting, .ready: break
        }
    }

    /// For how long the instance that serves has been silent because it was refused a processor.
    package var starvation: Duration {
        switch self.state {
        case .ready(let serving), .replacing(let serving, _): serving.starved
        case .stopped, .backingOff, .starting: .zero
        }
    }
}

extension Duration {
    /// To the tenth of a second below, as people are told it.
    var inTenths: Duration {
        let (seconds, attoseconds) = self.components
        return .seconds(seconds) + .milliseconds(attoseconds / 100_000_000_000_000_000 * 100)
    }
}
