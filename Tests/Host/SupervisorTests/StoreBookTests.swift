import Contract
import Linux
import Supervisor
import Testing

/// What a relay has stored, as values.
@Suite struct StoreBookTests {
    private typealias Book = StoreBook<Int>

    private static let memoryLimit = 1000

    private static func connection() throws -> Book.Identity {
        let pair = try TCPSocket.pair().parted()
        return .connection(try #require(pair.first.lend { SocketCookie(of: $0) } ?? nil))
    }

    /// The kernel gives the number of one that is gone out again, so all are there at once.
    private static func memories(_ count: Int) throws -> [Book.Identity] {
        var held: [HeldDescriptor] = []
        for _ in 0..<count {
            let memory = try MirroredMemory.make(name: "book", capacity: 1)
            held.append(HeldDescriptor(try memory.descriptor.duplicate()))
        }
        return try held.map { one in
            let memory = try #require(one.lend { SealedMemory(of: $0) } ?? nil)
            return .memory(memory.identity)
        }
    }

    private static func stored(_ number: UInt64, _ identity: Book.Identity, _ label: String = "") -> StoredDescriptor {
        let kind: StoredDescriptor.Kind = if case .memory = identity { .memory } else { .connection }
        return StoredDescriptor(number: number, kind: kind, label: label)
    }

    private static func put(
        _ identity: Book.Identity,
        as number: UInt64,
        size: Int = 1,
        into book: inout Book
    ) -> Book.Outcome {
        book.store(
            Self.stored(number, identity),
            identity,
            size: size,
            memoryLimit: Self.memoryLimit,
            Int(clamping: number)
        )
    }

    private static func isLie(_ outcome: Book.Outcome) -> Bool {
        if case .lie = outcome { true } else { false }
    }

    @Test func memoryComesFirstAndThenConnectionsByTheirNumbers() throws {
        var book = Book()
        let memories = try Self.memories(2)
        let connections = try (0..<2).map { _ in try Self.connection() }
        #expect(Self.put(connections[0], as: 4, into: &book) == .kept(serial: 1))
        #expect(Self.put(memories[0], as: 9, into: &book) == .kept(serial: 2))
        #expect(Self.put(connections[1], as: 1, into: &book) == .kept(serial: 3))
        #expect(Self.put(memories[1], as: 2, into: &book) == .kept(serial: 4))
        #expect(book.restore().map(\.stored.number) == [2, 9, 1, 4])
        #expect(book.connections == 2 && book.memories == 2)
    }

    @Test func socketsAreCountedForThemselvesAndComeBeforeConnections() throws {
        var limits = StoreLimits()
        limits.sockets = 2
        limits.shedding = 1
        var book = Book(limits: limits)
        let sockets = try (0..<3).map { _ in
            let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
            let cookie = SocketCookie(of: socket)
            return Book.Identity.datagrams(try #require(cookie))
        }
        func put(_ index: Int, as number: UInt64) -> Book.Outcome {
            let stored = StoredDescriptor(number: number, kind: .datagrams, label: "")
            return book.store(stored, sockets[index], memoryLimit: Self.memoryLimit, Int(clamping: number))
        }
        let connection = try Self.connection()
        #expect(Self.put(connection, as: 1, into: &book) == .kept(serial: 1))
        #expect(put(0, as: 5) == .kept(serial: 2))
        #expect(put(1, as: 6) == .kept(serial: 3))
        #expect(put(2, as: 7) == .declined)
        #expect(Self.isLie(put(0, as: 8)))
        #expect(book.connections == 1 && book.sockets == 2 && book.memories == 0)
        #expect(book.restore().map(\.stored.number) == [5, 6, 1])
        #expect(book.remove(number: 5) == 5)
        #expect(put(2, as: 7) == .kept(serial: 4))
        while !book.shed().isEmpty {}
        #expect(book.count == 0 && book.sockets == 0)
    }

    @Test func aLabelIsReplacedWithOrWithoutTheThing() throws {
        var book = Book()
        let identity = try Self.connection()
        #expect(book.label(Self.stored(5, identity)) == .unknown)
        #expect(Self.put(identity, as: 5, into: &book) == .kept(serial: 1))
        #expect(book.label(Self.stored(5, identity, "b")) == .labelled)
        #expect(book.all.map(\.stored.label) == ["b"])
        let again = book.store(Self.stored(5, identity, "c"), identity, memoryLimit: Self.memoryLimit, 77)
        #expect(again == .labelled)
        #expect(book.all.map(\.stored.label) == ["c"])
        #expect(book.removeAll() == [5], "what was there first is kept")
    }

    @Test func liesAreTold() throws {
        var book = Book()
        let (first, second) = (try Self.connection(), try Self.connection())
        let memory = try #require(try Self.memories(1).first)
        #expect(Self.put(first, as: 1, into: &book) == .kept(serial: 1))
        #expect(Self.isLie(Self.put(second, as: 1, into: &book)), "another thing under the number")
        #expect(Self.isLie(Self.put(memory, as: 1, into: &book)), "another kind under the number")
        #expect(Self.isLie(book.label(Self.stored(1, memory))), "another kind by its label")
        #expect(Self.isLie(Self.put(first, as: 2, into: &book)), "one thing under two numbers")
        let wrong = book.store(Self.stored(3, memory), second, memoryLimit: Self.memoryLimit, 3)
        #expect(Self.isLie(wrong), "not what it says it is")
        let long = String(repeating: "ü", count: ControlLimits.label / 2) + "a"
        #expect(Self.isLie(book.label(Self.stored(1, first, long))))
        #expect(book.label(Self.stored(1, first, String(long.dropLast()))) == .labelled)
        let other = book.store(Self.stored(4, second, long), second, memoryLimit: Self.memoryLimit, 4)
        #expect(Self.isLie(other))
        #expect(book.count == 1)
    }

    @Test func memoryHasLimits() throws {
        var limits = StoreLimits()
        limits.memories = 3
        limits.oneFactor = 1
        limits.sizeFactor = 2
        var book = Book(limits: limits)
        let memories = try Self.memories(5)
        #expect(Self.put(memories[0], as: 0, size: Self.memoryLimit + 1, into: &book) == .declined, "one is too large")
        #expect(Self.put(memories[0], as: 0, size: Self.memoryLimit, into: &book) == .kept(serial: 1))
        #expect(Self.put(memories[1], as: 1, size: Self.memoryLimit - 1, into: &book) == .kept(serial: 2))
        #expect(Self.put(memories[2], as: 2, size: 2, into: &book) == .declined, "all are too large")
        #expect(Self.put(memories[2], as: 2, size: 1, into: &book) == .kept(serial: 3))
        #expect(Self.put(memories[3], as: 3, size: 0, into: &book) == .declined, "too many")
        #expect(Self.put(memories[4], as: 4, size: .max, into: &book) == .declined)
        #expect(book.remove(number: 0) == 0)
        #expect(Self.put(memories[3], as: 3, size: Self.memoryLimit, into: &book) == .kept(serial: 4))
        // A memory without bounds has none in the sums either.
        let huge = book.store(Self.stored(9, memories[4]), memories[4], size: 5, memoryLimit: .max, 9)
        #expect(huge == .declined, "there are three")
    }

    @Test func eachWayOutEndsAllOfIt() throws {
        var book = Book()
        let identities = try (0..<3).map { _ in try Self.connection() }
        for (number, identity) in identities.enumerated() {
            #expect(Self.put(identity, as: UInt64(number), into: &book) == .kept(serial: UInt64(number + 1)))
        }
        #expect(book.remove(number: 0) == 0 && book.remove(number: 0) == nil)
        #expect(book.remove(serial: 2) == 1 && book.remove(serial: 2) == nil && book.remove(serial: 1) == nil)
        #expect(book.remove(identities[2]) == 2 && book.remove(identities[2]) == nil)
        #expect(book.count == 0)
        // A number is free again, and its thing too; what watched the last one means another.
        #expect(Self.put(identities[1], as: 0, into: &book) == .kept(serial: 4))
        #expect(book.remove(serial: 1) == nil && book.remove(serial: 2) == nil)
        #expect(book.removeAll() == [0] && book.count == 0)
    }

    @Test func whatTooManyDieOfIsNotKept() throws {
        var book = Book()
        let (first, second) = (try Self.connection(), try Self.connection())
        #expect(Self.put(first, as: 1, into: &book) == .kept(serial: 1))
        #expect(book.died(young: true).isEmpty, "the one that stored it was not given it")
        for _ in 1...2 {
            _ = book.restore()
            #expect(book.died(young: true).isEmpty)
        }
        // One that lives long shows that it is not to blame.
        _ = book.restore()
        #expect(book.died(young: false).isEmpty)
        for _ in 1...2 {
            _ = book.restore()
            #expect(book.died(young: true).isEmpty)
        }
        #expect(Self.put(second, as: 2, into: &book) == .kept(serial: 2))
        _ = book.restore()
        #expect(book.died(young: true) == [1])
        #expect(book.all.map(\.stored.number) == [2])
    }
}
