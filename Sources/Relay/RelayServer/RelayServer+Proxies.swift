import Admission
import Contract
import Linux
import Logging
import Sessions
import Sockets

/// Connections that proxies open for others, in a relay that runs by itself; a host sees to them for its relays.
extension RelayServer {
    /// Serves a connection once it is known where it comes from.
    func welcome(
        _ descriptor: consuming OwnedDescriptor,
        from peer: InternetAddress,
        _ ticket: ConnectionLimiter.Ticket,
        _ stage: Handover.Stage
    ) {
        guard self.proxies.trusted.trust(peer.host) else {
            let socket = AdoptedSocket(descriptor, peer: peer, ticket: ticket) { [weak self] in
                let sentence = "a PROXY header came from \(peer.host), which trusted_proxies does not name"
                self?.tellOfProxy("untrusted_proxy", sentence, peer)
            }
            return self.serve(socket, stage, .accepted)
        }
        self.proxies.wait(
            descriptor,
            from: peer,
            ticket: ticket,
            // A proxy of HTTP says in each request whom it is from.
            mayBeSilent: stage == .http,
            refuse: { [weak self] refusal in
                switch refusal {
                case .late: ticket.note(.tooSlow)
                case .header(let what):
                    ticket.note(.malformed)
                    let sentence =
                        "\(peer.host) is one of trusted_proxies and sent \(what): have it send one (send-proxy-v2 in "
                        + "haproxy, proxy_protocol on in nginx), or take it out of trusted_proxies"
                    self?.tellOfProxy("proxy_header", sentence, peer)
                }
            },
            then: { [weak self] descriptor, outcome in
                self?.serve(descriptor, outcome, of: peer, ticket, stage)
            }
        )
    }

    private func serve(
        _ descriptor: consuming OwnedDescriptor,
        _ outcome: ProxyEntrance.Outcome,
        of proxy: InternetAddress,
        _ ticket: ConnectionLimiter.Ticket,
        _ stage: Handover.Stage
    ) {
        switch outcome {
        case .proxyItself: self.serve(AdoptedSocket(descriptor, peer: proxy, ticket: ticket), stage, .accepted)
        case .passedOn(let peer):
            // Counted as its peer's from here on, and as the proxy's no more.
            let handover = Handover(stage: stage, peer: "\(peer)", isSecure: false, isProxied: true)
            guard let own = try? self.limiter.admit(from: handover.countedHost, stage) else { return }
            self.serve(AdoptedSocket(descriptor, peer: peer, ticket: own), stage, .accepted)
        }
    }

    private func tellOfProxy(_ reason: String, _ sentence: String, _ proxy: InternetAddress) {
        let services = self.services
        services.admission.refusals
            .tell("connection refused", .warning, reason: reason, sentence: sentence, peer: "\(proxy)", services.log)
    }
}
