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
            return ProbeAnswer(503, RelayHealth.glance(first, at: host.clock.now).sentence + others)
        }
        let live = self.liveness(host)
        guard live.isGood else { return live }
        let remark = host.door.admission.remark(at: host.clock.now)
        return ProbeAnswer(200, "The host takes connections for all its relays." + remark)
    }

    /// `/health` of a host: whether all its relays serve and report now, and its certificate is valid.
    package static func health(_ host: HostSnapshot, _ relays: [RelayVerdict]) -> ProbeAnswer {
        let ready = self.readiness(host)
        guard ready.isGood else { return ready }
        if let relay = relays.first(where: { $0.state != .stopped && !$0.isGood }) { return self.service(relay) }
        if let certificate = CertificateHealth(host), certificate.state == .expired {
            return ProbeAnswer(503, certificate.sentence)
        }
        return ready
    }

    /// Whether one relay serves and reports, and if it does not, why.
    package static func service(_ relay: RelayVerdict) -> ProbeAnswer {
        ProbeAnswer(relay.isGood ? 200 : 503, relay.sentence)
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
