import Containers
import Contract

/// A blank instance that waits to be needed. A death then costs what the successor takes to read what is left, and not what
/// it takes to make a container and a process.
extension RelayMachine {
    /// When one is due; nil where none is wanted now.
    func standbyDue(_ serving: Serving) -> Instant? {
        guard self.keepsStandby, self.wanted != nil, serving.takesConnections, serving.snapshot?.connections ?? 0 > 0
        else { return nil }
        if let standby = self.standby {
            return standby.stage == .making ? standby.askedAt + self.deadlines.start : nil
        }
        let first = serving.readyAt + self.deadlines.standby
        return self.standbyLostAt.map { max(first, $0 + self.deadlines.standbyPause) } ?? first
    }

    /// Has one made where somebody would miss the relay, and lets go of one that does not come up.
    mutating func keepStandby(_ serving: Serving, _ now: Instant) -> [RelayAction] {
        guard let due = self.standbyDue(serving), now >= due else { return [] }
        if self.standby != nil { return self.loseStandby(now) }
        let (attempt, actions) = self.attempt(now)
        self.standby = attempt
        return actions
    }

    /// It becomes the instance that is made, where it has what the relay's limits say.
    mutating func takeStandby(_ now: Instant) -> (Attempt, [RelayAction])? {
        guard var attempt = self.standby, let wanted = self.wanted else { return nil }
        self.standby = nil
        attempt.askedAt = now
        guard attempt.stage == .waiting else { return (attempt, []) }
        attempt.isWarm = true
        attempt.stage = .configuring(awaited: 1)
        return (attempt, [.send(attempt.id, .configure(wanted))])
    }

    /// It has said hello.
    mutating func greetStandby(_ standby: Attempt, version: Int, _ now: Instant) -> [RelayAction] {
        guard standby.stage == .making, version == RelayMessage.languageVersion else { return self.loseStandby(now) }
        self.standby?.stage = .waiting
        return []
    }

    /// It is of no use any more.
    mutating func discardStandby() -> [RelayAction] {
        guard let standby = self.standby else { return [] }
        self.standby = nil
        self.dismissals += 1
        self.leaving[standby.id] = .removing
        return [.remove(standby.id)]
    }

    /// The same of one that is to blame for it: the next is not made at once.
    mutating func loseStandby(_ now: Instant) -> [RelayAction] {
        self.standbyLostAt = now
        return self.discardStandby()
    }
}
