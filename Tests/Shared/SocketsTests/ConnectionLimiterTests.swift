import Contract
import Linux
import Sockets
import Synchronization
import Testing

@Suite struct ConnectionLimiterTests {
    private static func host(_ text: String) throws -> InternetAddress.Host {
        try #require(InternetAddress.Host(text))
    }

    private final class Evictions: Sendable {
        private let names = Mutex<[String]>([])

        var all: [String] { self.names.withLock { $0 } }

        func follow(_ ticket: ConnectionLimiter.Ticket, as name: String) {
            ticket.whenEvicted { self.names.withLock { $0.append(name) } }
        }
    }

    @Test func aNewcomerIsNeverRefusedForThoseWhoSayNothing() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 100, undecided: 3))
        let evictions = Evictions()
        var held: [ConnectionLimiter.Ticket] = []
        for (index, host) in ["192.0.2.1", "192.0.2.2", "198.51.100.1", "203.0.113.1", "192.0.2.3"].enumerated() {
            let ticket = try limiter.admit(from: Self.host(host), .rtmp)
            evictions.follow(ticket, as: "\(index)")
            held.append(ticket)
        }
        // The first two are of one network, which has most; after that all have one, and the first of all goes.
        #expect(evictions.all == ["0", "1"])
        #expect(limiter.open == 3)
        #expect(limiter.snapshot.closed == [.rtmp: [.undecided: 2]])
        #expect(limiter.snapshot.undecided == [.rtmp: 3])
        held = []
        #expect(limiter.open == 0)
        #expect(limiter.undecided == 0)
    }

    @Test func whoHasDecidedIsClosedForNobody() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 100, undecided: 1))
        let evictions = Evictions()
        let first = try limiter.admit(from: Self.host("192.0.2.1"), .http)
        evictions.follow(first, as: "first")
        first.decide()
        first.decide()
        let second = try limiter.admit(from: Self.host("192.0.2.1"), .http)
        let third = try limiter.admit(from: Self.host("192.0.2.1"), .rtmp)
        #expect(evictions.all == [])
        #expect(limiter.open == 3)
        withExtendedLifetime([first, second, third]) {}
    }

    /// A crowd that answers is not closed for those who came before it, though it is the largest.
    @Test func whoWasHeardOfGoesLast() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 100, undecided: 4))
        let evictions = Evictions()
        let start = MonotonicClock.now
        var held: [ConnectionLimiter.Ticket] = []
        func come(_ host: String, _ name: String, after seconds: Int) throws {
            let now = start.advanced(by: .seconds(seconds))
            let ticket = try limiter.admit(from: Self.host(host), .rtmp, now: now)
            evictions.follow(ticket, as: name)
            held.append(ticket)
        }
        try come("192.0.2.1", "silent", after: -20)
        for index in 0..<3 { try come("198.51.100.7", "crowd \(index)", after: 0) }
        try come("198.51.100.7", "crowd 3", after: 0)
        #expect(evictions.all == ["silent"])
        // All of them are new now: the crowd is the largest, and its first goes unless it has come on.
        held[1].hear()
        try come("203.0.113.1", "guest", after: 0)
        #expect(evictions.all == ["silent", "crowd 1"])
    }

    @Test func placesAreKeptForTheMachineItself() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 100, undecided: 4, reserved: 2))
        let evictions = Evictions()
        var held: [ConnectionLimiter.Ticket] = []
        for (index, host) in ["192.0.2.1", "198.51.100.1", "127.0.0.1", "127.0.0.1", "203.0.113.1", "127.0.0.1"]
            .enumerated()
        {
            let ticket = try limiter.admit(from: Self.host(host), .http)
            evictions.follow(ticket, as: "\(index)")
            held.append(ticket)
        }
        // Strangers have two places, whoever of them comes. Of its own the machine has all that it comes to.
        #expect(evictions.all == ["0", "1"])
        withExtendedLifetime(held) {}
    }

    @Test func protocolsAndAccountsAreCountedApart() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 100, undecided: 1, idle: 1, waiting: 1))
        let evictions = Evictions()
        let host = try Self.host("192.0.2.1")
        let held = try (0..<6).map { _ in try limiter.admit(from: host, nil) }
        for (index, ticket) in held.enumerated() { evictions.follow(ticket, as: "\(index)") }
        held[0].move(to: .idle)
        held[1].move(to: .waiting)
        held[2].move(to: .answering)
        held[3].move(to: .answering)
        #expect(evictions.all == [])
        held[4].move(to: .idle)
        held[5].move(to: .waiting)
        #expect(evictions.all == ["0", "1"])
        // Whose place is gone does nothing any more.
        held[0].decide()
        held[0].move(to: .answering)
        #expect(limiter.open == 4)
    }

    @Test func whenEveryPlaceIsTakenThoseWithoutUseGoFirst() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 2, undecided: 2))
        let evictions = Evictions()
        let viewer = try limiter.admit(from: Self.host("192.0.2.1"), nil)
        let silent = try limiter.admit(from: Self.host("192.0.2.1"), .rtsp)
        evictions.follow(silent, as: "silent")
        let second = try limiter.admit(from: Self.host("198.51.100.1"), .rtmp)
        #expect(evictions.all == ["silent"])
        second.decide()
        #expect(throws: ConnectionLimiter.Full.self) { try limiter.admit(from: Self.host("198.51.100.1"), .http) }
        #expect(limiter.snapshot.closed == [.rtsp: [.undecided: 1], .http: [.total: 1]])
        #expect(!limiter.makeRoom())
        limiter.setLimits(.init(total: 5, undecided: 2))
        let third = try limiter.admit(from: Self.host("198.51.100.1"), .http, elsewhere: 2)
        evictions.follow(third, as: "third")
        #expect(limiter.makeRoom())
        #expect(evictions.all == ["silent", "third"])
        #expect(limiter.snapshot.crowded != nil)
        withExtendedLifetime([viewer, second]) {}
    }

    /// Who has lost its place before it could say what closes it is closed then.
    @Test func whoIsEvictedEarlyIsClosedAllTheSame() throws {
        let limiter = ConnectionLimiter(limits: .init(total: 9, undecided: 1))
        let evictions = Evictions()
        let first = try limiter.admit(from: Self.host("192.0.2.1"), .rtmp)
        let second = try limiter.admit(from: Self.host("192.0.2.1"), .rtmp)
        evictions.follow(first, as: "first")
        #expect(evictions.all == ["first"])
        first.note(.malformed)
        second.note(.tooSlow)
        #expect(limiter.snapshot.closed == [.rtmp: [.undecided: 1, .tooSlow: 1]])
    }

    @Test(
        arguments: [
            ("192.0.2.1", "192.0.2.255", true), ("192.0.2.1", "192.0.3.1", false),
            ("2001:db8::1", "2001:db8::2:1", true),
            ("2001:db8::1", "2001:db8:0:1::1", false), ("::ffff:10.0.0.1", "10.0.0.9", true),
            ("127.0.0.1", "127.0.0.2", false), ("fe80::1", "fe80::2", false), ("::1", "127.0.0.1", false),
        ]
    )
    func aNetworkCountsAsOne(one: String, other: String, isOne: Bool) throws {
        #expect(try (Self.host(one).block == Self.host(other).block) == isOne)
    }
}
