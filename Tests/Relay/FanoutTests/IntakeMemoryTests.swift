import Fanout
import Linux
import Logging
import NIOCore
import Synchronization
import Testing
import Toolkit

/// Publishers whose bytes outlive the process that reads them.
@Suite(.ownThread) struct IntakeMemoryTests {
    private struct Missing: Error {}

    /// Holds connections and memory as a host does.
    private final class Keeper: IntakeKeeper {
        struct Kept: Sendable {
            let connection: HeldDescriptor
            let memory: HeldDescriptor
        }

        let kept = Mutex<Kept?>(nil)
        let forgotten = Atomic<Int>(0)

        func keep(
            _ connection: borrowing OwnedDescriptor,
            readInto memory: borrowing OwnedDescriptor
        ) -> KeptIntake? {
            guard let connection = HeldDescriptor(copyOf: connection), let memory = HeldDescriptor(copyOf: memory)
            else {
                return nil
            }
            self.kept.withLock { $0 = Kept(connection: connection, memory: memory) }
            return KeptIntake(connection: 1, memory: 2)
        }

        func forget(_ intake: KeptIntake) { self.forgotten.add(1, ordering: .relaxed) }

        func all() throws -> Kept {
            guard let kept = self.kept.withLock({ $0 }) else { throw Missing() }
            return kept
        }
    }

    /// Reads messages of ten bytes; each is answered with one byte. It stands behind the last message of a read, or behind the
    /// first.
    private final class Reader: IntakeReader {
        private struct State {
            var bytes: [UInt8]
            let start: Int
            var ending: IntakeEnd?
            var caughtUp: Int?
        }

        private static let message = 10
        private let state: Mutex<State>
        private let standsBehindFirst: Bool

        /// One that goes on behind so many bytes.
        init(after start: Int = 0, standsBehindFirst: Bool = false) {
            self.standsBehindFirst = standsBehindFirst
            self.state = Mutex(State(bytes: [], start: start))
        }

        var canOutliveProcess: Bool { true }
        var bytes: [UInt8] { self.state.withLock { $0.bytes } }
        var caughtUpAt: Int? { self.state.withLock { $0.caughtUp } }

        func received(_ bytes: ByteBuffer) -> IntakeAnswer { self.receivedToCheckpoint(bytes).0 }

        func receivedToCheckpoint(_ bytes: ByteBuffer) -> (IntakeAnswer, IntakeCheckpoint?) {
            self.state.withLock { state in
                let before = state.bytes.count / Self.message
                state.bytes += Array(bytes.readableBytesView)
                let after = state.bytes.count / Self.message
                let reply = ByteBuffer(repeating: UInt8(ascii: "a"), count: after - before)
                let answersBehind = self.standsBehindFirst ? max(after - before - 1, 0) : 0
                let behind = state.bytes.count % Self.message + answersBehind * Self.message
                let text = Array("\(state.start + state.bytes.count - behind)".utf8)
                let checkpoint = IntakeCheckpoint(bytesBehind: behind, repliesBehind: answersBehind) { text }
                return (IntakeAnswer(reply: reply), checkpoint)
            }
        }

        func caughtUp() -> IntakeAnswer {
            self.state.withLock { $0.caughtUp = $0.bytes.count }
            return IntakeAnswer()
        }

        func nudged() -> IntakeAnswer { IntakeAnswer() }
        func ended(_ end: IntakeEnd) { self.state.withLock { $0.ending = end } }
    }

    private static func engine() throws -> FanoutEngine {
        try FanoutEngine(threads: 1, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// A publisher that has sent so many bytes, and whose reader is dead.
    private struct Orphan {
        let keeper = Keeper()
        let client: HeldDescriptor
        let sent: [UInt8]
        let progress: SocketProgress

        init(_ count: Int, seed: UInt64 = 1, standsBehindFirst: Bool = false) throws {
            var random = SeededGenerator(seed: seed)
            let bytes = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
            let pair = try Audience.tcpPair()
            let client = HeldDescriptor(try pair.first.duplicate())
            let engine = try IntakeMemoryTests.engine()
            let reader = Reader(standsBehindFirst: standsBehindFirst)
            let memory = try IntakeMemory.make(keeper: self.keeper, account: 0)
            engine.takeIn(
                Intake(descriptor: try pair.second.duplicate(), reader: reader, silence: .seconds(60), memory: memory)
            )
            var offset = 0
            while offset < bytes.count {
                let piece = Array(bytes[offset..<min(offset + Int.random(in: 1...7000, using: &random), bytes.count)])
                offset += try IntakeMemoryTests.send(piece, on: client)
            }
            // It is kept from its first checkpoint on, which comes behind what was read.
            while reader.bytes.count < bytes.count || self.keeper.kept.withLock({ $0 == nil }) { engine.wake() }
            #expect(reader.bytes == bytes)
            engine.shutdown()
            self.client = client
            self.sent = bytes
            // The engine has said that it sends no more; a process that dies says nothing.
            var progress = try #require(SocketProgress(of: try self.keeper.all().connection))
            progress.isOpen = true
            self.progress = progress
        }

        func attach(
            _ memory: consuming OwnedDescriptor,
            _ progress: SocketProgress? = nil
        ) throws(IntakeMemory.Refusal) -> IntakeMemory.Standing {
            try IntakeMemory.attach(
                memory,
                kept: KeptIntake(connection: 1, memory: 2),
                progress: progress ?? self.progress,
                keeper: self.keeper,
                account: 0
            )
        }

        /// What it was received into, again.
        func memory() throws -> OwnedDescriptor {
            guard let memory = try self.keeper.all().memory.duplicate() else { throw Missing() }
            return memory
        }

        /// The same with other bytes at some places.
        func memory(changing body: (inout [UInt8]) -> Void) throws -> OwnedDescriptor {
            let copy = try SharedMemory.make(name: "copy", size: IntakeMemory.size)
            let original = try SharedMemory.attach(try self.memory())
            var bytes = unsafe Array(UnsafeRawBufferPointer(start: original.base, count: original.size))
            body(&bytes)
            unsafe copy.base.copyMemory(from: bytes, byteCount: bytes.count)
            return try copy.descriptor.duplicate()
        }
    }

    /// - Returns: how many were sent.
    private static func send(_ bytes: [UInt8], on client: HeldDescriptor) throws -> Int {
        while true {
            let sent = client.lend { socket -> Int in
                if case .transferred(let count) = try? TCPSocket.send(bytes, to: socket) { count } else { 0 }
            }
            if let sent, sent > 0 { return sent }
        }
    }

    @Test(arguments: [(7, true), (12345, true), (12345, false), (300_000, true), (6_000_001, false)])
    func `another process reads again what comes behind the newest checkpoint, and goes on`(
        count: Int,
        standsBehindFirst: Bool
    ) throws {
        let orphan = try Orphan(count, seed: UInt64(count), standsBehindFirst: standsBehindFirst)
        let standing = try orphan.attach(try orphan.memory())
        let start = try #require(Int(String(decoding: standing.state, as: UTF8.self)))
        #expect(start <= count && start % 10 == 0)
        let engine = try Self.engine()
        let reader = Reader(after: start)
        guard let connection = try orphan.keeper.all().connection.duplicate() else { throw Missing() }
        engine.takeIn(
            Intake(descriptor: connection, reader: reader, silence: .seconds(60), memory: standing.memory)
        )
        let more = [UInt8](repeating: 8, count: 4000)
        #expect(try Self.send(more, on: orphan.client) == more.count)
        while start + reader.bytes.count < count + more.count { engine.wake() }
        #expect(reader.bytes == Array((orphan.sent + more)[start...]))
        #expect(reader.caughtUpAt == count - start)
        engine.shutdown()
    }

    @Test func `whoever dies of what is read again leaves it to nobody`() throws {
        let orphan = try Orphan(100)
        _ = try orphan.attach(try orphan.memory())
        #expect(throws: IntakeMemory.Refusal.fatal) { _ = try orphan.attach(try orphan.memory()) }
    }

    @Test func `of two checkpoints the newest that is whole counts`() throws {
        let orphan = try Orphan(3_000_000)
        func number(_ bytes: [UInt8], _ place: Int) -> UInt8 { bytes[4096 + place * (256 << 10)] }
        func tear(_ bytes: inout [UInt8], _ place: Int) { bytes[4096 + place * (256 << 10) + 64] ^= 1 }
        let whole = try orphan.attach(try orphan.memory { _ in })
        let torn = try orphan.attach(
            try orphan.memory { bytes in tear(&bytes, number(bytes, 0) > number(bytes, 1) ? 0 : 1) }
        )
        let offsets = try [whole, torn].map { try #require(Int(String(decoding: $0.state, as: UTF8.self))) }
        #expect(offsets[1] < offsets[0])
        #expect(throws: IntakeMemory.Refusal.unreadable) {
            _ = try orphan.attach(
                try orphan.memory { bytes in
                    tear(&bytes, 0)
                    tear(&bytes, 1)
                }
            )
        }
    }

    @Test func `what cannot be true is refused`() throws {
        let orphan = try Orphan(1000)
        #expect(throws: IntakeMemory.Refusal.unreadable) {
            _ = try orphan.attach(try orphan.memory { bytes in bytes[4] = 2 })
        }
        #expect(throws: IntakeMemory.Refusal.unreadable) {
            _ = try orphan.attach(try SharedMemory.make(name: "other", size: 4096).descriptor.duplicate())
        }
        var progress = orphan.progress
        progress.taken += 5 << 20
        #expect(throws: IntakeMemory.Refusal.overrun) { _ = try orphan.attach(try orphan.memory(), progress) }
        #expect(!IntakeMemory.Refusal.overrun.sentence.isEmpty && !IntakeMemory.Refusal.unreadable.sentence.isEmpty)
    }

    @Test func `whatever another process has written harms nobody`() throws {
        let orphan = try Orphan(5000)
        var random = SeededGenerator(seed: 9)
        var accepted = 0
        for _ in 0..<300 {
            let memory = try orphan.memory { bytes in
                for _ in 0..<Int.random(in: 1...4, using: &random) {
                    let places = [0..<32, 4096..<4200, (4096 + 262144)..<(4200 + 262144)]
                    guard let place = places.randomElement(using: &random)?.randomElement(using: &random) else {
                        return
                    }
                    bytes[place] = UInt8.random(in: 0...255, using: &random)
                }
            }
            if (try? orphan.attach(memory)) != nil { accepted += 1 }
        }
        #expect(accepted < 300)
    }
}
