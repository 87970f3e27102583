import Fanout
import Linux
import NIOCore
import Testing
import Toolkit

/// Requests and answers that outlive the process which serves them.
@Suite struct ExchangeTests {
    private static func stored(_ table: ExchangeTable) throws -> StoredExchanges {
        guard let memory = try table.shareMemory().take(), let stored = StoredExchanges(attaching: memory) else {
            throw CancellationError()
        }
        return stored
    }

    private static let head = ByteBuffer(string: "HTTP/1.1 200 OK\r\n\r\n")

    private static func progress(taken: UInt64 = 300, given: UInt64, isOpen: Bool = true) -> SocketProgress {
        SocketProgress(taken: taken, given: given, isOpen: isOpen)
    }

    /// Answers of all kinds: small ones, one that has no room beside others, one on a tape.
    private static var states: [Exchange.State] {
        let range = Exchange.TapeRange(tape: 9, range: 1000..<6000)
        let bodies: [Exchange.Body] = [
            .bytes(ByteBuffer()), .bytes(ByteBuffer(string: "body")), .bytes(ByteBuffer(repeating: 7, count: 30_000)),
            .tape(range, part: 0..<5000), .tape(range, part: 10..<20),
        ]
        return [.reading]
            + bodies.flatMap { body in
                [true, false].map { .answering(Exchange.Answer(head: Self.head, body: body, isLast: $0)) }
            }
    }

    @Test func `what is noted last is what is read`() throws {
        let table = try ExchangeTable(places: 2)
        let journals = [try #require(table.take()), try #require(table.take())]
        #expect(table.take() == nil)
        let stored = try Self.stored(table)
        for journal in journals { #expect(stored.exchange(at: journal.place) == nil) }
        for (number, state) in Self.states.enumerated() {
            for (index, journal) in journals.enumerated() {
                let exchange = Exchange(
                    state: state,
                    taken: UInt64(number),
                    given: .max,
                    input: ByteBuffer(repeating: UInt8(index), count: number * 400)
                )
                journal.note(exchange)
                #expect(stored.exchange(at: journal.place) == exchange)
            }
        }
    }

    @Test func `what there is no room for cannot be gone on from, until the next note`() throws {
        let table = try ExchangeTable(places: 1)
        let journal = try #require(table.take())
        let stored = try Self.stored(table)
        var exchange = Exchange(taken: 1, given: 1, input: ByteBuffer(repeating: 1, count: 70_000))
        journal.note(exchange)
        #expect(stored.exchange(at: journal.place) == nil)
        exchange.input = ByteBuffer()
        journal.note(exchange)
        #expect(stored.exchange(at: journal.place) == exchange)
    }

    @Test func `a place that was given back is another's`() throws {
        let table = try ExchangeTable(places: 1)
        let stored = try Self.stored(table)
        var journal = table.take()
        let first = try #require(journal?.place)
        journal?.note(Exchange(taken: 1, given: 1, input: ByteBuffer()))
        #expect(stored.exchange(at: first) != nil)
        journal = nil
        #expect(stored.exchange(at: first) == nil)
        let second = try #require(table.take())
        #expect(second.place != first && second.place.slot == first.slot)
        #expect(stored.exchange(at: first) == nil && stored.exchange(at: second.place) == nil)
    }

    @Test func `what is left of an answer follows from what the kernel was given`() {
        for state in Self.states {
            guard case .answering(let answer) = state else { continue }
            let exchange = Exchange(state: state, taken: 300, given: .max - 3, input: ByteBuffer())
            let all = UInt64(answer.head.readableBytes) + answer.body.count
            for sent in [0, 1, UInt64(answer.head.readableBytes), all] where sent <= all {
                let given = exchange.given &+ sent
                let whole = Exchange.Remainder(sent: sent, isLast: answer.isLast)
                #expect(exchange.remainder(Self.progress(given: given)) == whole)
                // What was asked behind it is lost.
                let last = Exchange.Remainder(sent: sent, isLast: true)
                #expect(exchange.remainder(Self.progress(taken: 301, given: given)) == last)
                #expect(exchange.remainder(Self.progress(given: given, isOpen: false)) == nil)
            }
            #expect(exchange.remainder(Self.progress(given: exchange.given &+ all &+ 1)) == nil)
            #expect(exchange.remainder(Self.progress(given: exchange.given &- 1)) == nil)
        }
    }

    @Test func `a request is put again only if it is known whole and nothing was answered`() {
        let exchange = Exchange(taken: 300, given: 50, input: ByteBuffer(string: "GET / HTTP/1.1\r\n"))
        #expect(exchange.remainder(Self.progress(given: 50)) == Exchange.Remainder(sent: nil, isLast: false))
        #expect(exchange.remainder(Self.progress(taken: 301, given: 50)) == nil)
        #expect(exchange.remainder(Self.progress(taken: 299, given: 50)) == nil)
        #expect(exchange.remainder(Self.progress(given: 51)) == nil)
        #expect(exchange.remainder(Self.progress(given: 50, isOpen: false)) == nil)
    }

    @Test func `what cannot be true is taken for lost`() throws {
        let small = try SharedMemory.make(name: "nonsense", size: 4096)
        let copy = try small.descriptor.duplicate()
        let none = StoredExchanges(attaching: copy)
        #expect(none == nil)
        let table = try ExchangeTable(places: 3)
        let journals = try (0..<3).map { _ in try #require(table.take()) }
        guard let file = try table.shareMemory().take() else { throw CancellationError() }
        let memory = try SharedMemory.attach(file)
        var dice = SeededGenerator(seed: 7)
        let places = journals.map(\.place)
        for state in Self.states {
            for _ in 0..<300 {
                for journal in journals {
                    journal.note(Exchange(state: state, taken: 3, given: 4, input: ByteBuffer(string: "input")))
                }
                // Words of the first page of a place: its notes' numbers, kinds, counts and offsets.
                let place = places.randomElement(using: &dice)
                let slot = place?.slot ?? 0
                for _ in 0..<3 {
                    let offset = 4096 + slot * (4096 + (128 << 10)) + 8 * Int.random(in: 1..<512, using: &dice)
                    let words = [0, 1, 2, 3, .max, 1 << 63, 65_536, dice.next()]
                    let word = words.randomElement(using: &dice) ?? 0
                    unsafe memory.base.storeBytes(of: word, toByteOffset: offset, as: UInt64.self)
                }
                let stored = try Self.stored(table)
                for place in places {
                    guard let exchange = stored.exchange(at: place), case .answering(let answer) = exchange.state
                    else { continue }
                    if case .tape(let range, let part) = answer.body {
                        #expect(part.upperBound <= range.range.upperBound - range.range.lowerBound)
                    }
                    _ = exchange.remainder(Self.progress(given: dice.next()))
                }
            }
        }
    }
}
