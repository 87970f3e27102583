import Fanout
import Linux
import Media
import NIOCore
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct DeliveryTests {
    private let preamble = Preamble(opening: ByteBuffer(string: "HEADER"), refresh: ByteBuffer(string: "REFRESH"))

    @Test(arguments: [1, 3]) func `everybody gets every byte from a join on`(threads: Int) throws {
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        tape.setPreamble(self.preamble)
        let engine = try FanoutEngine.testing(threads: threads)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<25)
        for number in 0..<40 {
            engine.add(
                Viewer(
                    descriptor: try audience.join(tcp: number % 4 == 0),
                    tape: tape,
                    opening: ByteBuffer(string: "HTTP"),
                    tick: number % 2 == 0 ? .zero : .milliseconds(2),
                    onEnd: ends.note
                )
            )
        }
        try tape.write(25..<1000)
        tape.finish()
        try audience.listen { audience.isClosed.allSatisfy { $0 } }
        for bytes in audience.received {
            #expect(bytes.prefix(10).elementsEqual("HTTPHEADER".utf8))
            let messages = try #require(Message.parse(bytes.dropFirst(10)))
            let first = try #require(messages.first)
            #expect(first.isJoin && first.sequence >= 20)
            #expect(messages.map(\.sequence) == Array(first.sequence..<1000))
        }
        let all = try ends.wait(for: 40)
        #expect(all.count == 40)
        #expect(all.allSatisfy { $0.reason == .finished && $0.skips == 0 })
        #expect(Set(all.map(\.id)).count == 40)
        #expect(Set(all.map(\.bytesSent)) == Set(audience.received.map { UInt64($0.count) }))
        engine.shutdown()
        #expect(engine.statistics.viewers == 0)
        #expect(engine.statistics.bytesSent == UInt64(audience.received.reduce(0) { $0 + $1.count }))
    }

    @Test func `a viewer joins at the newest join`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        tape.setPreamble(self.preamble)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        try tape.write(0..<38)
        engine.add(Viewer(descriptor: try audience.join(), tape: tape))
        let size = 6 + (30..<38).reduce(0) { $0 + 100 + $1 % 7 + Message.overhead }
        try audience.listen { audience.received[0].count >= size }
        #expect(Message.parse(audience.received[0].dropFirst(6))?.map(\.sequence) == Array(30..<38))
        engine.shutdown()
        try audience.listen { audience.isClosed[0] }
        #expect(audience.received[0].count == size)
    }

    @Test func `before there is a join a viewer has its opening and waits`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        let engine = try FanoutEngine.testing()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, opening: ByteBuffer(string: "HTTP")))
        try audience.listen { audience.received[0].count >= 4 }
        try tape.write(1..<5, joinEvery: 10)
        tape.setPreamble(self.preamble)
        try tape.write(10..<12)
        try audience.listen { audience.received[0].count > 10 + 2 * 110 }
        tape.finish()
        try audience.listen { audience.isClosed[0] }
        #expect(audience.received[0].prefix(10).elementsEqual("HTTPHEADER".utf8))
        #expect(Message.parse(audience.received[0].dropFirst(10))?.map(\.sequence) == [10, 11])
        engine.shutdown()
    }

    @Test func `a viewer of a tape without a join is ended with the tape`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        let engine = try FanoutEngine.testing()
        let ends = try Ends()
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        engine.wait { $0.viewers == 1 }
        tape.finish()
        #expect(try ends.wait(for: 1).map(\.reason) == [.finished])
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note))
        #expect(try ends.wait(for: 2).map(\.reason) == [.finished, .finished])
        engine.shutdown()
    }

    @Test func `viewers that come and go disturb nobody`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
        let engine = try FanoutEngine.testing(threads: 2)
        let ends = try Ends()
        let audience = try Audience()
        try tape.write(0..<1)
        var ids: [ViewerID] = []
        for number in 0..<30 {
            ids.append(engine.add(Viewer(descriptor: try audience.join(), tape: tape, onEnd: ends.note)))
            try tape.write(number * 10 + 1..<number * 10 + 11)
            switch number % 3 {
            case 0: engine.remove(ids[number])
            case 1: audience.leave(number)
            default: break
            }
        }
        // Both kinds of leaving are over before the tape is: otherwise the end of the tape may be what ends them.
        _ = try ends.wait(for: 20)
        tape.finish()
        let all = try ends.wait(for: 30)
        for number in 0..<30 {
            let reasons = all.filter { $0.id == ids[number] }.map(\.reason)
            #expect(reasons.count == 1)
            switch number % 3 {
            case 0: #expect(reasons == [.removed])
            case 1: #expect(reasons.allSatisfy { $0 == .left || $0.isFailure })
            default: #expect(reasons == [.finished])
            }
        }
        try audience.listen { (0..<30).allSatisfy { $0 % 3 != 2 || audience.isClosed[$0] } }
        for number in 0..<30 where number % 3 == 2 {
            let messages = try #require(Message.parse(audience.received[number]))
            let first = try #require(messages.first)
            #expect(messages.map(\.sequence) == Array(first.sequence..<301))
        }
        #expect(engine.statistics(of: ids[0]) == nil)
        engine.remove(ids[0])
        engine.shutdown()
    }
}

extension ViewerEnd.Reason {
    var isFailure: Bool {
        if case .failed = self { true } else { false }
    }
}
