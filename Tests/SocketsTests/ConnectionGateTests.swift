import Linux
import Sockets
import Testing

@Suite struct ConnectionGateTests {
    @Test func halfOpenConnectionsAreBoundedAndGiveTheirPlaceBack() throws {
        let gate = ConnectionGate(limits: .init(total: 4, undecided: 3, undecidedPerHost: 2))
        let (here, there) = (InternetAddress.Host.loopbackV4, InternetAddress.Host.loopbackV6)
        var tickets = [gate.admit(here), gate.admit(here)]
        #expect(gate.admit(here) == nil, "two from one address")
        tickets.append(gate.admit(there))
        #expect(gate.admit(.anyV4) == nil, "three in all")
        tickets[0]?.decide()
        tickets[0]?.decide()
        tickets.append(gate.admit(here))
        #expect(tickets.allSatisfy { $0 != nil })
        tickets[1]?.decide()
        #expect(gate.admit(here) == nil, "four connections in all")
        #expect(gate.open == 4)
        #expect(gate.refused == 3)
        tickets = []
        #expect(gate.open == 0)
        #expect(gate.admit(here) != nil)
    }

    /// A customer has 2^64 addresses of IPv6, and could choose another for every connection.
    @Test func anIPv6NetworkCountsAsOne() throws {
        let gate = ConnectionGate(limits: .init(total: 9, undecided: 9, undecidedPerHost: 1))
        let held = try ["[2001:db8::1]:1", "[2001:db8:0:1::1]:1", "[fe80::1]:1", "[fe80::2]:1", "[::ffff:10.0.0.1]:1"]
            .map { try gate.place(for: InternetAddress(parsing: $0).host) }
        #expect(throws: ConnectionGate.Refusal.undecidedPerHost) {
            try gate.place(for: InternetAddress(parsing: "[2001:db8::ffff:0:0:2]:1").host)
        }
        let other = try gate.place(for: InternetAddress(parsing: "[::ffff:10.0.0.2]:1").host)
        other.decide()
        for ticket in held { ticket.decide() }
        #expect(gate.undecided == 0)
    }

    @Test func aRefusalNamesTheLimit() throws {
        let gate = ConnectionGate(limits: .init(total: 4, undecided: 2, undecidedPerHost: 1))
        let first = try gate.place(for: .loopbackV4)
        #expect(throws: ConnectionGate.Refusal.undecidedPerHost) { try gate.place(for: .loopbackV4) }
        let second = try gate.place(for: .loopbackV6)
        #expect(throws: ConnectionGate.Refusal.undecided) { try gate.place(for: .anyV4) }
        for ticket in [first, second] { ticket.decide() }
        #expect(throws: ConnectionGate.Refusal.total) { try gate.place(for: .anyV4, elsewhere: 2) }
        gate.setLimits(.init(total: 5, undecided: 2, undecidedPerHost: 1))
        _ = try gate.place(for: .anyV4, elsewhere: 2)
    }
}
