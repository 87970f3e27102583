import Contract
import Linux
import Sockets
import Wire

extension DoorLoop.Services {
    /// Has a connection come in once the trusted proxy that opened it has said whose it is.
    func awaitProxy(
        _ descriptor: consuming OwnedDescriptor,
        from proxy: InternetAddress,
        at kind: DoorProtocol,
        _ ticket: ConnectionLimiter.Ticket,
        since: MonotonicInstant
    ) {
        let services = self
        self.proxies.wait(
            descriptor,
            from: proxy,
            ticket: ticket,
            // A proxy of HTTP says in each request whom it is from.
            mayBeSilent: kind.stage == .http,
            refuse: { services.refuse($0, of: proxy, at: kind) },
            then: { descriptor, outcome in
                switch outcome {
                case .proxyItself:
                    let handover = Handover(stage: kind.stage, peer: "\(proxy)", isSecure: kind.isSecure)
                    services.welcome(descriptor, handover, ticket, since)
                case .passedOn(let peer):
                    let handover = Handover(
                        stage: kind.stage,
                        peer: "\(peer)",
                        isSecure: kind.isSecure,
                        isProxied: true
                    )
                    do throws(ConnectionLimiter.Full) {
                        // Counted as its peer's from here on, and as the proxy's no more.
                        let elsewhere = services.openElsewhere()
                        let own = try services.limiter.admit(
                            from: handover.countedHost,
                            kind.stage,
                            elsewhere: elsewhere
                        )
                        services.welcome(descriptor, handover, own, since)
                    } catch {
                        services.inbox.post(.refused(.total, "too many connections, the last from \(peer.host)"))
                    }
                }
            }
        )
    }

    private func welcome(
        _ descriptor: consuming OwnedDescriptor,
        _ handover: Handover,
        _ ticket: ConnectionLimiter.Ticket,
        _ since: MonotonicInstant
    ) {
        let arrival = Arrival(
            descriptor: descriptor,
            known: PendingConnection(handover),
            ticket: ticket,
            since: since
        )
        guard !handover.isSecure else { return self.secure(arrival) }
        arrival.makeRoom()
        self.inbox.post(.admit(Transfer(arrival)))
    }

    private func refuse(_ refusal: ProxyEntrance.Refusal, of proxy: InternetAddress, at kind: DoorProtocol) {
        switch refusal {
        case .late:
            self.limiter.note(.tooSlow, of: kind.stage)
            self.inbox.post(.refused(.slow, "no PROXY header came from \(proxy.host) in time"))
        case .header(let sentence):
            self.limiter.note(.malformed, of: kind.stage)
            self.inbox.post(.refused(.proxyHeader, DoorSentences.badProxyHeader(sentence, proxy.host, at: kind)))
        }
    }
}

extension DoorLoop {
    /// Whether the first bytes of a connection are a header of a proxy that nobody trusts, which the log then says: the
    /// protocols themselves only know that they cannot read it.
    func noteUntrustedProxy(_ bytes: ArraySlice<UInt8>, _ connection: DoorConnection) {
        guard ProxyHeader.begins(bytes) else { return }
        self.note(.untrustedProxy, DoorSentences.untrustedProxy(connection.handover.address.host))
    }
}
