import Fanout
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing

/// A socket that many viewers are sent from and that is full: everybody has a turn, and what is given up is counted.
@Suite struct DatagramRotationTests {
    /// A socket that takes so many sends until it is given room for more.
    private final class TightSocket: Sendable {
        private let state = Mutex((room: 0, refusals: 0))

        var refusals: Int { self.state.withLock { $0.refusals } }
        func give(_ sends: Int) { self.state.withLock { $0.room = sends } }

        func answer() -> Int? {
            self.state.withLock { state in
                guard state.room > 0 else {
                    state.refusals += 1
                    return -Int(LinuxError.wouldBlock)
                }
                state.room -= 1
                return nil
            }
        }
    }

    private static let payload = 500
    private static var frame: Int { Self.payload + 4 }

    private struct Crowd {
        let tight = TightSocket()
        let clock = ManualClock()
        let tape: WireTape
        let engine: FanoutEngine
        let viewers: [ViewerID]
        let receivers: [DatagramReceiver]
        private(set) var written = 0
        /// What each receiver has had, by its numbers.
        private(set) var seen: [[Int]]

        init(_ count: Int, pacing: DatagramPacing) throws {
            let tight = self.tight
            let tape = try WireTape(name: "test", capacity: 8 << 20, records: 16384)
            let engine = try FanoutEngine.testing(obstacle: { _, _ in tight.answer() }, clock: self.clock.read)
            let receivers = try (0..<count).map { _ in try DatagramReceiver() }
            (self.tape, self.engine, self.receivers) = (tape, engine, receivers)
            try tape.append(Self.frames(0..<1), time: .zero, join: true)
            self.written = 1
            self.seen = receivers.map { _ in [] }
            self.viewers = try receivers.map { receiver in
                try engine.add(
                    DatagramViewer(
                        tape: tape,
                        framing: .interleaved([0: receiver.sender()]),
                        pacing: pacing
                    )
                )
            }
            engine.settle()
        }

        /// Writes so many frames, gives the socket room for so many sends, and lets time pass.
        mutating func step(_ frames: Int, room: Int, after pause: Duration) throws {
            if frames > 0 {
                let bytes = Self.frames(self.written..<self.written + frames)
                try self.tape.append(bytes, time: .zero, join: false)
                self.written += frames
            }
            self.tight.give(room)
            self.clock.advance(pause)
            self.engine.wake()
            self.engine.settle()
            for (index, receiver) in self.receivers.enumerated() {
                self.seen[index] += try receiver.receive(0).map { $0.prefix(4).reduce(0) { $0 << 8 | Int($1) } }
            }
        }

        func statistics() throws -> [ViewerStatistics] {
            try self.viewers.map { try #require(self.engine.statistics(of: $0)) }
        }

        static func frames(_ numbers: Range<Int>) -> ByteBuffer {
            var bytes = ByteBuffer()
            for number in numbers {
                bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(DatagramRotationTests.payload))
                bytes.writeInteger(UInt32(number))
                bytes.writeRepeatingByte(0, count: DatagramRotationTests.payload - 4)
            }
            return bytes
        }
    }

    /// Ten viewers, and room for three sends at a time: whoever is first in the list must not have them all.
    @Test func `where a socket has no room for all, each has its turn`() throws {
        var crowd = try Crowd(10, pacing: DatagramPacing(burst: 64, step: .milliseconds(2)))
        var furthest = 0
        for _ in 0..<60 {
            try crowd.step(2, room: 3, after: .milliseconds(60))
            for statistics in try crowd.statistics() {
                furthest = max(furthest, Int(crowd.tape.head - (statistics.offset ?? 0)) / Self.frame)
            }
        }
        #expect(crowd.tight.refusals > 0)
        // A round takes four steps, in which eight frames are written. Who was first in one round may be last in the next, and
        // the step that is looked at has written two more.
        #expect(furthest <= 18, "the last of them was \(furthest) frames behind")
        let unserved = try crowd.statistics()
        #expect(unserved.allSatisfy { $0.skips == 0 && $0.skippedBytes == 0 })
        try crowd.step(0, room: .max, after: .milliseconds(60))
        try crowd.step(0, room: .max, after: .milliseconds(60))
        for seen in crowd.seen { #expect(seen == Array(0..<crowd.written)) }
        crowd.engine.shutdown()
    }

    /// More is written than the socket ever takes: all of what is given up is in the figures, and nobody goes without.
    @Test func `what a full socket costs is counted, and nobody goes without`() throws {
        let pause = Duration.milliseconds(60)
        var crowd = try Crowd(6, pacing: DatagramPacing(burst: 1, step: pause))
        for _ in 0..<100 { try crowd.step(4, room: 4, after: pause) }
        let lossy = try crowd.statistics()
        #expect(lossy.allSatisfy { $0.skips > 0 && $0.skippedBytes > 0 })
        // From now on there is room for everything.
        for _ in 0..<200 { try crowd.step(0, room: .max, after: pause) }
        var counts: [Int] = []
        for (seen, statistics) in zip(crowd.seen, try crowd.statistics()) {
            #expect(seen == seen.sorted() && Set(seen).count == seen.count)
            let skipped = Int(statistics.skippedBytes) / Self.frame
            #expect(seen.count + skipped == crowd.written, "\(seen.count) and \(skipped) of \(crowd.written)")
            #expect(statistics.offset == crowd.tape.head)
            counts.append(seen.count)
        }
        // Who has given up has nothing to wait for and has fewer turns for a while, so shares are not the same; but nobody
        // goes without.
        let mean = counts.reduce(0, +) / counts.count
        #expect(3 * (counts.min() ?? 0) >= mean, "\(counts), \(crowd.written) written")
        crowd.engine.shutdown()
    }
}
