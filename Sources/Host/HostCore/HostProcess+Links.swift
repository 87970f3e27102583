internal import Console
internal import Contract
internal import Greeting
internal import Supervisor

/// What the operator sends to people.
extension HostProcess {
    func links(of relay: RelayName) -> LinksView? {
        guard let spec = self.supervisor.spec(of: relay) else { return nil }
        let listening = self.listening
        let encoder = spec.publishKey.flatMap { key in
            self.base(.rtmp, listening).map { base in
                let streams = (spec.streams ?? []).filter { $0.source == .publisher }.map(\.name.rawValue)
                return LinksView.Encoder(
                    server: "\(base)/\(relay)",
                    streamKeys: (streams.isEmpty ? ["main"] : streams).map { "\($0)?key=\(key.revealed)" }
                )
            }
        }
        let page = self.base(.https, listening) ?? self.base(.http, listening)
        let venues = spec.venues.compactMap { venue in
            page.map { base in
                LinksView.Venue(
                    venue: venue.name.rawValue,
                    url: "\(base)/\(relay)/?venue=\(venue.name)&token=\(venue.token.revealed)"
                )
            }
        }
        return LinksView(relay: relay.rawValue, encoder: encoder, venues: venues)
    }

    /// Where people outside reach a listener.
    private func base(_ kind: WireProtocol, _ listening: ListenSpec) -> String? {
        guard let address = listening[all: kind].toldToPeople else { return nil }
        let host = address.isWildcard ? LocalAddresses.reachable().first ?? "localhost" : address.host
        return kind.base(host: host.contains(":") ? "[\(host)]" : host, port: address.port)
    }
}
