import Contract
import Testing
import Venues

@Suite struct VenueBookTests {
    private static func at(_ second: Double) -> Instant { Instant(microseconds: Int64(second * 1_000_000)) }
    private static let report = VenueReport(Array("sid=\"a\",sta=p,ltc=1000\n".utf8))

    @Test func aFloodIsThrottledForOneVenueAlone() throws {
        let (book, live) = (VenueBook(), try RelayName("live"))
        let (kyoto, lima) = (try VenueName("kyoto"), try VenueName("lima"))
        let report = try #require(Self.report)
        let taken = (0..<100).count { _ in book.note(report, of: kyoto, in: live, now: Self.at(1)) }
        #expect(taken == 8)
        #expect(book.note(report, of: lima, in: live, now: Self.at(1)))
        // One that reports as it should is taken for ever.
        for second in stride(from: 10.0, through: 200, by: 2) {
            #expect(book.note(report, of: kyoto, in: live, now: Self.at(second)))
        }
        #expect(book.statuses(of: [kyoto], in: live, now: Self.at(200)).first?.reports == 104)
    }

    @Test func whatIsNotConfiguredIsForgotten() throws {
        let (book, live) = (VenueBook(), try RelayName("live"))
        let kyoto = try VenueName("kyoto")
        #expect(book.note(try #require(Self.report), of: kyoto, in: live, now: Self.at(1)))
        #expect(book.statuses(of: [kyoto], in: live, now: Self.at(1)).map(\.state) == [.green])
        #expect(book.statuses(of: [], in: live, now: Self.at(2)).isEmpty)
        #expect(book.statuses(of: [kyoto], in: live, now: Self.at(3)).map(\.state) == [.unseen])
        #expect(book.note(try #require(Self.report), of: kyoto, in: live, now: Self.at(4)))
        book.keep([])
        #expect(book.statuses(of: [kyoto], in: live, now: Self.at(5)).map(\.state) == [.unseen])
    }

    @Test func whoGuessesIsSlowedDownAndNobodyElse() throws {
        var tokens = TokenGuard()
        let venues = [
            VenueSpec(name: try VenueName("kyoto"), token: try Secret("k-secret")),
            VenueSpec(name: try VenueName("lima"), token: try Secret("l-secret")),
        ]
        func look(_ token: String, _ network: String, _ second: Double) -> TokenGuard.Answer {
            tokens.look(for: token, among: venues, from: network, now: Self.at(second))
        }
        #expect(look("l-secret", "10.0.0.1", 0) == .venue(try VenueName("lima")))
        for _ in 0..<20 { #expect(look("guess", "10.0.0.1", 1) == .wrong) }
        #expect(look("k-secret", "10.0.0.1", 11) == .later(50))
        #expect(look("k-secret", "10.0.0.2", 11) == .venue(try VenueName("kyoto")))
        #expect(look("k-secret", "10.0.0.1", 61) == .venue(try VenueName("kyoto")))
        // Nobody fills the memory with networks.
        for number in 0..<3000 { _ = look("guess", "\(number)", 70 + Double(number) / 1000) }
        #expect(look("k-secret", "2999", 80) == .venue(try VenueName("kyoto")))
    }
}
