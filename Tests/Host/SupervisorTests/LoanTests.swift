import Contract
import Linux
import Supervisor
import Testing
import Toolkit

/// Connections that were given away and not answered, as values.
@Suite struct LoanTests {
    private static let start = Instant(microseconds: 1_000_000)
    private static let before = SocketProgress(taken: 100, given: 7)
    private static let request = Array("GET /live/main.m3u8 HTTP/1.1\r\n\r\n".utf8)

    private static func loan(
        _ stage: Handover.Stage = .http,
        payload: [UInt8] = [],
        seen: [UInt8] = LoanTests.request,
        losses: Int = 0
    ) -> Loan {
        let handover = Handover(stage: stage, peer: "192.0.2.7:5", isSecure: false)
        let delivery = PendingConnection(handover, payload: payload, seen: seen, losses: losses)
        return Loan(delivery: delivery, before: Self.before, until: Self.start + .seconds(12))
    }

    private static func after(taken: UInt64 = 0, given: UInt64 = 0, isOpen: Bool = true) -> SocketProgress {
        SocketProgress(taken: Self.before.taken + taken, given: Self.before.given + given, isOpen: isOpen)
    }

    // MARK: While the instance lives

    @Test func aConnectionIsKeptUntilTheFirstByteOfAnAnswer() {
        let loan = Self.loan()
        #expect(!loan.isSettled(Self.after(), now: Self.start))
        #expect(!loan.isSettled(Self.after(taken: 30), now: Self.start))
        #expect(loan.isSettled(Self.after(taken: 30, given: 1), now: Self.start))
        #expect(loan.isSettled(Self.after(isOpen: false), now: Self.start))
        #expect(loan.isSettled(nil, now: Self.start))
        #expect(!loan.isSettled(Self.after(), now: Self.start + .seconds(11)))
        #expect(loan.isSettled(Self.after(), now: Self.start + .seconds(12)))
    }

    // MARK: When it is dead

    @Test func whatWasTakenComesBackAndTheRestIsInTheSocket() throws {
        let loan = Self.loan()
        for taken in 0...Self.request.count {
            let rest = try #require(loan.remainder(Self.after(taken: UInt64(taken))))
            #expect(rest.payload == Array(Self.request[..<taken]))
            #expect(rest.seen == Array(Self.request[taken...]))
            #expect(rest.payload + rest.seen == Self.request)
            #expect(rest.handover == loan.delivery.handover)
            // What nobody has read has killed nobody.
            #expect(rest.losses == (taken == 0 ? 0 : 1))
        }
    }

    @Test func bytesThatTheHostHadTakenBeforeComeFirst() {
        let rest = Self.loan(payload: [1, 2], seen: [3, 4]).remainder(Self.after(taken: 1))
        #expect(rest?.payload == [1, 2, 3])
        #expect(rest?.seen == [4])
        let dialogue = Self.loan(.rtmp, payload: [1, 2], seen: []).remainder(Self.after())
        #expect(dialogue?.payload == [1, 2])
        #expect(dialogue?.losses == 1)
    }

    @Test func whatWasAnsweredOrReadUnseenIsNotGivenToAnother() {
        let loan = Self.loan()
        #expect(loan.remainder(Self.after(taken: 5, given: 1)) == nil, "half an answer is out")
        #expect(loan.remainder(Self.after(taken: UInt64(Self.request.count) + 1)) == nil, "it read what nobody saw")
        #expect(Self.loan(.rtmp, payload: [1], seen: []).remainder(Self.after(taken: 1)) == nil)
        #expect(loan.remainder(Self.after(isOpen: false)) == nil)
        #expect(loan.remainder(nil) == nil)
        // Counters that go back are none.
        #expect(loan.remainder(SocketProgress(taken: 99, given: 7)) == nil)
        #expect(loan.remainder(SocketProgress(taken: 100, given: 6)) == nil)
        #expect(loan.remainder(SocketProgress(taken: .max, given: 7)) == nil)
    }

    /// A request that kills whoever reads it kills two, and not one after the other for ever.
    @Test func aRequestIsNotPutToAThird() throws {
        var delivery = Self.loan().delivery
        for losses in 1...1 {
            let loan = Loan(delivery: delivery, before: Self.before, until: Self.start)
            delivery = try #require(loan.remainder(Self.after(taken: UInt64(delivery.seen.count))))
            #expect(delivery.losses == losses)
        }
        let loan = Loan(delivery: delivery, before: Self.before, until: Self.start)
        #expect(loan.remainder(Self.after()) == nil)
    }

    // MARK: Many of them

    private static func delivery(_ number: Int, bytes: Int = 4) -> PendingConnection {
        PendingConnection(
            Handover(stage: .http, peer: "192.0.2.7:\(number)", isSecure: false),
            seen: [UInt8](repeating: 1, count: bytes)
        )
    }

    @Test func theOldestMakeRoom() {
        var limits = LoanBook<Int>.Limits()
        limits.count = 3
        var book = LoanBook<Int>(limits: limits)
        let pushedOut = (1...5).map { book.lend(Self.delivery($0), $0, Self.before, now: Self.start) }
        #expect(pushedOut == [nil, nil, nil, 1, 2])
        #expect(book.count == 3)
        #expect(book.callIn { _ in Self.before }.left.map(\.socket) == [3, 4, 5])
    }

    @Test func whatIsTooLongOrEndedIsNotKept() {
        var book = LoanBook<Int>()
        let limit = LoanBook<Int>.Limits().bytes
        #expect(book.lend(Self.delivery(1, bytes: limit + 1), 1, Self.before, now: Self.start) == 1)
        #expect(book.lend(Self.delivery(2, bytes: limit), 2, Self.before, now: Self.start) == nil)
        #expect(book.lend(Self.delivery(3), 3, Self.after(isOpen: false), now: Self.start) == 3)
        #expect(book.callIn { _ in Self.before }.left.map(\.socket) == [2])
    }

    @Test func theAnsweredAreLetGoAndTheOthersAreNot() {
        var book = LoanBook<Int>()
        for number in 1...4 {
            let time = Self.start + .seconds(number)
            #expect(book.lend(Self.delivery(number), number, Self.before, now: time) == nil)
        }
        let time = LoanBook<Int>.Limits().time
        #expect(book.settle(now: Self.start + .seconds(2)) { $0 == 3 ? Self.after(given: 1) : Self.before } == [3])
        #expect(book.count == 3)
        // The first has been kept for long enough by now.
        #expect(book.settle(now: Self.start + .seconds(1) + time) { _ in Self.before } == [1])
        #expect(book.callIn { _ in Self.before }.left.map(\.delivery) == [Self.delivery(2), Self.delivery(4)])
    }

    @Test func aDeadInstanceIsLentNothing() {
        var book = LoanBook<Int>()
        #expect(book.callIn { _ in Self.before }.left.isEmpty)
        #expect(book.isClosed)
        #expect(book.lend(Self.delivery(1), 1, Self.before, now: Self.start) == 1)
        #expect(book.count == 0)
        #expect(book.callIn { _ in Self.before }.left.isEmpty)
    }

    /// Whatever an instance did to its connections: nobody is answered twice, and no byte is lost or made up.
    @Test(arguments: [1, 2, 3] as [UInt64]) func nothingIsAnsweredTwice(seed: UInt64) {
        var dice = SeededGenerator(seed: seed)
        for _ in 0..<200 {
            var book = LoanBook<Int>()
            var truth: [Int: SocketProgress] = [:]
            var settled: [Int] = []
            for number in 0..<Int.random(in: 1...20, using: &dice) {
                truth[number] = Self.before
                #expect(book.lend(Self.delivery(number), number, Self.before, now: Self.start) == nil)
                for _ in 0..<Int.random(in: 0...6, using: &dice) {
                    let target = Int.random(in: 0...number, using: &dice)
                    switch Int.random(in: 0..<4, using: &dice) {
                    case 0: truth[target]?.given += 1
                    case 1: truth[target]?.isOpen = false
                    default: truth[target]?.taken += 1
                    }
                    if Bool.random(using: &dice) { settled += book.settle(now: Self.start) { truth[$0] } }
                }
            }
            let (back, ended) = book.callIn { truth[$0] }
            #expect((settled + ended + back.map(\.socket)).sorted() == truth.keys.sorted(), "none is let go twice")
            let expected = truth.filter { $0.value.isOpen && $0.value.given == 7 && $0.value.taken <= 104 }.keys
            #expect(back.map(\.socket) == expected.sorted())
            for (delivery, socket) in back {
                #expect(UInt64(delivery.payload.count) == (truth[socket]?.taken ?? 0) - 100)
                #expect(delivery.payload.count + delivery.seen.count == 4)
            }
        }
    }
}
