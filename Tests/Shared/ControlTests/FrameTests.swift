import Control
import Linux
import Testing

@Suite struct FrameTests {
    private static let limits: ChannelLimits = {
        var limits = ChannelLimits.ofHost
        limits.message = 100
        limits.payload = 50
        return limits
    }()

    private static func bytes(_ message: String, _ payload: [UInt8] = [], descriptors: Int = 0) -> [UInt8] {
        FrameEncoder.encode(message: Array(message.utf8), payload: payload, descriptors: descriptors)
    }

    private static func header(_ message: UInt32, _ payload: UInt32, _ descriptors: UInt32) -> [UInt8] {
        [message, payload, descriptors].flatMap { number in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: number >> $0) }
        }
    }

    /// Three messages whole, and what they were; the second comes with descriptor 7.
    private static let conversation: [(bytes: [UInt8], frame: Frame<Int>)] = [
        (bytes("one", [1, 2]), Frame(message: Array("one".utf8), payload: [1, 2], descriptor: nil)),
        (bytes("two", [3], descriptors: 1), Frame(message: Array("two".utf8), payload: [3], descriptor: 7)),
        (bytes(""), Frame(message: [], payload: [], descriptor: nil)),
    ]

    @Test func `decodes what it encodes, split anywhere`() throws {
        let whole = Self.conversation.flatMap(\.bytes)
        let second = Self.conversation[0].bytes.count
        for split in 0...whole.count {
            var decoder = FrameDecoder<Int>(limits: Self.limits)
            var frames: [Frame<Int>] = []
            for part in [whole[..<split], whole[split...]] {
                // The descriptor comes with the byte it was sent with.
                decoder.append(part, descriptors: part.indices.contains(second) ? [7] : [])
                while let frame = try decoder.next() { frames.append(frame) }
            }
            #expect(frames == Self.conversation.map(\.frame), "split at \(split)")
        }
    }

    @Test func `decodes a byte at a time`() throws {
        let whole = Self.conversation.flatMap(\.bytes)
        let second = Self.conversation[0].bytes.count
        var decoder = FrameDecoder<Int>(limits: Self.limits)
        var frames: [Frame<Int>] = []
        for index in whole.indices {
            decoder.append(whole[index...index], descriptors: index == second ? [7] : [])
            while let frame = try decoder.next() { frames.append(frame) }
        }
        #expect(frames == Self.conversation.map(\.frame))
    }

    @Test func `refuses lengths over the limits before their bytes`() {
        for (header, part, size, limit) in [
            (Self.header(101, 0, 0), ControlError.Part.message, 101, 100),
            (Self.header(.max, .max, .max), .message, Int(UInt32.max), 100),
            (Self.header(1, 51, 0), .payload, 51, 50),
            (Self.header(1, 0, 2), .descriptors, 2, 1),
        ] {
            var decoder = FrameDecoder<Int>(limits: Self.limits)
            decoder.append(header[...])
            #expect(throws: ControlError.overLimit(part, size: size, limit: limit)) { try decoder.next() }
        }
    }

    @Test func `takes what is at the limits`() throws {
        let message = String(repeating: "m", count: 100)
        let payload = [UInt8](repeating: 1, count: 50)
        var decoder = FrameDecoder<Int>(limits: Self.limits)
        decoder.append(Self.bytes(message, payload)[...])
        #expect(try decoder.next() == Frame(message: Array(message.utf8), payload: payload, descriptor: nil))
    }

    @Test func `notices a descriptor that is missing`() {
        var decoder = FrameDecoder<Int>(limits: Self.limits)
        decoder.append(Self.bytes("one", descriptors: 1)[...])
        #expect(throws: ControlError.brokenFrame(.descriptorMissing)) { try decoder.next() }
    }

    @Test func `notices descriptors that nobody announced`() throws {
        let announced = Self.bytes("two", descriptors: 1)
        for (bytes, descriptors) in [
            (Self.bytes("one"), [1]),
            (announced, [1, 2]),
            (Array(announced.dropLast()), [1, 2]),
            (Array(announced.prefix(5)), [1, 2]),
        ] {
            var decoder = FrameDecoder<Int>(limits: Self.limits)
            decoder.append(bytes[...], descriptors: descriptors)
            #expect(throws: ControlError.brokenFrame(.descriptorUnexpected)) {
                while try decoder.next() != nil {}
            }
        }
    }

    @Test func `gives a message after a larger one its own bytes`() throws {
        var decoder = FrameDecoder<Int>(limits: ChannelLimits.ofHost)
        let large = [UInt8](repeating: 9, count: 100_000)
        for round in 0..<5 {
            decoder.append(
                FrameEncoder.encode(message: [UInt8(round)], payload: large, descriptors: 0)[...]
            )
            decoder.append(FrameEncoder.encode(message: [100], payload: [UInt8(round)], descriptors: 0)[...])
            #expect(try decoder.next() == Frame(message: [UInt8(round)], payload: large, descriptor: nil))
            #expect(try decoder.next() == Frame(message: [100], payload: [UInt8(round)], descriptor: nil))
        }
    }

    @Test func `counts messages second by second`() throws {
        var rate = MessageRate(limit: 3)
        for second in 0..<3 {
            for _ in 0..<3 { try rate.note(now: .init(nanoseconds: Int64(second) * 1_000_000_000)) }
        }
        #expect(throws: ControlError.flooding(limit: 3)) { try rate.note(now: .init(nanoseconds: 2_999_999_999)) }
    }
}
