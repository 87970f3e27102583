import Fanout
import Glibc
import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

@Suite(.ownThread) struct DatagramTests {
    private static func tape(capacity: Int = 1 << 20) throws -> WireTape {
        try WireTape(name: "test", capacity: capacity, records: 4096)
    }

    /// Interleaved frames whose first bytes are their numbers.
    private static func frames(_ numbers: Range<Int>, channel: UInt8 = 0, size: Int = 1212) -> ByteBuffer {
        var bytes = ByteBuffer()
        for number in numbers {
            bytes.writeMultipleIntegers(UInt8(ascii: "$"), channel, UInt16(size), UInt32(number))
            bytes.writeRepeatingByte(UInt8(truncatingIfNeeded: number), count: size - 4)
        }
        return bytes
    }

    private static func packets(_ numbers: Range<Int>) -> ByteBuffer {
        var bytes = ByteBuffer()
        for number in numbers {
            bytes.writeMultipleIntegers(UInt8(0x47), UInt8(truncatingIfNeeded: number))
            bytes.writeRepeatingByte(0xFF, count: 186)
        }
        return bytes
    }

    private func write(_ bytes: ByteBuffer, join: Bool = false, to tape: WireTape) throws {
        try tape.append(bytes, time: .zero, join: join)
        tape.publish()
    }

    @Test func `packets go whole and in order to where their channel goes`() throws {
        let tape = try Self.tape()
        let (pictures, sound) = (try DatagramReceiver(), try DatagramReceiver())
        let engine = try FanoutEngine.testing()
        try self.write(Self.frames(0..<3), join: true, to: tape)
        try engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: pictures.sender(), 2: sound.sender()])
            )
        )
        try self.write(Self.frames(100..<102, channel: 2, size: 200), to: tape)
        try self.write(Self.frames(200..<201, channel: 1, size: 52), to: tape)
        try self.write(Self.frames(3..<5, size: 900), to: tape)
        try self.write(Self.frames(102..<103, channel: 2, size: 100), to: tape)
        let seen = try pictures.receive(5)
        #expect(seen.map(\.count) == [1212, 1212, 1212, 900, 900])
        #expect(seen.map { $0[3] } == [0, 1, 2, 3, 4])
        #expect(seen.allSatisfy { Set($0.dropFirst(4)) == [$0[3]] })
        #expect(try sound.receive(3).map { $0[3] } == [100, 101, 102])
        engine.shutdown()
        #expect(try pictures.receive(0).isEmpty && sound.receive(0).isEmpty)
    }

    @Test func `a picture of many packets costs one call, and what is cut otherwise one more`() throws {
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing()
        let receivers = try (0..<3).map { _ in try DatagramReceiver() }
        var bytes = Self.frames(0..<20)
        bytes.writeImmutableBuffer(Self.frames(20..<21, size: 300))
        bytes.writeImmutableBuffer(Self.frames(21..<23, channel: 2, size: 80))
        try self.write(bytes, join: true, to: tape)
        let viewers = try receivers.map { receiver in
            let destination = try receiver.sender()
            return engine.add(DatagramViewer(tape: tape, framing: .interleaved([0: destination, 2: destination])))
        }
        for receiver in receivers { #expect(try receiver.receive(23).map { $0[3] } == Array(0..<23)) }
        engine.settle()
        for viewer in viewers {
            let statistics = try #require(engine.statistics(of: viewer))
            // A shorter one that ends a run of equal ones goes with it; those of another channel are another run.
            #expect(statistics.sends == 2 && statistics.bytesSent == UInt64(20 * 1212 + 300 + 2 * 80))
            #expect(statistics.offset == tape.head)
        }
        engine.shutdown()
    }

    @Test func `what is too much at once is sent in steps`() throws {
        let clock = ManualClock()
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing(clock: clock.read)
        let receiver = try DatagramReceiver()
        let destination = try receiver.sender()
        try self.write(Self.frames(0..<50), join: true, to: tape)
        engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: destination]),
                pacing: DatagramPacing(burst: 20, step: .milliseconds(2))
            )
        )
        for count in [20, 20, 10] {
            #expect(try receiver.receive(count).count == count)
            engine.settle()
            #expect(try receiver.receive(0).isEmpty)
            clock.advance(.milliseconds(2))
            engine.wake()
        }
        // A thread that comes late makes up for it.
        try self.write(Self.frames(50..<100), to: tape)
        #expect(try receiver.receive(20).count == 20)
        engine.settle()
        clock.advance(.milliseconds(4))
        engine.wake()
        #expect(try receiver.receive(30).count == 30)
        // Spread over 10 ms in steps of 2: a fifth of what waits, each time.
        let other = try Self.tape()
        try self.write(Self.frames(0..<50), join: true, to: other)
        let even = try DatagramReceiver()
        try engine.add(
            DatagramViewer(
                tape: other,
                framing: .interleaved([0: even.sender()]),
                pacing: DatagramPacing(burst: 64, step: .milliseconds(2), spread: .milliseconds(10))
            )
        )
        for count in [10, 8, 7, 5, 4, 4, 3, 2, 2, 1, 1, 1, 1, 1] {
            #expect(try even.receive(count).count == count)
            engine.settle()
            #expect(try even.receive(0).isEmpty)
            clock.advance(.milliseconds(2))
            engine.wake()
        }
        engine.shutdown()
    }

    @Test func `a full socket is tried again, and nothing is lost or sent twice`() throws {
        let clock = ManualClock()
        let isFull = Mutex(true)
        let tape = try Self.tape()
        let (pictures, sound) = (try DatagramReceiver(), try DatagramReceiver())
        let (full, free) = (try pictures.sender(), try sound.sender())
        let blocked = full.withNumber { $0 }
        let engine = try FanoutEngine.testing(
            obstacle: { socket, _ in
                isFull.withLock { socket == blocked && $0 ? -Int(LinuxError.wouldBlock) : nil }
            },
            clock: clock.read
        )
        var bytes = Self.frames(0..<3)
        bytes.writeImmutableBuffer(Self.frames(100..<102, channel: 2, size: 200))
        try self.write(bytes, join: true, to: tape)
        let viewer = engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: full, 2: free])
            )
        )
        // The other socket's go on their way meanwhile, once.
        #expect(try sound.receive(2).map { $0[3] } == [100, 101])
        engine.settle()
        #expect(try pictures.receive(0).isEmpty)
        isFull.withLock { $0 = false }
        clock.advance(.milliseconds(2))
        engine.wake()
        #expect(try pictures.receive(3).map { $0[3] } == [0, 1, 2])
        engine.settle()
        #expect(try sound.receive(0).isEmpty)
        #expect(engine.statistics(of: viewer)?.skips == 0)
        // One that stays full for too long is not sent what is out of date by then.
        isFull.withLock { $0 = true }
        try self.write(Self.frames(3..<6), to: tape)
        engine.settle()
        clock.advance(.milliseconds(1100))
        engine.wake()
        engine.settle()
        isFull.withLock { $0 = false }
        try self.write(Self.frames(6..<7), to: tape)
        clock.advance(.milliseconds(2))
        engine.wake()
        #expect(try pictures.receive(1).map { $0[3] } == [6])
        #expect(engine.statistics(of: viewer)?.skips == 1)
        engine.shutdown()
    }

    /// The kernel refuses to cut datagrams for a socket without check sums, as old kernels and some tunnels do for all.
    @Test func `where the kernel does not cut datagrams they go one by one`() throws {
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing()
        let receiver = try DatagramReceiver()
        let socket = try UDPSocket.connect(to: receiver.address)
        let isSet = unsafe setsockopt(
            socket.number,
            SOL_SOCKET,
            SO_NO_CHECK,
            [CInt(1)],
            socklen_t(MemoryLayout<CInt>.size)
        )
        #expect(isSet == 0)
        try self.write(Self.frames(0..<20), join: true, to: tape)
        let viewer = engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: HeldDescriptor(socket)])
            )
        )
        #expect(try receiver.receive(20).map { $0[3] } == Array(0..<20))
        engine.settle()
        let statistics = try #require(engine.statistics(of: viewer))
        // One call that was refused, and one for each.
        #expect(statistics.sends == 21 && statistics.lostDatagrams == 0)
        try self.write(Self.frames(20..<40), to: tape)
        #expect(try receiver.receive(20).map { $0[3] } == Array(20..<40))
        engine.settle()
        // It is not tried again.
        #expect(engine.statistics(of: viewer)?.sends == 41)
        engine.shutdown()
    }

    @Test func `one that is overrun goes on at a join`() throws {
        let clock = ManualClock()
        let tape = try Self.tape(capacity: 65536)
        let engine = try FanoutEngine.testing(clock: clock.read)
        let receiver = try DatagramReceiver()
        let destination = try receiver.sender()
        try self.write(Self.frames(0..<4), join: true, to: tape)
        let viewer = engine.add(
            DatagramViewer(
                tape: tape,
                framing: .interleaved([0: destination]),
                tick: .seconds(1),
                pacing: DatagramPacing(burst: 4)
            )
        )
        #expect(try receiver.receive(4).map { $0[3] } == [0, 1, 2, 3])
        // It is done with these before it can be overrun by the next.
        engine.settle()
        for index in 1..<30 { try self.write(Self.frames(index * 4..<index * 4 + 4), join: index % 5 == 0, to: tape) }
        engine.settle()
        clock.advance(.seconds(1))
        engine.wake()
        #expect(try receiver.receive(4).map { $0[3] } == [100, 101, 102, 103])
        engine.settle()
        let statistics = try #require(engine.statistics(of: viewer))
        // At least: of what was overwritten nobody knows how much it was.
        #expect(statistics.skips == 1 && (1...24).contains(statistics.skippedRecords))
        engine.shutdown()
    }

    @Test func `transport stream is sent in sevens and what is left after a while`() throws {
        let clock = ManualClock()
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing(clock: clock.read)
        let (bare, wrapped) = (try DatagramReceiver(), try DatagramReceiver())
        try self.write(Self.packets(0..<17), join: true, to: tape)
        for (receiver, source) in [(bare, nil), (wrapped, 0x0102_0304)] as [(DatagramReceiver, UInt32?)] {
            try engine.add(DatagramViewer(tape: tape, framing: .transportStream(receiver.sender(), source: source)))
        }
        let datagrams = try bare.receive(2)
        #expect(datagrams.allSatisfy { $0.count == 1316 } && datagrams.map { $0[1] } == [0, 7])
        let packets = try wrapped.receive(2)
        #expect(packets.allSatisfy { $0.count == 1328 && $0[0...1] == [0x80, 33] && $0[8..<12] == [1, 2, 3, 4] })
        #expect(packets.map { $0[3] } == [0, 1] && packets.map { $0[13] } == [0, 7])
        engine.settle()
        #expect(try bare.receive(0).isEmpty)
        clock.advance(.milliseconds(40))
        engine.wake()
        #expect(try bare.receive(1).map { [$0.count, Int($0[1])] } == [[3 * 188, 14]])
        #expect(try wrapped.receive(1).map { [$0.count, Int($0[3]), Int($0[13])] } == [[3 * 188 + 12, 2, 14]])
        engine.shutdown()
    }

    @Test func `it ends with the stream and where the stream becomes another`() throws {
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing()
        let ends = try Ends()
        let (first, second) = (try DatagramReceiver(), try DatagramReceiver())
        func viewer(_ receiver: DatagramReceiver) throws -> DatagramViewer {
            DatagramViewer(tape: tape, framing: .interleaved([0: try receiver.sender()]), onEnd: ends.note)
        }
        tape.setPreamble(Preamble(continuable: false, identity: 1))
        try self.write(Self.frames(0..<1), join: true, to: tape)
        engine.add(try viewer(first))
        _ = try first.receive(1)
        try self.write(Self.frames(1..<2), to: tape)
        tape.setPreamble(Preamble(continuable: false, identity: 2))
        try self.write(Self.frames(2..<3), join: true, to: tape)
        #expect(try ends.wait(for: 1).map(\.reason) == [.preambleChanged])
        #expect(try first.receive(1).map { $0[3] } == [1])
        engine.add(try viewer(second))
        #expect(try second.receive(1).map { $0[3] } == [2])
        tape.finish()
        #expect(try ends.wait(for: 2).map(\.reason) == [.preambleChanged, .finished])
        #expect(try first.receive(0).isEmpty)
        engine.shutdown()
    }

    @Test func `one is removed, and others end with the engine`() throws {
        let tape = try Self.tape()
        let engine = try FanoutEngine.testing()
        let ends = try Ends()
        let receiver = try DatagramReceiver()
        let destination = try receiver.sender()
        let viewers = (0..<2).map { _ in
            engine.add(DatagramViewer(tape: tape, framing: .interleaved([0: destination]), onEnd: ends.note))
        }
        engine.remove(viewers[0])
        #expect(try ends.wait(for: 1).map(\.reason) == [.removed])
        #expect(engine.statistics(of: viewers[0]) == nil)
        engine.shutdown()
        #expect(try ends.wait(for: 2).map(\.reason) == [.removed, .shutdown])
        #expect(engine.add(DatagramViewer(tape: tape, framing: .interleaved([0: destination]))) != viewers[1])
    }
}

/// A socket of UDP that somebody sends to.
final class DatagramReceiver {
    private let socket: OwnedDescriptor
    let address: InternetAddress
    private var poller: Poller

    init() throws {
        self.socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: 0))
        self.address = try UDPSocket.localAddress(of: self.socket)
        self.poller = try Poller.make()
        try self.poller.add(self.socket, token: 0, for: .readable)
    }

    /// A socket that sends to it.
    func sender() throws -> HeldDescriptor { HeldDescriptor(try UDPSocket.connect(to: self.address)) }

    /// The next datagrams, waited for; with none wanted, what is there.
    func receive(_ count: Int) throws -> [[UInt8]] {
        var datagrams: [[UInt8]] = []
        while count == 0 || datagrams.count < count {
            var buffer = [UInt8](repeating: 0, count: 65536)
            switch try TCPSocket.receive(into: &buffer, from: self.socket) {
            case .transferred(let size): datagrams.append(Array(buffer.prefix(size)))
            case .endOfStream: datagrams.append([])
            case .wouldBlock:
                guard count > 0 else { return datagrams }
                _ = try self.poller.wait(for: nil)
            }
        }
        return datagrams
    }
}
