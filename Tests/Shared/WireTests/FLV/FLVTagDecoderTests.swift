import NIOCore
import Testing
import Wire

struct FLVTagDecoderTests {
    @Test(arguments: FLVCorpus.allCases)
    func `One byte at a time gives what the whole gives`(file: FLVCorpus) throws {
        let bytes = try file.bytes()
        var decoder = FLVTagDecoder()
        var received = ByteBuffer()
        var tags: [FLVTag] = []
        for byte in bytes.readableBytesView {
            received.writeInteger(byte)
            while let tag = try decoder.next(from: &received) { tags.append(tag) }
            if received.readableBytes == 0 { received.clear() }
        }
        #expect(try tags == file.tags())
        #expect(received.readableBytes == 0)
    }

    @Test func `Every split point gives what the whole gives`() throws {
        // The file's beginning has every kind of tag; splitting all of it would be quadratic in its size.
        let bytes = try #require(try FLVCorpus.h264AAC.bytes().getSlice(at: 0, length: 1800))
        var whole = bytes
        var wholeDecoder = FLVTagDecoder()
        var wanted: [FLVTag] = []
        while let tag = try wholeDecoder.next(from: &whole) { wanted.append(tag) }
        #expect(wanted.count > 3)
        for split in 0...bytes.readableBytes {
            var decoder = FLVTagDecoder()
            var received = ByteBuffer()
            var tags: [FLVTag] = []
            for part in [bytes.getSlice(at: 0, length: split), bytes.getSlice(at: split, length: 1800 - split)] {
                received.writeImmutableBuffer(part ?? ByteBuffer())
                while let tag = try decoder.next(from: &received) { tags.append(tag) }
            }
            #expect(tags == wanted, "split at \(split)")
        }
    }

    @Test func `What is written is read again`() throws {
        let tags = [
            FLVTag(kind: .script, timestamp: 0, body: ByteBuffer(bytes: [2, 0, 0])),
            FLVTag(kind: .video, timestamp: 0x00FF_FFFF, body: ByteBuffer(repeating: 7, count: 70000)),
            FLVTag(kind: .audio, timestamp: 0x0100_0000, body: ByteBuffer()),
            FLVTag(kind: .audio, timestamp: 0xFFFF_FFFE, body: ByteBuffer(bytes: [0xAF, 1, 0x21])),
        ]
        let encoder = FLVTagEncoder()
        var bytes = encoder.fileHeader(hasAudio: true, hasVideo: true)
        for tag in tags { encoder.write(tag, into: &bytes) }
        #expect(bytes.readableBytes == 13 + tags.reduce(0) { $0 + $1.body.readableBytes + FLVTagEncoder.overhead })
        var decoder = FLVTagDecoder()
        var read: [FLVTag] = []
        while let tag = try decoder.next(from: &bytes) { read.append(tag) }
        #expect(read == tags)
    }

    @Test func `The file's header says which kinds come`() {
        #expect(
            FLVTagEncoder().fileHeader(hasAudio: false, hasVideo: true)
                == ByteBuffer(bytes: [0x46, 0x4C, 0x56, 1, 1, 0, 0, 0, 9, 0, 0, 0, 0])
        )
        #expect(FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: false).getInteger(at: 4, as: UInt8.self) == 4)
    }

    @Test func `Garbage in flags and sizes is passed over`() throws {
        // Flags all set, a header of eleven bytes, previous sizes that are wrong, a tag of an unknown type.
        var bytes = ByteBuffer(bytes: [0x46, 0x4C, 0x56, 9, 0xFF, 0, 0, 0, 11, 0xAA, 0xBB, 1, 2, 3, 4])
        bytes.writeBytes([15, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0xCC, 0xDD, 9, 9, 9, 9])
        bytes.writeBytes([0xC8, 0, 0, 1, 0, 0, 5, 0, 1, 2, 3, 0xAF, 0, 0, 0, 0])
        var decoder = FLVTagDecoder()
        let tag = try decoder.next(from: &bytes)
        #expect(tag == FLVTag(kind: .audio, timestamp: 5, body: ByteBuffer(bytes: [0xAF])))
        #expect(decoder.unknownTags == 1)
    }

    @Test func `What is not FLV is refused at its first wrong byte`() {
        var decoder = FLVTagDecoder()
        var bytes = ByteBuffer(string: "FG")
        #expect(throws: FLVError.notFLV) { _ = try decoder.next(from: &bytes) }
    }

    @Test func `A declared length meets its limit before anything waits`() {
        var decoder = FLVTagDecoder(bodyLimit: 1000)
        var bytes = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        bytes.writeBytes([9, 0, 0x03, 0xE9, 0, 0, 0, 0, 0, 0, 0])
        #expect(throws: FLVError.bodyTooLarge(1001, limit: 1000)) { _ = try decoder.next(from: &bytes) }
    }

    @Test func `A header that cannot be and an encrypted tag are refused`() {
        var decoder = FLVTagDecoder()
        var short = ByteBuffer(bytes: [0x46, 0x4C, 0x56, 1, 5, 0, 0, 0, 8])
        #expect(throws: FLVError.headerLength(8)) { _ = try decoder.next(from: &short) }
        var encrypted = FLVTagEncoder().fileHeader(hasAudio: true, hasVideo: true)
        encrypted.writeBytes([0x29, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0x17])
        #expect(throws: FLVError.tagType(0x29)) { _ = try decoder.next(from: &encrypted) }
    }
}
