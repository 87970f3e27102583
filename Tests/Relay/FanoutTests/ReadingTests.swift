import Fanout
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

/// When publishers are read: as they send, or once in the shortest tick.
@Suite(.ownThread) struct ReadingTests {
    /// Puts what it is sent on a tape.
    private final class Writer: IntakeReader {
        let tape: WireTape
        let count = Atomic<Int>(0)
        let reads = Atomic<Int>(0)
        private let gives: Bool
        let given = Mutex<HeldDescriptor?>(nil)
        let hasEnded = Atomic<Bool>(false)

        init(onto tape: WireTape, gives: Bool = false) {
            self.tape = tape
            self.gives = gives
        }

        var heard: Int { self.count.load(ordering: .sequentiallyConsistent) }

        func received(_ bytes: ByteBuffer) -> IntakeAnswer {
            try? self.tape.append(bytes, time: .zero, join: self.tape.newestJoin == nil)
            self.tape.publish()
            self.reads.add(1, ordering: .sequentiallyConsistent)
            self.count.add(bytes.readableBytes, ordering: .sequentiallyConsistent)
            return IntakeAnswer(releases: self.gives && bytes.readableBytesView.contains(UInt8(ascii: "!")))
        }

        func nudged() -> IntakeAnswer { IntakeAnswer() }

        func released(_ connection: HeldDescriptor) { self.given.withLock { $0 = connection } }

        func ended(_ end: IntakeEnd) { self.hasEnded.store(true, ordering: .sequentiallyConsistent) }
    }

    private static let tick = Duration.milliseconds(50)

    private final class Stage {
        let clock = ManualClock()
        let tape: WireTape
        let writer: Writer
        let engine: FanoutEngine
        let publisher: OwnedDescriptor
        let audience: Audience

        init(gives: Bool = false, leastMessage: Int = 1) throws {
            self.tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096)
            self.writer = Writer(onto: self.tape, gives: gives)
            self.engine = try FanoutEngine.testing(clock: self.clock.read)
            self.audience = try Audience()
            let pair = try Audience.tcpPair()
            self.publisher = try pair.first.duplicate()
            self.engine.takeIn(
                Intake(
                    descriptor: try pair.second.duplicate(),
                    reader: self.writer,
                    silence: .seconds(3600),
                    leastMessage: leastMessage
                )
            )
        }

        func watch(tick: Duration) throws {
            self.engine.add(Viewer(descriptor: try self.audience.join(), tape: self.tape, tick: tick))
        }

        func publish(_ count: Int = 1) throws {
            var left = count
            while left > 0 {
                let bytes = [UInt8](repeating: UInt8(ascii: "x"), count: left)
                guard case .transferred(let sent) = try TCPSocket.send(bytes, to: self.publisher) else { continue }
                left -= sent
            }
        }

        func pass(_ time: Duration) {
            self.clock.advance(time)
            self.engine.wake()
            self.engine.settle(tick: ReadingTests.tick)
        }

        /// Waits for what the engine does by itself.
        func awaitHearing(_ count: Int) {
            while self.writer.heard < count { WorkerThread.yield() }
        }
    }

    @Test func `with a tick a publisher is read once in it, and its viewers are sent to in the same round`() throws {
        let stage = try Stage()
        try stage.watch(tick: .milliseconds(50))
        stage.engine.wait { $0.viewers == 1 }
        // The first is read as it comes; it joins the viewer and so is sent at once.
        try stage.publish()
        stage.awaitHearing(1)
        stage.pass(.milliseconds(50))
        try stage.audience.listen { stage.audience.received[0].count == 1 }
        for round in 2...5 {
            try stage.publish()
            stage.pass(.milliseconds(49))
            #expect(stage.writer.heard == round - 1)
            stage.pass(.milliseconds(1))
            #expect(stage.writer.heard == round)
            // What waited in the socket has used up its tick there.
            try stage.audience.listen { stage.audience.received[0].count == round }
        }
        stage.engine.shutdown()
    }

    @Test func `a header that is sent by itself wakes nobody, and is read with what follows`() throws {
        let stage = try Stage(leastMessage: 9)
        try stage.watch(tick: .zero)
        stage.engine.wait { $0.viewers == 1 }
        for round in 1...20 {
            try stage.publish(8)
            stage.pass(.zero)
            #expect(stage.writer.heard == (round - 1) * 108)
            try stage.publish(100)
            stage.awaitHearing(round * 108)
        }
        #expect(stage.writer.reads.load(ordering: .sequentiallyConsistent) == 20)
        stage.engine.shutdown()
    }

    @Test func `with a longer tick what was read late is sent no later for it`() throws {
        let stage = try Stage()
        try stage.watch(tick: .milliseconds(50))
        try stage.watch(tick: .milliseconds(80))
        stage.engine.wait { $0.viewers == 2 }
        try stage.publish()
        stage.awaitHearing(1)
        stage.pass(.milliseconds(100))
        try stage.audience.listen { stage.audience.received.allSatisfy { $0.count == 1 } }
        try stage.publish()
        stage.pass(.milliseconds(50))
        try stage.audience.listen { stage.audience.received[0].count == 2 }
        stage.engine.settle(tick: Self.tick)
        #expect(stage.audience.received[1].count == 1)
        stage.pass(.milliseconds(30))
        try stage.audience.listen { stage.audience.received[1].count == 2 }
        stage.engine.shutdown()
    }

    @Test func `whoever comes without a tick has publishers read as they send`() throws {
        let stage = try Stage()
        try stage.watch(tick: .milliseconds(50))
        stage.engine.wait { $0.viewers == 1 }
        try stage.publish()
        stage.awaitHearing(1)
        try stage.publish()
        stage.engine.settle(tick: Self.tick)
        #expect(stage.writer.heard == 1)
        try stage.watch(tick: .zero)
        // No time has passed.
        stage.awaitHearing(2)
        try stage.publish()
        stage.awaitHearing(3)
        stage.engine.shutdown()
    }

    @Test func `whoever reads tapes without the engine may have publishers read as they send`() throws {
        let stage = try Stage()
        try stage.publish()
        stage.awaitHearing(1)
        try stage.publish()
        stage.engine.settle(tick: Self.tick)
        #expect(stage.writer.heard == 1)
        let hurry = stage.engine.hurry()
        stage.awaitHearing(2)
        try stage.publish()
        stage.awaitHearing(3)
        withExtendedLifetime(hurry) {}
        stage.engine.shutdown()
    }

    @Test func `more than one read takes does not wait`() throws {
        let stage = try Stage()
        try stage.publish()
        stage.awaitHearing(1)
        try stage.publish(4 * FanoutLimits.intakeRead)
        // What is left is less than that, and has its time.
        stage.awaitHearing(3 * FanoutLimits.intakeRead)
        stage.pass(.milliseconds(50))
        stage.awaitHearing(1 + 4 * FanoutLimits.intakeRead)
        stage.engine.shutdown()
    }

    @Test func `what is read before its turn because there is much of it is sent in its tick`() throws {
        let stage = try Stage()
        try stage.watch(tick: .milliseconds(50))
        stage.engine.wait { $0.viewers == 1 }
        try stage.publish()
        stage.awaitHearing(1)
        stage.pass(.milliseconds(50))
        try stage.audience.listen { stage.audience.received[0].count == 1 }
        try stage.publish()
        stage.pass(.milliseconds(30))
        #expect(stage.writer.heard == 1)
        try stage.publish(FanoutLimits.intakeRead)
        stage.awaitHearing(FanoutLimits.intakeRead)
        // The first of them has waited for 30 ms of its 50; in the next turn nothing comes that would hurry the others.
        stage.pass(.milliseconds(20))
        try stage.audience.listen { stage.audience.received[0].count >= FanoutLimits.intakeRead }
        stage.engine.shutdown()
    }

    @Test func `one that was silent is read when it sends again`() throws {
        let stage = try Stage()
        try stage.publish()
        stage.awaitHearing(1)
        for _ in 0..<20 { stage.pass(.milliseconds(50)) }
        try stage.publish()
        stage.awaitHearing(2)
        stage.engine.shutdown()
    }

    @Test func `a connection that is given back tells of every byte`() throws {
        let stage = try Stage(gives: true)
        try stage.publish()
        stage.awaitHearing(1)
        _ = try TCPSocket.send(Array("!".utf8), to: stage.publisher)
        while !stage.writer.hasEnded.load(ordering: .sequentiallyConsistent) { stage.pass(.milliseconds(50)) }
        guard let connection = stage.writer.given.withLock({ $0.take() })?.take() else {
            return #expect(Bool(false), "no connection was given back")
        }
        try stage.publish()
        var poller = try Poller.make(capacity: 1)
        try poller.add(connection, token: 0, for: .readable)
        #expect(try poller.wait(for: .seconds(30)) == 1)
        stage.engine.shutdown()
    }
}
