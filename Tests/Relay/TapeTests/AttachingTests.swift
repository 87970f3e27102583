import Linux
import Media
import NIOCore
import Synchronization
import Tape
import Testing
import Toolkit

/// Tapes whose writer is dead.
@Suite struct AttachingTests {
    private struct Purse: TapeMemory {
        func resize(to bytes: Int, for need: TapeNeed) -> Bool { true }
    }

    private static let retention = TapeRetention(least: 64 << 10, most: 1 << 20, record: 64 << 10, memory: Purse())
    private static let span: Int64 = 60_000_000

    private static func tape() throws -> PacketTape {
        try PacketTape(name: "test", retention: Self.retention, span: Self.span, records: 256)
    }

    private static func attach(_ tape: PacketTape) throws -> (PacketTape, TapeResumption) {
        try PacketTape.attach(try tape.shareMemory(), retention: Self.retention, span: Self.span)
    }

    private static let video = CodecConfiguration(codec: .h264, record: ByteBuffer(bytes: [1, 100, 0, 31]))
    private static let audio = CodecConfiguration(codec: .opus, record: ByteBuffer())

    /// A group of pictures with sound, from `time` ms on; it begins with a segment.
    private static func write(_ tape: PacketTape, from time: Int64, pictures: Int64 = 10, number: UInt64 = 7) throws {
        for index in 0..<pictures {
            let mark = SegmentMark(number: number, discontinuity: 3, wallClock: 1_700_000_000_000_000)
            let picture = Packet.sample(milliseconds: time + 40 * index, keyframe: index == 0)
            try tape.append(.packet(picture), join: index == 0, segment: index == 0 ? mark : nil)
            let sound = Packet.sample(.audio, milliseconds: time + 40 * index + 10)
            try tape.append(.packet(sound), join: false)
        }
    }

    private static func entries(_ tape: PacketTape, from sequence: UInt64) -> [TapeEntry] {
        var cursor = tape.cursor(at: sequence)
        var entries: [TapeEntry] = []
        while case .entry(let entry) = cursor.next() { entries.append(entry) }
        return entries
    }

    /// What another process has written is in use, and nothing that the system would not take back.
    @Test func aTapeOfAnotherProcessIsAnsweredFor() throws {
        final class Answers: TapeMemory {
            let all = Mutex<[TapeNeed: Int]>([:])

            func resize(to bytes: Int, for need: TapeNeed) -> Bool {
                self.all.withLock { $0[need] = bytes }
                return need.isInUse
            }
        }
        let tape = try Self.tape()
        try Self.write(tape, from: 0)
        let answers = Answers()
        let retention = TapeRetention(least: 64 << 10, most: 1 << 20, record: 64 << 10, memory: answers)
        let next = try PacketTape.attach(try tape.shareMemory(), retention: retention, span: Self.span).0
        let inherited = try #require(answers.all.withLock { $0[.inherited] })
        #expect(inherited >= 64 << 10)
        #expect(answers.all.withLock { $0[.held] } == nil)
        withExtendedLifetime(next) {}
    }

    @Test func `another process reads what was written, and goes on`() throws {
        let tape = try Self.tape()
        try tape.append(.configuration(.video, Self.video), join: false)
        try tape.append(.configuration(.audio, Self.audio), join: false)
        try Self.write(tape, from: 0)
        try Self.write(tape, from: 400, number: 8)
        let (next, resumption) = try Self.attach(tape)
        #expect(Self.entries(next, from: 0) == Self.entries(tape, from: 0))
        #expect(next.newestJoin == tape.newestJoin && next.kept == tape.kept)
        #expect(resumption.decoded == [.video: .milliseconds(760), .audio: .milliseconds(770)])
        #expect(resumption.newest == .milliseconds(770) && resumption.presented == .milliseconds(810))
        #expect(resumption.configurations == [.video: Self.video, .audio: Self.audio])
        #expect(resumption.segment?.number == 8 && resumption.segment?.discontinuity == 3)
        let end = next.nextSequence
        try Self.write(next, from: 800, number: 9)
        let read = Self.entries(next, from: end)
        #expect(read.first?.event == .configuration(.video, Self.video) && read.first?.isRepeat == true)
        #expect(read.count == 22 && read.map(\.sequence) == Array(end..<end + 22))
    }

    @Test func `an empty tape and one that was given up are begun anew`() throws {
        let tape = try Self.tape()
        let (fresh, nothing) = try Self.attach(tape)
        #expect(nothing.newest == nil && nothing.segment == nil && fresh.newestJoin == nil)
        try Self.write(tape, from: 0)
        tape.empty()
        let (again, resumption) = try Self.attach(tape)
        #expect(resumption.newest == nil && again.newestJoin == nil && again.kept == 0)
        try Self.write(again, from: 500)
        #expect(Self.entries(again, from: try #require(again.newestJoin)).count == 20)
    }

    @Test func `a tape that has come round many times is gone on with`() throws {
        let tape = try Self.tape()
        try tape.append(.configuration(.video, Self.video), join: false)
        for group in 0..<60 as Range<Int64> {
            let picture = Packet(
                track: .video,
                pts: .milliseconds(group * 400),
                dts: .milliseconds(group * 400),
                flags: .keyframe,
                payload: ByteBuffer(repeating: 7, count: 60_000)
            )
            try tape.append(.packet(picture), join: true)
        }
        let (next, resumption) = try Self.attach(tape)
        #expect(resumption.newest == .milliseconds(59 * 400))
        #expect(next.oldestSequence == tape.oldestSequence && next.oldestSequence > 0)
        let oldest = next.oldestSequence
        for group in 60..<120 as Range<Int64> { try Self.write(next, from: group * 400) }
        #expect(next.oldestSequence > oldest)
    }

    @Test func `what its writer was in the middle of is whole or not there`() throws {
        let tape = try Self.tape()
        try Self.write(tape, from: 0)
        let memory = try SharedMemory.attach(try tape.shareMemory())
        let (head, next) = unsafe (
            memory.base.load(fromByteOffset: 64, as: UInt64.self), memory.base.load(fromByteOffset: 72, as: UInt64.self)
        )
        let last = try #require(Self.entries(tape, from: next - 1).first)
        // The head is moved behind the number of the next record: the record is whole.
        let size = UInt64(32 + 3)
        unsafe memory.base.storeBytes(of: head - size, toByteOffset: 64, as: UInt64.self)
        #expect(Self.entries(try Self.attach(tape).0, from: next - 1) == [last])
        // A record without its number is none.
        unsafe memory.base.storeBytes(of: next - 1, toByteOffset: 72, as: UInt64.self)
        unsafe memory.base.storeBytes(of: head - size, toByteOffset: 64, as: UInt64.self)
        let (again, _) = try Self.attach(tape)
        #expect(again.nextSequence == next - 1)
        try again.append(.packet(.sample(milliseconds: 900)), join: false)
        #expect(Self.entries(again, from: next - 1).count == 1)
    }

    @Test func `memory that anybody may have written is refused or read without harm`() throws {
        let tape = try Self.tape()
        try tape.append(.configuration(.video, Self.video), join: false)
        try Self.write(tape, from: 0)
        let memory = try SharedMemory.attach(try tape.shareMemory())
        let whole = unsafe Array(UnsafeRawBufferPointer(start: memory.base, count: 16384))
        var dice = SeededGenerator(seed: 5)
        var refused = 0
        for _ in 0..<4000 {
            unsafe memory.base.copyMemory(from: whole, byteCount: whole.count)
            for _ in 0...dice.next() % 3 {
                let words: [UInt64] = [0, 1, .max, .max / 2 - 1, 1 << 40, dice.next(), dice.next() & 0xff]
                let value = words[Int(dice.next() % UInt64(words.count))]
                // The words, the first entries of the index, and the first records.
                let area: (Int, Int) = [(0, 32), (4096, 90), (4096 + 8192, 100)][Int(dice.next() % 3)]
                let offset = area.0 + Int(dice.next() % UInt64(area.1)) * 8
                unsafe memory.base.storeBytes(of: value, toByteOffset: offset, as: UInt64.self)
            }
            guard let (next, resumption) = try? Self.attach(tape) else {
                refused += 1
                continue
            }
            #expect(resumption.newest.map { $0.microseconds < 1 << 52 } ?? true)
            _ = Self.entries(next, from: next.oldestJoin ?? next.oldestSequence)
            try? Self.write(next, from: 1_000_000)
        }
        #expect(refused > 1000)
    }

    @Test func `what is no tape of this kind is refused`() throws {
        let wire = try WireTape(name: "test", capacity: 65536, records: 64)
        #expect(throws: TapeError.layoutUnknown) {
            _ = try PacketTape.attach(try wire.shareMemory(), retention: Self.retention, span: 1)
        }
        #expect(throws: TapeError.layoutUnknown) { _ = try WireTape.attach(try Self.tape().shareMemory()) }
        #expect(throws: TapeError.layoutUnknown) {
            _ = try WireTape.attach(try SharedMemory.make(name: "x", size: 8192).descriptor.duplicate())
        }
        let socket = try TCPSocket.pair().parted().first
        #expect(throws: TapeError.layoutUnknown) {
            guard let socket = socket.take() else { return }
            _ = try WireTape.attach(socket)
        }
        // A tape for larger records than the configuration has now would overwrite what viewers are at.
        let larger = TapeRetention(least: 64 << 10, most: 4 << 20, record: 64 << 10, memory: Purse())
        #expect(throws: TapeError.layoutUnknown) {
            _ = try PacketTape.attach(try Self.tape().shareMemory(), retention: larger, span: 1)
        }
    }

    @Test func `the rest of a wire tape is whole records`() throws {
        let tape = try WireTape(name: "test", capacity: 65536, records: 64)
        for index in 0..<10 as Range<UInt64> {
            try tape.append(pattern(at: index * 100, count: 100), time: .milliseconds(Int64(index)), join: index == 4)
        }
        let left = try WireTape.attach(try tape.shareMemory())
        #expect(left.head == 1000 && left.newestTime == .milliseconds(9))
        #expect(left.rest(from: 250, limit: 1 << 20) == pattern(at: 250, count: 750))
        #expect(left.rest(from: 250, limit: 100) == pattern(at: 250, count: 50))
        #expect(left.rest(from: 200, limit: 100)?.readableBytes == 0)
        #expect(left.rest(from: 1000, limit: 100)?.readableBytes == 0)
        #expect(left.rest(from: 1001, limit: 100) == nil)
        #expect(left.preambleFingerprint == 0)
        tape.setPreamble(Preamble(opening: ByteBuffer(string: "a")))
        let one = left.preambleFingerprint
        tape.setPreamble(Preamble(opening: ByteBuffer(string: "b")))
        #expect(one != 0 && left.preambleFingerprint != one)
        for index in 10..<1000 as Range<UInt64> {
            try tape.append(pattern(at: index * 100, count: 100), time: .milliseconds(Int64(index)), join: false)
        }
        #expect(left.rest(from: 250, limit: 1 << 20) == nil)
    }
}
