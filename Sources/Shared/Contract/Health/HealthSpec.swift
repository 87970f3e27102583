/// When `/health` says that a stream is not well: in which states, and with which faults.
package struct HealthSpec: Hashable, Sendable, Codable {
    package let states: Set<StreamState>
    package let faults: Set<StreamFault>

    /// What text must be like. That it is not is said, and is no reason for 503 unless it is among the faults.
    package let legibility: LegibilitySpec

    /// What leaves viewers without a picture or a sound worth having. Where they have one that could be better, nobody is helped
    /// by a balancer that takes it away, nor by an alarm at night.
    package static let standard = HealthSpec(
        states: [.waiting, .starting, .slate, .stale],
        faults: [.videoStopped, .audioStopped, .black, .frozen, .silent]
    )

    package init(
        states: Set<StreamState>,
        faults: Set<StreamFault>,
        legibility: LegibilitySpec = .standard
    ) {
        self.states = states
        self.faults = faults
        self.legibility = legibility
    }

    /// Every name that the rule may hold. A stream that is live is well.
    package static let names =
        StreamState.allCases.filter { $0 != .live }.map(\.rawValue) + StreamFault.allCases.map(\.rawValue)

    /// - Parameters:
    ///   - names: Of ``names``; others are left out.
    ///   - legibility: What text must be like.
    package init(names: [String], legibility: LegibilitySpec = .standard) {
        let known = names.filter(Self.names.contains)
        self.init(
            states: Set(known.compactMap { StreamState(rawValue: $0) }),
            faults: Set(known.compactMap { StreamFault(rawValue: $0) }),
            legibility: legibility
        )
    }

    package func isHealthy(_ state: StreamState, _ faults: [StreamFault]) -> Bool {
        !self.states.contains(state) && self.faults.isDisjoint(with: faults)
    }
}

/// How the streams of a relay are judged.
package struct JudgementSpec: Hashable, Sendable, Codable {
    package var health: HealthSpec

    /// What is expected of every stream.
    package var expect: ExpectSpec

    /// Of some streams, in place of what is expected of every one.
    package var expectOf: [StreamName: ExpectSpec]

    package static let standard = JudgementSpec()

    package init(
        health: HealthSpec = .standard,
        expect: ExpectSpec = .nothing,
        expectOf: [StreamName: ExpectSpec] = [:]
    ) {
        self.health = health
        self.expect = expect
        self.expectOf = expectOf
    }

    /// What is expected of one stream.
    package func expectation(of stream: StreamName) -> ExpectSpec {
        self.expectOf[stream]?.completed(by: self.expect) ?? self.expect
    }
}

extension RelaySpec {
    package var judgement: JudgementSpec {
        let written = (self.streams ?? []).filter { $0.expect != .nothing }
        return JudgementSpec(
            health: self.health,
            expect: self.expect,
            expectOf: Dictionary(written.map { ($0.name, $0.expect) }) { first, _ in first }
        )
    }
}
