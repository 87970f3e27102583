package import Contract

/// What the host knows of streams beyond what relays know: who is expected, and what is usual. A host that starts again goes
/// on with it. Times are µs since 1970-01-01 UTC, because the monotonic clock begins anew with the machine.
package struct HealthMemory: Hashable, Sendable, Codable {
    /// Of the form; another is not read.
    package static let version = 1

    /// Who has been off for longer than this begins anew: nobody waits today for the encoder of yesterday's session.
    package static let age = Duration.seconds(6 * 3600)

    /// Streams that are remembered of all relays together.
    package static let limit = 4096

    package struct Relay: Hashable, Sendable, Codable {
        package var relay: RelayName

        /// Streams that are on air, or were and are missed.
        package var expected: [Expected]
        package var habits: [Habit]

        package init(relay: RelayName, expected: [Expected] = [], habits: [Habit] = []) {
            self.relay = relay
            self.expected = expected
            self.habits = habits
        }
    }

    /// A source, and how it was lost if nothing more is heard of it.
    package struct Expected: Hashable, Sendable, Codable {
        package var stream: StreamName
        package var lostAt: Int64

        /// `relayEnded` of one that is on air, too: that is its loss unless the relay goes on.
        package var cause: SourceLoss.Cause
        package var `protocol`: SourceProtocol
        package var address: String
        package var encoder: String?
        package var connectedAt: Int64
    }

    /// What a stream usually is.
    package struct Habit: Hashable, Sendable, Codable {
        package var stream: StreamName
        package var usual: Usual?

        /// Kinds of tracks that it has had.
        package var kinds: Set<TrackSnapshot.Kind>

        /// Whether its picture stands still, so that the next who looks must see it move.
        package var isFrozen: Bool

        package init(stream: StreamName, usual: Usual?, kinds: Set<TrackSnapshot.Kind>, isFrozen: Bool) {
            self.stream = stream
            self.usual = usual
            self.kinds = kinds
            self.isFrozen = isFrozen
        }
    }

    package struct Usual: Hashable, Sendable, Codable {
        /// Bits a second.
        package var bitrate: Double

        /// Pictures a second.
        package var frameRate: Double

        /// How long it was learned from, s.
        package var seen: Double

        package init(bitrate: Double, frameRate: Double, seen: Double) {
            self.bitrate = bitrate
            self.frameRate = frameRate
            self.seen = seen
        }
    }

    package var version: Int

    /// When all of it was so.
    package var savedAt: Int64
    package var relays: [Relay]

    package init(savedAt: Int64, relays: [Relay]) {
        self.version = Self.version
        self.savedAt = savedAt
        var room = Self.limit
        self.relays = relays.map { relay in
            var relay = relay
            relay.expected = Array(relay.expected.prefix(room))
            relay.habits = Array(relay.habits.prefix(room))
            room -= max(relay.expected.count, relay.habits.count)
            return relay
        }
    }

    package var isEmpty: Bool { self.relays.allSatisfy { $0.expected.isEmpty && $0.habits.isEmpty } }

    /// Whether it is of a host that ended not long ago. Where the clock was set back nobody knows, and it is.
    package func isCurrent(at unix: Int64) -> Bool {
        Double(unix) - Double(self.savedAt) <= Self.age.inSeconds * 1_000_000
    }

    /// Whether it says something else than what was written down before. Rates always move a little, and two clocks are never
    /// read in the same moment.
    package func differs(from other: HealthMemory) -> Bool {
        guard self.relays.count == other.relays.count else { return true }
        return zip(self.relays, other.relays).contains { left, right in
            left.relay != right.relay || left.expected.count != right.expected.count
                || left.habits.count != right.habits.count
                || zip(left.expected, right.expected).contains { $0.differs(from: $1) }
                || zip(left.habits, right.habits).contains { $0.differs(from: $1) }
        }
    }
}

extension HealthMemory.Expected {
    /// Characters that are kept of what a peer has called itself.
    private static let wordLimit = 128

    init(_ stream: StreamName, _ loss: SourceLoss, by clock: ClockReading) {
        self.stream = stream
        self.lostAt = clock.unix(of: loss.at)
        self.cause = loss.cause
        self.protocol = loss.source.protocol
        self.address = Self.short(loss.source.address)
        self.encoder = loss.source.encoder.map(Self.short)
        self.connectedAt = clock.unix(of: loss.source.connectedAt)
    }

    /// As it was known, by the clock of this machine's life.
    func loss(by clock: ClockReading) -> SourceLoss {
        let source = SourceSnapshot(
            protocol: self.protocol,
            address: Self.short(self.address),
            encoder: self.encoder.map(Self.short),
            connectedAt: clock.instant(atUnix: min(self.connectedAt, clock.unix))
        )
        return SourceLoss(at: clock.instant(atUnix: min(self.lostAt, clock.unix)), cause: self.cause, source: source)
    }

    private static func short(_ text: String) -> String {
        String(String.UnicodeScalarView(text.unicodeScalars.prefix(self.wordLimit)))
    }

    fileprivate func differs(from other: Self) -> Bool {
        func isFar(_ key: KeyPath<Self, Int64>) -> Bool {
            abs(Double(self[keyPath: key]) - Double(other[keyPath: key])) > 5_000_000
        }
        // Of one that is on air the loss is always now.
        return self.stream != other.stream || self.cause != other.cause || self.address != other.address
            || isFar(\.connectedAt) || self.cause != .relayEnded && isFar(\.lostAt)
    }
}

extension HealthMemory.Habit {
    fileprivate func differs(from other: Self) -> Bool {
        if self.stream != other.stream || self.kinds != other.kinds || self.isFrozen != other.isFrozen { return true }
        guard let usual = self.usual, let before = other.usual else { return self.usual != other.usual }
        func isFar(_ key: KeyPath<HealthMemory.Usual, Double>) -> Bool {
            abs(usual[keyPath: key] - before[keyPath: key]) > 0.1 * abs(before[keyPath: key])
        }
        return isFar(\.bitrate) || isFar(\.frameRate)
    }
}

extension ClockReading {
    /// The instant of a date, µs since 1970-01-01 UTC; before the machine's start where the date is.
    func instant(atUnix unix: Int64) -> Instant {
        let (back, overflow) = self.unix.subtractingReportingOverflow(unix)
        guard !overflow else { return Instant(microseconds: unix < 0 ? .min : .max) }
        return self.now + .microseconds(-max(back, -Int64.max))
    }
}
