import Linux
import Media
import NIOCore
import Tape
import Testing

@Suite struct PacketTapeTests {
    private static var video: CodecConfiguration {
        var configuration = CodecConfiguration(codec: .h264, record: ByteBuffer(bytes: [1, 100, 0, 31]))
        configuration.width = 1920
        configuration.height = 1080
        return configuration
    }

    private static var audio: CodecConfiguration {
        var configuration = CodecConfiguration(codec: .opus, record: ByteBuffer())
        configuration.sampleRate = 48000
        configuration.channels = 2
        return configuration
    }

    private func entries(_ tape: PacketTape, from sequence: UInt64) -> [TapeEntry] {
        var cursor = tape.cursor(at: sequence)
        var entries: [TapeEntry] = []
        while case .entry(let entry) = cursor.next() { entries.append(entry) }
        return entries
    }

    @Test func `events come back as they were`() throws {
        let tape = try PacketTape(name: "test", capacity: 65536, records: 64)
        let mark = SegmentMark(number: 7, discontinuity: 2, wallClock: 1_700_000_000_000_000)
        var flagged = Packet.sample(TrackID(.audio, 3), milliseconds: -5)
        flagged.flags = [.discontinuity, .segmentStart]
        let events: [(MediaEvent, SegmentMark?)] = [
            (.configuration(.video, Self.video), nil), (.configuration(TrackID(.audio, 3), Self.audio), nil),
            (.packet(.sample(milliseconds: 40, keyframe: true)), mark), (.packet(flagged), nil),
            (.packet(.sample(milliseconds: Int64.max / 4000, payload: [])), nil),
        ]
        for (event, segment) in events { try tape.append(event, join: false, segment: segment) }
        let read = self.entries(tape, from: 0)
        #expect(read.map(\.event) == events.map(\.0))
        #expect(read.map(\.segment) == events.map(\.1))
        #expect(read.map(\.sequence) == [0, 1, 2, 3, 4])
        #expect(read.allSatisfy { !$0.isJoin && !$0.isRepeat })
    }

    @Test(arguments: Codec.allCases) func `every codec has a number of its own`(codec: Codec) throws {
        let tape = try PacketTape(name: "test", capacity: 4096, records: 16)
        let event = MediaEvent.configuration(
            TrackID(codec.kind),
            CodecConfiguration(codec: codec, record: ByteBuffer())
        )
        try tape.append(event, join: false)
        #expect(self.entries(tape, from: 0).map(\.event) == [event])
    }

    @Test func `a join repeats all configurations before it`() throws {
        let tape = try PacketTape(name: "test", capacity: 65536, records: 64)
        #expect(tape.newestJoin == nil)
        try tape.append(.configuration(.audio, Self.audio), join: false)
        try tape.append(.configuration(.video, Self.video), join: false)
        try tape.append(.packet(.sample(milliseconds: 0, keyframe: true)), join: true)
        try tape.append(.packet(.sample(milliseconds: 40)), join: false)
        var changed = Self.video
        changed.width = 1280
        try tape.append(.configuration(.video, changed), join: false)
        try tape.append(.packet(.sample(milliseconds: 80, keyframe: true)), join: true)
        let newest = try #require(tape.newestJoin)
        let read = self.entries(tape, from: newest)
        #expect(
            read.map(\.event) == [
                .configuration(.video, changed), .configuration(.audio, Self.audio),
                .packet(.sample(milliseconds: 80, keyframe: true)),
            ]
        )
        #expect(read.map(\.isRepeat) == [true, true, false])
        #expect(read.map(\.isJoin) == [false, false, true])
        let oldest = try #require(tape.oldestJoin)
        #expect(oldest == 2)
        #expect(self.entries(tape, from: oldest).first?.event == .configuration(.video, Self.video))
    }

    @Test func `forgotten configurations are not repeated`() throws {
        let tape = try PacketTape(name: "test", capacity: 65536, records: 64)
        try tape.append(.configuration(.audio, Self.audio), join: false)
        tape.forgetConfigurations()
        try tape.append(.configuration(.video, Self.video), join: false)
        try tape.append(.packet(.sample(milliseconds: 0)), join: true)
        let newest = try #require(tape.newestJoin)
        #expect(
            self.entries(tape, from: newest).map(\.event) == [
                .configuration(.video, Self.video), .packet(.sample(milliseconds: 0)),
            ]
        )
    }

    @Test func `a reader that was lapped is told`() throws {
        let tape = try PacketTape(name: "test", capacity: 4096, records: 1024)
        var early = tape.cursor(at: 0)
        #expect(early.next() == .end)
        for number in 0..<100 {
            let payload = [UInt8](repeating: UInt8(number), count: 200)
            try tape.append(.packet(.sample(milliseconds: Int64(number), payload: payload)), join: number % 5 == 0)
        }
        #expect(early.next() == .overrun)
        #expect(early.sequence == 0)
        let oldest = try #require(tape.oldestJoin)
        let newest = try #require(tape.newestJoin)
        #expect(oldest < newest)
        #expect(newest == 95)
        #expect(oldest % 5 == 0)
        #expect(self.entries(tape, from: oldest).count == Int(100 - oldest))
        for number in 0..<30 {
            try tape.append(
                .packet(.sample(milliseconds: Int64(number), payload: .init(repeating: 0, count: 200))),
                join: false
            )
        }
        #expect(tape.newestJoin == nil)
        #expect(tape.oldestJoin == nil)
    }

    @Test func `a payload that is too large is refused`() throws {
        let tape = try PacketTape(name: "test", capacity: 4096, records: 16)
        let largest = [UInt8](repeating: 1, count: tape.payloadLimit)
        let mark = SegmentMark(number: 1, discontinuity: 0, wallClock: 0)
        try tape.append(.packet(.sample(milliseconds: 0, payload: largest)), join: true, segment: mark)
        #expect(throws: TapeError.recordTooLarge(513, limit: 512)) {
            try tape.append(.packet(.sample(milliseconds: 0, payload: largest + [1])), join: true, segment: mark)
        }
        #expect(tape.nextSequence == 1)
    }

    @Test func `another owner of the memory finds the documented layout`() throws {
        let tape = try PacketTape(name: "test", capacity: 4096, records: 16)
        try tape.append(.packet(.sample(milliseconds: 1, keyframe: true, payload: [0xaa])), join: true)
        let memory = try MirroredMemory.map(tape.shareMemory(), prefixSize: 8192, ringSize: 4096, writable: false)
        let words = unsafe memory.prefix
        func word(_ offset: Int) -> UInt64 { unsafe words.load(fromByteOffset: offset, as: UInt64.self) }
        #expect([0, 8, 16, 24].map(word) == [0x0000_0001_4550_4154, 1, 4096, 16])
        #expect([64, 72, 128, 136, 192, 200].map(word) == [33, 1, 0, 0, 1, 0])
        // Sequence, offset, time; length and flags.
        #expect([4096, 4104, 4112, 4120].map(word) == [0, 0, 1000, 33 | 1 << 32])
        let ring = unsafe memory.ring
        let bytes = (0..<33).map { offset in unsafe ring.load(fromByteOffset: offset, as: UInt8.self) }
        let expected: [UInt8] =
            [1, 0, 0, 0, 1, 0, 1, 0] + [0x28, 0xa0, 0, 0, 0, 0, 0, 0] + [0xe8, 3, 0, 0, 0, 0, 0, 0]
            + [1, 0, 0, 0, 0, 0, 0, 0, 0xaa]
        #expect(bytes == expected)
    }
}
