/// The newest events, numbered. Each reader has a place of its own among them; one that is too slow misses the oldest.
struct EventLog: Sendable {
    /// Events that are kept.
    static let limit = 256

    private var events: [NumberedEvent] = []
    private(set) var last: UInt64 = 0

    mutating func append(_ event: HostEvent, at: String) {
        self.last += 1
        self.events.append(NumberedEvent(event, number: self.last, at: at))
        if self.events.count > Self.limit { self.events.removeFirst(self.events.count - Self.limit) }
    }

    /// Those behind a place, the oldest first. A place of another host's life is before all.
    func events(after number: UInt64) -> [NumberedEvent] {
        number > self.last ? self.events : self.events.filter { $0.number > number }
    }
}
