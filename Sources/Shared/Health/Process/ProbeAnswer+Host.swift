package import Contract

/// What probes hear of the host process.
extension ProbeAnswer {
    /// `/livez` of a host. Depends neither on publishers nor on relays: the host replaces relays by itself, and its own
    /// restart would take the healthy ones with it.
    package static func liveness(_ host: HostSnapshot) -> ProbeAnswer {
        guard let stuck = self.stuck(of: host.loops, at: host.clock.now) else {
            return ProbeAnswer(200, "The host is running.")
        }
        return ProbeAnswer(503, "\(stuck): restart the host.")
    }

    /// `/readyz` of a host: whether a connection that is made now, for any of its relays, would be served while the front
    /// door holds it. The first to fail when the host is told to end.
    package static func readiness(_ host: HostSnapshot) -> ProbeAnswer {
        if host.isDraining { return ProbeAnswer(503, "The host is ending and takes no new connections.") }
        if host.listeners.isEmpty { return ProbeAnswer(503, "The host listens nowhere yet.") }
        if let closed = host.listeners.first(where: { $0.address == nil }) {
            return ProbeAnswer(503, "The \(closed.name) port is not open yet.")
        }
        let missing = host.relays.filter { relay in
            relay.state != .stopped && !relay.willServe(at: host.clock.now, within: host.door.wait)
        }
        if let first = missing.first {
            let count = missing.count - 1
            let others = count == 0 ? "" : " \(count) more \(count == 1 ? "does" : "do") not serve either."
            return ProbeAnswer(503, self.sentence(first, at: host.clock.now) + others)
        }
        let live = self.liveness(host)
        guard live.isGood else { return live }
        let remark = host.door.admission.remark(at: host.clock.now)
        return ProbeAnswer(200, "The host takes connections for all its relays." + remark)
    }

    /// `/health` of a host: whether all its relays serve now, and its certificate is valid.
    package static func health(_ host: HostSnapshot) -> ProbeAnswer {
        let ready = self.readiness(host)
        guard ready.isGood else { return ready }
        if let relay = host.relays.first(where: { $0.state != .stopped && !$0.serves }) {
            return ProbeAnswer(503, self.sentence(relay, at: host.clock.now))
        }
        if let certificate = CertificateHealth(host), certificate.state == .expired {
            return ProbeAnswer(503, certificate.sentence)
        }
        return ready
    }

    /// Whether one relay serves, and if it does not, why.
    package static func service(_ relay: RelayStatus, at now: Instant) -> ProbeAnswer {
        ProbeAnswer(relay.serves ? 200 : 503, self.sentence(relay, at: now))
    }

    /// That a relay has given no sign of life for a while, so that nobody knows how its streams are.
    package static func silence(_ relay: RelayStatus, since heard: Instant, at now: Instant) -> ProbeAnswer {
        ProbeAnswer(
            503,
            "The relay '\(relay.name)' has not reported for \(Phrases.time(now - heard)), so nobody knows how its streams are; "
                + "it is replaced if it stays silent."
        )
    }

    /// What a person is told of a relay.
    private static func sentence(_ relay: RelayStatus, at now: Instant) -> String {
        let name = "The relay '\(relay.name)'"
        let time = Phrases.time(now - relay.since)
        let ending = relay.lastEnding.map {
            " The last instance ended \(Phrases.time(now - $0.at)) ago: \($0.sentence)"
        }
        let story = ending.map { $0.hasSuffix(".") ? $0 : $0 + "." } ?? ""
        switch relay.state {
        case .starting, .configuring:
            return relay.lastEnding == nil
                ? "\(name) has been starting for \(time)." : "\(name) is being restarted.\(story)"
        case .ready:
            return relay.snapshot == nil ? "\(name) has just come up." : "\(name) takes connections."
        case .replacing:
            return "\(name) takes connections; a fresh instance is being made."
        case .backingOff:
            return "\(name) ends as soon as it starts and is tried again in a while.\(story)"
        case .draining:
            return "\(name) is ending and takes no new connections."
        case .stopped:
            return "\(name) is stopped."
        }
    }
}

extension RelayStatus {
    /// Whether viewers and publishers find an instance.
    package var serves: Bool { self.state == .ready || self.state == .replacing }

    /// Whether a connection that is made now is served before the front door gives it up after `timeout`: the relay
    /// serves, or it has until just now and is being restarted.
    func willServe(at now: Instant, within timeout: Duration) -> Bool {
        let served = self.servedAt.map { now - $0 < timeout }
        switch self.state {
        case .ready, .replacing: return served ?? true
        case .starting, .configuring: return served ?? false
        // The next instance needs some of the time itself.
        case .backingOff: return (served ?? false) && self.retryAt.map { $0 - now < timeout - .seconds(1) } ?? false
        case .draining, .stopped: return false
        }
    }
}
