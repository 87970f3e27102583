import Contract

/// A figure over the last ten minutes.
struct Series: Sendable {
    static let span = Duration.seconds(600)
    static let step = Duration.seconds(2)
    /// Points that are kept, with some room for clocks that are not exact.
    static let limit = 310

    private(set) var points: [(at: Instant, value: Double)] = []

    /// Adds a point where one is due.
    mutating func note(_ value: Double, now: Instant) {
        if let last = self.points.last, now - last.at < Self.step - .milliseconds(500) { return }
        self.points.append((now, value))
        if self.points.count > Self.limit { self.points.removeFirst(self.points.count - Self.limit) }
    }

    func isOver(now: Instant) -> Bool { self.points.last.map { now - $0.at > Self.span } ?? true }
}

/// The figures of all streams and venues: bits a second of each stream, seconds of latency of each venue.
struct History: Sendable {
    /// Streams and venues that are remembered.
    static let limit = 512

    struct Key: Hashable, Sendable {
        enum Kind: Sendable { case stream, venue }

        let kind: Kind
        let relay: String
        let name: String
    }

    private var series: [Key: Series] = [:]

    mutating func note(_ host: HostView, now: Instant) {
        for relay in host.relays {
            for stream in relay.streams {
                self.note(stream.bitrate, Key(kind: .stream, relay: relay.name, name: stream.stream), now)
            }
            for venue in relay.venues ?? [] {
                guard let latency = venue.latency else { continue }
                self.note(latency, Key(kind: .venue, relay: relay.name, name: venue.venue), now)
            }
        }
        for (key, series) in self.series where series.isOver(now: now) { self.series[key] = nil }
    }

    private mutating func note(_ value: Double, _ key: Key, _ now: Instant) {
        guard self.series[key] != nil || self.series.count < Self.limit else { return }
        self.series[key, default: Series()].note(value, now: now)
    }

    func view(of relay: String, now: Instant) -> HistoryView {
        func lines(_ kind: Key.Kind) -> [HistoryView.Line] {
            self.series.filter { $0.key.kind == kind && $0.key.relay == relay }.sorted { $0.key.name < $1.key.name }
                .map { key, series in
                    HistoryView.Line(
                        name: key.name,
                        points: series.points.map { .init(age: HistoryView.age($0.at, now), value: $0.value) }
                    )
                }
        }
        return HistoryView(relay: relay, streams: lines(.stream), venues: lines(.venue))
    }
}
