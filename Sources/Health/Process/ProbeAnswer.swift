package import Contract

/// The answer to a probe: a status code and a sentence.
package struct ProbeAnswer: Hashable, Sendable {
    package let httpStatus: Int
    package let sentence: String

    package var isGood: Bool { self.httpStatus == 200 }

    private init(_ httpStatus: Int, _ sentence: String) {
        self.httpStatus = httpStatus
        self.sentence = sentence
    }

    /// A loop that has not come round for so long is stuck.
    package static let loopPatience = Duration.seconds(5)

    /// `/livez`: whether the process should be let live. Never depends on a publisher, for a restart brings none.
    package static func liveness(_ relay: RelaySnapshot) -> ProbeAnswer {
        let stuck =
            relay.loops
            .map { (name: $0.name, age: relay.clock.now - $0.lastTick) }
            .filter { $0.age > self.loopPatience }
            .max { $0.age < $1.age }
        guard let stuck else { return ProbeAnswer(200, "The relay is running.") }
        return ProbeAnswer(
            503,
            "The loop '\(stuck.name)' has not come round for \(Words.time(stuck.age)): restart the relay."
        )
    }

    /// `/readyz`: whether new connections should be sent here. The first to fail when the relay is told to end.
    package static func readiness(_ relay: RelaySnapshot) -> ProbeAnswer {
        if relay.isDraining { return ProbeAnswer(503, "The relay is ending and takes no new connections.") }
        if relay.listeners.isEmpty { return ProbeAnswer(503, "The relay listens nowhere yet.") }
        if let closed = relay.listeners.first(where: { $0.address == nil }) {
            return ProbeAnswer(503, "The \(closed.name) port is not open yet.")
        }
        let live = self.liveness(relay)
        return live.isGood ? ProbeAnswer(200, "The relay takes connections.") : live
    }
}
