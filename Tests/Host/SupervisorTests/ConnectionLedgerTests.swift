import Containers
import Contract
import Linux
import Supervisor
import Testing

@Suite struct ConnectionLedgerTests {
    private static let handover = Handover(stage: .http, peer: "192.0.2.7:5", isSecure: false)

    private static func instance(_ number: UInt32) throws -> InstanceID {
        InstanceID(try RelayName("live"), nonce: number)
    }

    private static func cookie() throws -> SocketCookie {
        let pair = try TCPSocket.pair().parted()
        return try #require(pair.first.lend { SocketCookie(of: $0) } ?? nil)
    }

    @Test func whoWasGivenAConnectionReturnsItOnce() throws {
        let ledger = ConnectionLedger()
        let (cookie, first, second) = (try Self.cookie(), try Self.instance(1), try Self.instance(2))
        #expect(ledger.recollect(cookie, from: first) == .foreign)
        ledger.note(cookie, Self.handover, to: first)
        #expect(ledger.recollect(cookie, from: second) == .foreign, "another's")
        #expect(ledger.recollect(cookie, from: first) == .given(Self.handover))
        #expect(ledger.recollect(cookie, from: first) == .foreign, "a second time")

        ledger.note(cookie, Self.handover, to: second)
        #expect(ledger.recollect(cookie, from: first) == .foreign, "the one that had it before")
        #expect(ledger.recollect(cookie, from: second) == .given(Self.handover))
    }

    @Test func theOldestAreForgottenAndNobodyIsCalledALiarForIt() throws {
        let ledger = ConnectionLedger(capacity: 2)
        let instance = try Self.instance(1)
        let cookies = try (1...7).map { _ in try Self.cookie() }
        for cookie in cookies { ledger.note(cookie, Self.handover, to: instance) }
        for cookie in cookies.dropLast(2) { #expect(ledger.recollect(cookie, from: instance) == .forgotten) }
        for cookie in cookies.suffix(2) { #expect(ledger.recollect(cookie, from: instance) == .given(Self.handover)) }
    }
}
