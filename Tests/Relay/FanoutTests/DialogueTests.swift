import Fanout
import Linux
import Media
import NIOCore
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct DialogueTests {
    /// Each byte is an order.
    private struct Orders: ViewerDialogue {
        private var count = 0

        mutating func received(_ bytes: ByteBuffer) -> [ViewerRequest] {
            bytes.readableBytesView.map { byte in
                switch byte {
                case UInt8(ascii: "r"):
                    self.count += 1
                    return .reply(Message.bytes(100_000 + self.count, join: false, body: 50))
                case UInt8(ascii: "p"): return .pause
                case UInt8(ascii: "g"): return .resume
                case UInt8(ascii: "b"): return .reply(ByteBuffer(repeating: 0, count: 20000))
                default: return .close
                }
            }
        }
    }

    private func order(_ text: String, _ audience: Audience) throws {
        try audience.send(Array(text.utf8), from: 0)
    }

    @Test func `a reply goes between two records, even to a viewer that is stuck in one`() throws {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<10, body: 30000)
        let engine = try FanoutEngine.testing(limits: limits)
        let ends = try Ends()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, dialogue: Orders(), onEnd: ends.note))
        engine.wait { $0.bytesSent > 0 }
        try self.order("rr", audience)
        engine.settle()
        tape.finish()
        try audience.listen { audience.isClosed[0] }
        let messages = try #require(Message.parse(audience.received[0]))
        #expect(messages.filter { $0.sequence < 100_000 }.map(\.sequence) == Array(0..<10))
        #expect(messages.filter { $0.sequence > 100_000 }.map(\.sequence) == [100_001, 100_002])
        #expect(messages.first?.sequence == 0)
        #expect(messages.firstIndex { $0.sequence > 100_000 } ?? 99 < 5)
        engine.shutdown()
    }

    @Test func `a viewer that has paused before it came gets its opening alone until it resumes`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<5)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        engine.add(
            Viewer(
                descriptor: try audience.join(),
                tape: tape,
                opening: Message.bytes(100_000, join: false, body: 50),
                isPaused: true,
                dialogue: Orders()
            )
        )
        try self.order("r", audience)
        try audience.listen { Message.parse(audience.received[0])?.count == 2 }
        try tape.write(5..<8)
        engine.settle()
        #expect(Message.parse(audience.received[0])?.map(\.sequence) == [100_000, 100_001])
        try self.order("g", audience)
        try audience.listen { Message.parse(audience.received[0])?.last?.sequence == 7 }
        engine.shutdown()
    }

    @Test func `a paused viewer goes on at the newest join`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<5)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        let id = engine.add(Viewer(descriptor: try audience.join(), tape: tape, dialogue: Orders()))
        try audience.listen { Message.parse(audience.received[0])?.count == 5 }
        try self.order("pr", audience)
        try audience.listen { Message.parse(audience.received[0])?.count == 6 }
        try tape.write(5..<33)
        engine.settle()
        try self.order("g", audience)
        try audience.listen { Message.parse(audience.received[0])?.last?.sequence == 32 }
        #expect(Message.parse(audience.received[0])?.map(\.sequence) == [0, 1, 2, 3, 4, 100_001, 30, 31, 32])
        #expect(engine.statistics(of: id)?.skips == 0)

        // Briefly: no newer join has come, so nothing is missed and nothing comes twice.
        try self.order("pr", audience)
        try audience.listen { Message.parse(audience.received[0])?.last?.sequence == 100_002 }
        try tape.write(33..<36)
        engine.settle()
        try self.order("g", audience)
        try audience.listen { Message.parse(audience.received[0])?.last?.sequence == 35 }
        #expect(Message.parse(audience.received[0])?.suffix(5).map(\.sequence) == [32, 100_002, 33, 34, 35])
        engine.shutdown()
    }

    @Test func `a close comes after the replies before it`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<5)
        let engine = try FanoutEngine.testing()
        let ends = try Ends()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, dialogue: Orders(), onEnd: ends.note))
        try audience.listen { Message.parse(audience.received[0])?.count == 5 }
        try self.order("rqr", audience)
        try audience.listen { audience.isClosed[0] }
        #expect(Message.parse(audience.received[0])?.map(\.sequence) == [0, 1, 2, 3, 4, 100_001])
        #expect(try ends.wait(for: 1).map(\.reason) == [.closed])
        engine.shutdown()
    }

    @Test func `nothing of the tape comes between a reply and the close behind it`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 19, records: 1024)
        try tape.write(0..<5)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        engine.add(
            Viewer(descriptor: try audience.join(), tape: tape, tick: .seconds(3600), dialogue: Orders())
        )
        try audience.listen { Message.parse(audience.received[0])?.count == 5 }
        // There for the taking, and not due for an hour.
        try tape.write(5..<10)
        try self.order("rc", audience)
        try audience.listen { audience.isClosed[0] }
        #expect(Message.parse(audience.received[0])?.map(\.sequence) == [0, 1, 2, 3, 4, 100_001])
        engine.shutdown()
    }

    @Test func `who asks without reading is ended`() throws {
        var limits = FanoutLimits()
        limits.sendBuffer = 8192
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 1024)
        let engine = try FanoutEngine.testing(limits: limits)
        let ends = try Ends()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, dialogue: Orders(), onEnd: ends.note))
        try self.order(String(repeating: "b", count: 100), audience)
        #expect(try ends.wait(for: 1).map(\.reason) == [.flooding])
        engine.shutdown()
    }

    @Test func `who sends without end is ended`() throws {
        var limits = FanoutLimits()
        limits.inputPerSecond = 10000
        let clock = ManualClock()
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 1024)
        let engine = try FanoutEngine.testing(limits: limits, clock: clock.read)
        let ends = try Ends()
        let audience = try Audience()
        let id = engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        for _ in 0..<3 {
            try audience.send([UInt8](repeating: 1, count: 9000), from: 0)
            engine.settle()
            clock.advance(.milliseconds(1001))
            engine.wake()
            engine.settle()
            #expect(engine.statistics(of: id) != nil)
        }
        try audience.send([UInt8](repeating: 1, count: 9000), from: 0)
        try audience.send([UInt8](repeating: 1, count: 9000), from: 0)
        #expect(try ends.wait(for: 1).map(\.reason) == [.flooding])
        engine.shutdown()
    }
}
