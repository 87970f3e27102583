import Fanout
import Linux
import Logging
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

@Suite("Intakes", .ownThread) struct IntakeTests {
    /// Answers every read with itself, closes at a `!`, and tells what it heard.
    private final class Echo: IntakeReader {
        let heard: AsyncStream<String>
        private let tell: AsyncStream<String>.Continuation
        private let nudge = Mutex<IntakeAnswer?>(nil)
        private let factor: Int

        init(factor: Int = 1) {
            (self.heard, self.tell) = AsyncStream.makeStream(of: String.self)
            self.factor = factor
        }

        func willSay(_ text: String) {
            self.nudge.withLock { $0 = IntakeAnswer(reply: ByteBuffer(string: text), closes: true) }
        }

        func received(_ bytes: ByteBuffer) -> IntakeAnswer {
            let text = String(buffer: bytes)
            self.tell.yield(text)
            let reply = ByteBuffer(string: String(repeating: text, count: self.factor))
            return IntakeAnswer(reply: reply, closes: text.contains("!"))
        }

        func nudged() -> IntakeAnswer { self.nudge.withLock { $0.take() } ?? IntakeAnswer() }

        func ended(_ end: IntakeEnd) {
            self.tell.yield("\(end)")
            self.tell.finish()
        }
    }

    private static func engine(_ limits: FanoutLimits = FanoutLimits()) throws -> FanoutEngine {
        try FanoutEngine(threads: 2, limits: limits, logger: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() })
    }

    /// Gives the engine one end of a connection; the other is the test's.
    private static func takeIn(
        _ reader: Echo,
        _ engine: FanoutEngine,
        silence: Duration = .seconds(60)
    ) throws -> OwnedDescriptor {
        let pair = try TCPSocket.pair()
        let ours = try pair.first.duplicate()
        let theirs = try pair.second.duplicate()
        engine.takeIn(Intake(descriptor: theirs, reader: reader, silence: silence))
        return ours
    }

    /// Only what never comes takes so long: a busy machine keeps the engine from running for a while.
    private static let patience = Duration.seconds(60)

    /// Reads until the peer closes or `count` bytes have come. A wait may end early without an event, as after a signal.
    private static func read(_ socket: borrowing OwnedDescriptor, _ count: Int) throws -> String {
        var poller = try Poller.make(capacity: 1)
        try poller.add(socket, token: 0, for: .readable)
        var text = ""
        var buffer = [UInt8](repeating: 0, count: 65536)
        let end = ContinuousClock.now + Self.patience
        while text.utf8.count < count, ContinuousClock.now < end {
            switch try TCPSocket.receive(into: &buffer, from: socket) {
            case .transferred(let got): text += String(decoding: buffer.prefix(got), as: UTF8.self)
            case .wouldBlock: _ = try poller.wait(for: .seconds(1))
            case .endOfStream: return text
            }
        }
        return text
    }

    @Test func whatHasComeInBeforeAnEndIsRead() async throws {
        let engine = try Self.engine()
        let reader = Echo(factor: 0)
        let pair = try TCPSocket.pair()
        // More than is read at a time.
        let sent = try TCPSocket.send([UInt8](repeating: UInt8(ascii: "x"), count: 150_000), to: pair.first)
        guard case .transferred(let count) = sent else { return #expect(Bool(false), "\(sent)") }
        #expect(count > FanoutLimits.intakeRead)
        engine.takeIn(Intake(descriptor: try pair.second.duplicate(), reader: reader, silence: .seconds(60)))
        await engine.catchUp()
        engine.shutdown(draining: .seconds(2))
        var heard: [String] = []
        for await text in reader.heard { heard.append(text) }
        #expect(heard.last == "shutdown")
        #expect(heard.dropLast().reduce(0) { $0 + $1.utf8.count } == count)
        // Nobody waits for threads that have ended.
        await engine.catchUp()
    }

    @Test func isReadAndAnswered() async throws {
        let engine = try Self.engine()
        let reader = Echo()
        let socket = try Self.takeIn(reader, engine)
        _ = try TCPSocket.send(Array("hello".utf8), to: socket)
        #expect(try Self.read(socket, 5) == "hello")
        _ = try TCPSocket.send(Array("bye!".utf8), to: socket)
        // What is answered comes before the end of the connection.
        #expect(try Self.read(socket, 99) == "bye!")
        var heard: [String] = []
        for await text in reader.heard { heard.append(text) }
        #expect(heard == ["hello", "bye!", "closed"])
        engine.shutdown()
    }

    @Test func thatLeavesIsToldOnce() async throws {
        let engine = try Self.engine()
        let reader = Echo()
        do { _ = try Self.takeIn(reader, engine) }
        var heard: [String] = []
        for await text in reader.heard { heard.append(text) }
        #expect(heard == ["left"])
        engine.shutdown()
    }

    @Test func thatIsNudgedSaysItsLastWords() async throws {
        let engine = try Self.engine()
        let reader = Echo()
        let socket = try Self.takeIn(reader, engine)
        _ = try TCPSocket.send(Array("a".utf8), to: socket)
        #expect(try Self.read(socket, 1) == "a")
        reader.willSay("taken over")
        engine.nudge(reader)
        #expect(try Self.read(socket, 99) == "taken over")
        engine.shutdown()
    }

    @Test func thatWasToldToGoOnItsWayGoes() throws {
        let engine = try Self.engine()
        let reader = Echo()
        reader.willSay("too late")
        let socket = try Self.takeIn(reader, engine)
        #expect(try Self.read(socket, 99) == "too late")
        engine.shutdown()
    }

    @Test func thatDoesNotReadIsNotReadAndThenEnded() async throws {
        var limits = FanoutLimits()
        limits.replies = 1 << 20
        let engine = try Self.engine(limits)
        // Every byte is answered with more than the kernel keeps.
        let reader = Echo(factor: 512 << 10)
        let socket = try Self.takeIn(reader, engine)
        _ = try TCPSocket.send(Array("ab".utf8), to: socket)
        var first = reader.heard.makeAsyncIterator()
        #expect(await first.next() == "ab")
        // Nothing is asked of it while it owes us reading; when it reads, all of it comes.
        #expect(try Self.read(socket, 1 << 20).utf8.count == 1 << 20)
        _ = try TCPSocket.send(Array("abc".utf8), to: socket)
        #expect(await first.next() == "abc")
        #expect(await first.next() == "flooding")
        engine.shutdown()
    }

    @Test func thatFallsSilentIsEnded() async throws {
        var limits = FanoutLimits()
        limits.sweep = .milliseconds(10)
        let engine = try Self.engine(limits)
        let reader = Echo()
        let socket = try Self.takeIn(reader, engine, silence: .milliseconds(20))
        var heard: [String] = []
        for await text in reader.heard { heard.append(text) }
        #expect(heard == ["silent"])
        withExtendedLifetime(socket) {}
        engine.shutdown()
    }

    @Test func endsWithTheEngineAndNoneIsTakenAfter() async throws {
        let engine = try Self.engine()
        let (early, late) = (Echo(), Echo())
        let socket = try Self.takeIn(early, engine)
        engine.shutdown(draining: .seconds(5))
        _ = try Self.takeIn(late, engine)
        for reader in [early, late] {
            var heard: [String] = []
            for await text in reader.heard { heard.append(text) }
            #expect(heard == ["shutdown"])
        }
        withExtendedLifetime(socket) {}
    }
}
