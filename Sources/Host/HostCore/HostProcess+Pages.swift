internal import Contract
internal import Health
internal import Pages
internal import Supervisor
internal import Synchronization

extension HostProcess {
    /// The protocols of which the session page gives addresses, beside its own.
    private static let told: [WireProtocol] = [.rtmp, .rtmps, .rtsp, .rtsps]

    /// What the session page is told; nil where there is no such relay.
    func session(of relay: RelayName) -> SessionFacts? {
        guard self.knows(relay), let status = self.supervisor.statuses.first(where: { $0.name == relay }) else {
            return nil
        }
        let published = status.snapshot?.streams.filter(\.wasPublished).map(\.path.stream) ?? []
        let listening = self.listening
        let ports = Self.told.compactMap { kind in
            listening[all: kind].toldToPeople.map { (kind.rawValue, $0.port) }
        }
        return SessionFacts(
            relay: relay,
            streams: Set(status.streams ?? []).union(published).sorted(),
            venues: status.play == .venues,
            ports: Dictionary(uniqueKeysWithValues: ports)
        )
    }
}
