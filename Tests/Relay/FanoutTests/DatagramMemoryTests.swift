import Fanout
import Linux
import NIOCore
import Synchronization
import Testing
import Toolkit

/// Sources by UDP whose datagrams outlive the process that reads them.
@Suite struct DatagramMemoryTests {
    private final class Keeper: SourceKeeper {
        let kept = Mutex<HeldDescriptor?>(nil)
        let forgotten = Atomic(0)

        func keep(_ memory: borrowing OwnedDescriptor, ofSource name: String) -> UInt64? {
            let copy = HeldDescriptor(copyOf: memory)
            self.kept.withLock { $0 = copy }
            return 7
        }

        func forget(_ number: UInt64) { self.forgotten.add(1, ordering: .relaxed) }

        /// What a process that dies now leaves.
        func attach() throws -> DatagramMemory.Standing {
            guard let memory = try self.kept.withLock({ $0 })?.duplicate() else { throw CancellationError() }
            return try DatagramMemory.attach(memory, keptAs: 7, keeper: self, account: 0)
        }
    }

    private static func datagram(_ number: Int, size: Int = 1200) -> KeptDatagram {
        KeptDatagram(
            sender: "192.0.2.\(number % 200):\(5000 + number)",
            port: UInt16(number % 4),
            at: Int64(number) * 1000,
            wall: 1_700_000_000_000_000 + Int64(number),
            bytes: ByteBuffer(repeating: UInt8(truncatingIfNeeded: number), count: size)
        )
    }

    @Test func `what came behind the newest checkpoint is there again, each datagram once`() throws {
        let keeper = Keeper()
        let memory = try DatagramMemory.make(keeper: keeper, account: 0)
        #expect(memory.isDue(now: 0))
        // More than the ring holds in all.
        for number in 0..<8000 {
            memory.append(Self.datagram(number, size: number % 1400))
            if number % 700 == 0 { memory.write(Array("\(number)".utf8), of: "camera", now: Int64(number)) }
        }
        let left = try keeper.attach()
        #expect(left.state == Array("7700".utf8))
        #expect(left.datagrams == (7701..<8000).map { Self.datagram($0, size: $0 % 1400) })
        // Nobody has survived it yet.
        #expect(throws: IntakeMemory.Refusal.fatal) { try keeper.attach() }
        left.memory.endRepeating()
        left.memory.append(Self.datagram(9000))
        left.memory.write(Array("next".utf8), of: "camera", now: 9000)
        left.memory.append(Self.datagram(9001))
        let next = try keeper.attach()
        #expect(next.state == Array("next".utf8) && next.datagrams == [Self.datagram(9001)])
        next.memory.forget()
        #expect(keeper.forgotten.load(ordering: .relaxed) == 1)
    }

    @Test func `a checkpoint is due after a second, and before the ring is full`() throws {
        let memory = try DatagramMemory.make(keeper: Keeper(), account: 0)
        memory.write([1], of: "camera", now: 0)
        #expect(!memory.isDue(now: 999_999))
        #expect(memory.isDue(now: 1_000_000))
        for number in 0..<1000 { memory.append(Self.datagram(number)) }
        #expect(memory.isDue(now: 1))
    }

    @Test func `more than there is room for is refused`() throws {
        let keeper = Keeper()
        let memory = try DatagramMemory.make(keeper: keeper, account: 0)
        memory.write([1], of: "camera", now: 0)
        for number in 0..<4000 { memory.append(Self.datagram(number)) }
        #expect(throws: IntakeMemory.Refusal.overrun) { try keeper.attach() }
    }

    @Test func `what cannot be true is refused, and nothing in it is a trap`() throws {
        let keeper = Keeper()
        let memory = try DatagramMemory.make(keeper: keeper, account: 0)
        var dice = SeededGenerator(seed: 3)
        for number in 0..<20 { memory.append(Self.datagram(number)) }
        memory.write(Array("state".utf8), of: "camera", now: 0)
        for number in 0..<20 { memory.append(Self.datagram(number)) }
        guard let file = try keeper.kept.withLock({ $0 })?.duplicate() else { throw CancellationError() }
        let raw = try SharedMemory.attach(file)
        // The words of the header, of both checkpoints, and of the datagrams.
        let checkpoint = 256 << 10
        let places =
            [0..<32] + (0..<2).map { 4096 + $0 * checkpoint..<4136 + $0 * checkpoint }
            + [4096 + 2 * checkpoint..<54_096 + 2 * checkpoint]
        for _ in 0..<400 {
            let place = Int.random(in: places.randomElement(using: &dice) ?? 0..<8, using: &dice) / 8 * 8
            let before = unsafe raw.base.load(fromByteOffset: place, as: UInt64.self)
            let word: UInt64 = [0, 1, .max, 1 << 62, dice.next()].randomElement(using: &dice) ?? 0
            unsafe raw.base.storeBytes(of: word, toByteOffset: place, as: UInt64.self)
            let left = try? keeper.attach()
            #expect((left?.datagrams.count ?? 0) <= 200_000)
            unsafe raw.base.storeBytes(of: before, toByteOffset: place, as: UInt64.self)
            unsafe raw.base.storeBytes(of: 0, toByteOffset: 24, as: UInt64.self)
        }
        #expect(try keeper.attach().datagrams.count == 20)
    }
}
