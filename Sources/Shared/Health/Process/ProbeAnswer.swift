package import Contract

/// The answer to a probe: a status code and a sentence.
package struct ProbeAnswer: Hashable, Sendable {
    package let httpStatus: Int
    package let sentence: String

    package var isGood: Bool { self.httpStatus == 200 }

    init(_ httpStatus: Int, _ sentence: String) {
        self.httpStatus = httpStatus
        self.sentence = sentence
    }

    /// A loop that has not come round for so long is stuck.
    package static let loopTimeout = Duration.seconds(5)

    /// `/livez`: whether the process should be let live. Never depends on a publisher, for a restart brings none.
    /// What the machine let nothing of it run for, until `starvedUntil`, is held against no loop.
    package static func liveness(_ relay: RelaySnapshot, starvedUntil: Instant? = nil) -> ProbeAnswer {
        let loops = relay.loops.map { loop in
            LoopSnapshot(name: loop.name, lastTick: max(loop.lastTick, starvedUntil ?? loop.lastTick))
        }
        guard let stuck = self.stuck(of: loops, at: relay.clock.now) else {
            return ProbeAnswer(200, "The relay is running.")
        }
        return ProbeAnswer(503, "\(stuck): restart the relay.")
    }

    /// What is to be said of the loop that has not come round for longest; nil while all do.
    static func stuck(of loops: [LoopSnapshot], at now: Instant) -> String? {
        self.stuckLoop(of: loops, at: now)
            .map { "The loop '\($0.name)' has not come round for \(Phrases.time($0.age))" }
    }

    /// The loop that has not come round for longest; nil while all do.
    static func stuckLoop(of loops: [LoopSnapshot], at now: Instant) -> (name: String, age: Duration)? {
        loops.map { (name: $0.name, age: now - $0.lastTick) }
            .filter { $0.age > self.loopTimeout }
            .max { $0.age < $1.age }
    }

    /// `/readyz`: whether new connections should be sent here. The first to fail when the relay is told to end.
    package static func readiness(_ relay: RelaySnapshot) -> ProbeAnswer {
        if relay.isDraining { return ProbeAnswer(503, "The relay is ending and takes no new connections.") }
        if relay.listeners.isEmpty { return ProbeAnswer(503, "The relay listens nowhere yet.") }
        if let closed = relay.listeners.first(where: { $0.address == nil }) {
            return ProbeAnswer(503, "The \(closed.name) port is not open yet.")
        }
        let live = self.liveness(relay)
        guard live.isGood else { return live }
        return ProbeAnswer(200, "The relay takes connections." + relay.admission.remark(at: relay.clock.now))
    }

    /// The same answer where every stream is well that has begun; otherwise which is not.
    package func failing(for streams: [(path: StreamPath, verdict: Verdict)]) -> ProbeAnswer {
        let bad = streams.filter(\.verdict.failsRelay)
        guard self.isGood, let first = bad.first else { return self }
        let more = bad.count - 1
        let others = more == 0 ? "" : " \(more) more \(more == 1 ? "stream is" : "streams are") not well either."
        return ProbeAnswer(503, "\(first.path) is not well: \(first.verdict.sentence)\(others)")
    }
}
