import NIOCore
import Testing
import Toolkit
import Wire

@Suite struct RTMPChunkRoundTripTests {
    static let sizes = [1, 2, 127, 128, 4096, 60_000, Int(Int32.max)]

    private static func messages(_ seed: UInt64) -> [RTMPMessage] {
        var numbers = SeededGenerator(seed: seed)
        let types: [RTMPMessageType] = [.audio, .video, .dataAMF0, .commandAMF0, .userControl]
        return (0..<12).map { _ in
            let length = [0, 1, 5, 128, 129, 1000].randomElement(using: &numbers) ?? 0
            return RTMPMessage(
                type: types.randomElement(using: &numbers) ?? .audio,
                streamID: UInt32.random(in: 0...2, using: &numbers),
                timestamp: [0, 40, 0xFF_FFFE, 0xFF_FFFF, 0x100_0000, .max].randomElement(using: &numbers) ?? 0,
                payload: numbers.bytes(length)
            )
        }
    }

    private static func encode(_ messages: [RTMPMessage], chunkSize: Int) -> ByteBuffer {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(RTMPControl.setChunkSize(chunkSize).message, into: &bytes)
        let encoder = RTMPChunkEncoder(chunkSize: chunkSize)
        for message in messages {
            encoder.write(message, into: &bytes)
        }
        return bytes
    }

    @Test(arguments: Self.sizes, 0..<10 as Range<UInt64>)
    func whatIsWrittenIsRead(_ chunkSize: Int, _ seed: UInt64) throws {
        let messages = Self.messages(seed)
        let bytes = Self.encode(messages, chunkSize: chunkSize)
        var whole = RTMPChunkDecoder()
        #expect(try whole.messages(in: [bytes]) == messages)
        #expect(whole.offset == UInt64(bytes.readableBytes))
        var single = RTMPChunkDecoder()
        #expect(try single.messages(in: bytes.single) == messages)
        #expect(single.unfinishedBytes == 0)
    }

    @Test(arguments: [1, 128, 60_000])
    func aCutAnywhereChangesNothing(_ chunkSize: Int) throws {
        let messages = Array(Self.messages(7).filter { $0.payload.readableBytes < 200 }.prefix(6))
        let bytes = Self.encode(messages, chunkSize: chunkSize)
        for place in 0...bytes.readableBytes {
            var decoder = RTMPChunkDecoder()
            #expect(try decoder.messages(in: bytes.cut(at: [place])) == messages)
        }
    }

    @Test(arguments: Self.sizes, 0..<5 as Range<UInt64>)
    func theEncoderKnowsHowMuchItWrites(_ chunkSize: Int, _ seed: UInt64) {
        let encoder = RTMPChunkEncoder(chunkSize: chunkSize)
        for message in Self.messages(seed) {
            var bytes = ByteBuffer()
            encoder.write(message, into: &bytes)
            #expect(
                bytes.readableBytes
                    == encoder.encodedBytes(payload: message.payload.readableBytes, timestamp: message.timestamp)
            )
        }
    }

    @Test func writesWhatTheSpecificationShows() {
        // RTMP 1.0 section 5.3.2.2: 307 bytes of video at 1000 on a chunk size of 128
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(.video(1000, ByteBuffer(repeating: 7, count: 307)), into: &bytes)
        #expect(bytes.readableBytes == 140 + 129 + 52)
        #expect(bytes.getSlice(at: 0, length: 12) == hex("06 0003E8 000133 09 01000000"))
        #expect(bytes.getInteger(at: 140) == UInt8(0xC6))
        #expect(bytes.getInteger(at: 140 + 129) == UInt8(0xC6))
    }

    @Test func repeatsExtendedTimestamps() {
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(.audio(0x0102_0304, ByteBuffer(repeating: 7, count: 129)), into: &bytes)
        #expect(bytes.getSlice(at: 0, length: 16) == hex("04 FFFFFF 000081 08 01000000 01020304"))
        #expect(bytes.getSlice(at: 16 + 128, length: 6) == hex("C4 01020304 07"))
    }

    @Test(arguments: Self.sizes)
    func aTagInTwoPiecesIsTheSameTag(_ chunkSize: Int) {
        var numbers = SeededGenerator(seed: 1)
        let encoder = RTMPChunkEncoder(chunkSize: chunkSize)
        for (header, payload) in [(0, 0), (5, 0), (0, 5), (5, 123), (5, 124), (130, 130)] {
            for timestamp: UInt32 in [40, 0x0100_0000] {
                let parts = FLVTagParts(
                    kind: .video,
                    timestamp: timestamp,
                    header: numbers.bytes(header),
                    payload: numbers.bytes(payload)
                )
                var pieces = ByteBuffer()
                var whole = ByteBuffer()
                encoder.write(parts, into: &pieces)
                encoder.write(parts.joined, into: &whole)
                #expect(pieces == whole)
            }
        }
    }

    @Test func appendsToWhatIsThere() throws {
        let tags = [
            FLVTag(kind: .video, timestamp: 40, body: hex("17 01")),
            FLVTag(kind: .audio, timestamp: 41, body: hex("AF")),
            FLVTag(kind: .script, timestamp: 0, body: hex("02 0001 61")),
        ]
        var bytes = ByteBuffer()
        for tag in tags {
            RTMPChunkEncoder().write(tag, into: &bytes)
        }
        var decoder = RTMPChunkDecoder()
        let messages = try decoder.messages(in: [bytes])
        #expect(messages.map { FLVTag($0) } == tags)
        #expect(messages.allSatisfy { $0.streamID == 1 })
    }
}
