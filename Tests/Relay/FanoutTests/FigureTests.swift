import Fanout
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

/// What the engine says of how long things take.
@Suite(.ownThread) struct FigureTests {
    private static let steps: [Duration] = [.milliseconds(5), .milliseconds(20), .milliseconds(100)]

    @Test func `what waits for its tick has waited so long`() throws {
        let clock = ManualClock()
        let meter = DelayMeter(steps: Self.steps)
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64, delays: meter)
        try tape.write(0..<1)
        let engine = try FanoutEngine.testing(clock: clock.read)
        let audience = try Audience()
        engine.add(Viewer(descriptor: try audience.join(), tape: tape, tick: .milliseconds(10)))
        engine.wait { $0.bytesSent > 0 }
        let sent = engine.statistics.bytesSent
        // What lay there before is nobody's delay.
        #expect(meter.figures.counts == [0, 0, 0, 0])
        try tape.write(1..<2)
        clock.advance(.milliseconds(3))
        try tape.write(2..<3)
        clock.advance(.milliseconds(9))
        engine.wake()
        engine.wait { $0.bytesSent > sent }
        engine.shutdown()
        #expect(meter.figures.counts == [0, 1, 0, 0])
        #expect(meter.figures.sum == 12_000_000)
    }

    @Test func `datagrams count when the last of them has gone`() throws {
        let clock = ManualClock()
        let meter = DelayMeter(steps: Self.steps)
        let tape = try WireTape(name: "test", capacity: 1 << 20, records: 4096, delays: meter)
        let receiver = try DatagramReceiver()
        let engine = try FanoutEngine.testing(clock: clock.read)
        try engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: receiver.sender()]),
                pacing: DatagramPacing(burst: 1, step: .milliseconds(30))
            )
        )
        engine.wait { $0.viewers == 1 }
        var bytes = ByteBuffer()
        for number in 0..<3 as Range<UInt8> {
            bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(100))
            bytes.writeRepeatingByte(number, count: 100)
        }
        try tape.append(bytes, time: .zero, join: true)
        tape.publish()
        engine.wake()
        for number in 0..<3 as Range<UInt8> {
            #expect(try receiver.receive(1).map { $0[0] } == [number])
            clock.advance(.milliseconds(30))
            engine.wake()
        }
        engine.shutdown()
        #expect(meter.figures.counts.reduce(0, +) == 1)
        #expect(meter.figures.sum >= 60_000_000)
    }

    @Test func `a viewer's first place is told once`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 12, records: 64)
        let engine = try FanoutEngine.testing()
        let starts = Mutex(0)
        let audience = try Audience()
        var viewer = Viewer(descriptor: try audience.join(), tape: tape)
        viewer.onStart = { starts.withLock { $0 += 1 } }
        engine.add(viewer)
        engine.wait { $0.viewers == 1 }
        #expect(starts.withLock { $0 } == 0)
        try tape.write(0..<2)
        engine.wait { $0.bytesSent > 0 }
        // It takes nothing and is moved on, which is no beginning.
        try tape.write(2..<4000)
        engine.wait { $0.skips > 0 }
        engine.shutdown()
        #expect(starts.withLock { $0 } == 1)
    }

    @Test func `so is that of one who is sent datagrams`() throws {
        let tape = try WireTape(name: "test", capacity: 1 << 16, records: 64)
        let receiver = try DatagramReceiver()
        let engine = try FanoutEngine.testing()
        let starts = Mutex(0)
        var viewer = DatagramViewer(tape: tape, framing: .interleaved([0: try receiver.sender()]))
        viewer.onStart = { starts.withLock { $0 += 1 } }
        engine.add(viewer)
        engine.wait { $0.viewers == 1 }
        #expect(starts.withLock { $0 } == 0)
        for number in 0..<2 as Range<UInt8> {
            var bytes = ByteBuffer()
            bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(100))
            bytes.writeRepeatingByte(number, count: 100)
            try tape.append(bytes, time: .zero, join: true)
            tape.publish()
            _ = try receiver.receive(1)
        }
        engine.shutdown()
        #expect(starts.withLock { $0 } == 1)
    }
}
