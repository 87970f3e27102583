package import Contract

/// Sources that were on air and ought to be, but of which the relay knows nothing: its instance has ended since, or it
/// has forgotten the stream. Whoever is missed stays so until the stream is published again, ended by its source, or
/// given up.
struct MissedSources: Sendable {
    /// Streams that are remembered; each was published with the relay's key.
    static let limit = 256

    /// Of each stream that is on air, or was and is missed: how it was lost, if nothing more is heard of it.
    private var expected: [StreamName: SourceLoss] = [:]

    var names: Set<StreamName> { Set(self.expected.keys) }

    /// In a form that outlives the host, in the order of their names.
    func remembered(by clock: ClockReading) -> [HealthMemory.Expected] {
        self.expected.sorted { $0.key < $1.key }.map { HealthMemory.Expected($0.key, $0.value, by: clock) }
    }

    /// Expects whom another host expected.
    mutating func restore(_ remembered: [HealthMemory.Expected], by clock: ClockReading) {
        for item in remembered where self.expected.count < Self.limit {
            let loss = item.loss(by: clock)
            guard loss.cause != .ended, loss.cause != .removed else { continue }
            self.expected[item.stream] = loss
        }
    }

    /// Takes in what an instance of the relay has told.
    mutating func observe(_ relay: RelaySnapshot) {
        for stream in relay.streams {
            let name = stream.path.stream
            if let source = stream.source {
                guard self.expected[name] != nil || self.expected.count < Self.limit else { continue }
                self.expected[name] = SourceLoss(at: relay.clock.now, cause: .relayEnded, source: source)
            } else if let loss = stream.loss {
                self.expected[name] = stream.isMissed ? loss : nil
            }
        }
    }

    /// The stream is not expected back.
    ///
    /// - Returns: Whether it was.
    mutating func giveUp(_ stream: StreamName) -> Bool { self.expected.removeValue(forKey: stream) != nil }

    /// What the relay has told, and the streams that it should know of.
    func completing(_ relay: RelaySnapshot) -> RelaySnapshot {
        var relay = relay
        var missed = self.expected
        for index in relay.streams.indices {
            let stream = relay.streams[index]
            guard let loss = missed.removeValue(forKey: stream.path.stream) else { continue }
            if !stream.wasPublished { relay.streams[index].loss = loss }
        }
        for (name, loss) in missed {
            relay.streams.append(
                StreamSnapshot(
                    path: StreamPath(relay: relay.relay, stream: name),
                    createdAt: loss.source.connectedAt,
                    loss: loss,
                    refusal: relay.refusedSources[name]
                )
            )
        }
        relay.streams.sort { $0.path < $1.path }
        return relay
    }
}

extension StreamSnapshot {
    /// Whether anybody was ever on air. A name that somebody merely asked for is no stream.
    package var wasPublished: Bool { self.source != nil || self.loss != nil }

    /// Whether its source has gone that nobody has ended.
    var isMissed: Bool {
        guard self.source == nil, let loss = self.loss else { return false }
        return loss.cause != .ended && loss.cause != .removed
    }
}
