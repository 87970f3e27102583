import Media
import NIOCore

/// A source's first events, kept until it is plain which kinds of tracks it has.
///
/// Each event costs the same, however many came before it: they are a stranger's to choose.
struct TrackDiscovery {
    /// How long they wait for the configuration of a second kind of track, µs of media time.
    static let span: Int64 = 500_000
    /// The same in bytes, for a source whose timestamps stand still.
    static let bytes = 4 << 20
    /// What keeping one event costs beside its payload, bytes.
    static let eventBytes = 256

    private(set) var events: [SourceEvent] = []
    private var bytes = 0
    private var configured: Set<TrackID> = []
    private var sending: Set<TrackID> = []
    private var first: Int64?
    private var last: Int64 = 0

    mutating func add(_ event: SourceEvent) {
        self.events.append(event)
        self.bytes += event.size
        switch event {
        case .configuration(let track, _):
            self.configured.insert(track)
        case .packet(let packet):
            self.sending.insert(packet.track)
            self.first = self.first ?? packet.timestamp
            self.last = packet.timestamp
        case .omission:
            break
        }
    }

    /// Whether there is nothing more to wait for.
    var isComplete: Bool {
        guard let first = self.first else { return self.bytes >= Self.bytes }
        let (span, isBeyond) = self.last.subtractingReportingOverflow(first)
        // A clock that turns round between the first packets says nothing about how long this has lasted.
        let isWhole = Set(self.configured.map(\.kind)).count == 2 && self.configured.isSubset(of: self.sending)
        return isWhole || isBeyond || span >= Self.span || span < 0 || self.bytes >= Self.bytes
    }
}

extension SourceEvent {
    /// What keeping the event costs, bytes.
    var size: Int {
        switch self {
        case .configuration(_, let configuration): TrackDiscovery.eventBytes + configuration.record.readableBytes
        case .packet(let packet): TrackDiscovery.eventBytes + packet.payload.readableBytes
        case .omission: TrackDiscovery.eventBytes
        }
    }
}
