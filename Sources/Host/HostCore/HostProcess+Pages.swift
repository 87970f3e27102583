internal import Contract
internal import FoundationEssentials
internal import Health
internal import Linux
internal import Pages
internal import Supervisor
internal import Synchronization
internal import Venues

extension HostProcess: PageSource {
    /// The protocols of which the session page gives addresses, beside its own.
    private static let told: [WireProtocol] = [.rtmp, .rtmps, .rtsp, .rtsps]

    func facts(of relay: RelayName) -> SessionFacts? {
        guard let status = self.status(of: relay) else { return nil }
        let listening = self.listening
        var ports: [String: UInt16] = [:]
        for kind in Self.told { ports[kind.rawValue] = listening[all: kind].toldToPeople?.port }
        // Each relay has an SRT address of its own.
        ports[WireProtocol.srt.rawValue] = self.supervisor.spec(of: relay)?.srt.listen.toldToPeople?.port
        return SessionFacts(
            relay: relay,
            streams: Self.streams(of: status),
            venues: status.play == .venues,
            ports: ports
        )
    }

    func sessions() -> [(relay: RelayName, isOpen: Bool)] {
        self.supervisor.statuses.filter { self.knows($0.name) }.map { ($0.name, $0.play == .open) }
    }

    private func status(of relay: RelayName) -> RelayStatus? {
        guard self.knows(relay) else { return nil }
        return self.supervisor.statuses.first { $0.name == relay }
    }

    /// Those that are declared or were published.
    private static func streams(of relay: RelayStatus) -> [StreamName] {
        let published = relay.snapshot?.streams.filter(\.wasPublished).map(\.path.stream) ?? []
        return Set(relay.streams ?? []).union(published).sorted()
    }
}

/// The screens of venues.
extension HostProcess {
    func venue(of token: String, in relay: RelayName, from peer: String) -> VenueAdmission {
        let venues = self.supervisor.spec(of: relay)?.venues ?? []
        let answer = self.tokens.withLock { guardian in
            guardian.look(for: token, among: venues, from: Self.network(of: peer), now: .monotonic())
        }
        return switch answer {
        case .venue(let name): .venue(name)
        case .wrong: .wrong
        case .later(let seconds): .later(seconds)
        }
    }

    /// A site has many addresses of IPv6, and is one all the same.
    private static func network(of peer: String) -> String {
        guard let address = try? InternetAddress(parsing: peer.contains(":") ? "[\(peer)]:0" : "\(peer):0") else {
            return peer
        }
        return "\(address.host.network)"
    }

    func screen(of venue: VenueName, in relay: RelayName) -> ScreenFacts? {
        guard let status = self.status(of: relay) else { return nil }
        return ScreenFacts(
            relay: relay,
            venue: venue,
            streams: Self.streams(of: status),
            starts: self.supervisor.spec(of: relay)?.starts?.unix,
            now: Int64(Date().timeIntervalSince1970 * 1000)
        )
    }

    func note(_ report: [UInt8], of venue: VenueName, in relay: RelayName) -> ReportOutcome {
        guard let report = VenueReport(report) else { return .unreadable }
        return self.venues.note(report, of: venue, in: relay, now: .monotonic()) ? .taken : .tooMany
    }

    /// How the venues of a relay are.
    func venueStatuses(of relay: RelayName, now: Instant) -> [VenueStatus] {
        let venues = self.supervisor.spec(of: relay)?.venues.map(\.name) ?? []
        return self.venues.statuses(of: venues, in: relay, now: now)
    }
}
