import Media
import NIOCore
import Testing
import Wire

/// What is said of media that is left out: its coding by the name people know, and what to set instead.
struct FLVOmissionTests {
    private static func omission(_ kind: FLVTag.Kind, _ hex: String) -> MediaOmission? {
        var decoder = MediaTagDecoder()
        do throws(FLVError) {
            _ = try decoder.decode(FLVTag(kind: kind, timestamp: 0, body: ByteBuffer(hex: hex)))
            return nil
        } catch {
            return error.omission(from: kind)
        }
    }

    @Test(arguments: [
        (FLVTag.Kind.audio, "3f 0102", "PCM"), (.audio, "0f 0102", "PCM"), (.audio, "1f 0102", "ADPCM"),
        (.audio, "4f 01", "Nellymoser"), (.audio, "5f 01", "Nellymoser"), (.audio, "6f 01", "Nellymoser"),
        (.audio, "b2 01", "Speex"), (.audio, "f2 01", "device-specific sound"), (.audio, "c2 01", "sound format 12"),
        (.video, "11 00", "JPEG"), (.video, "12 00", "Sorenson H.263"), (.video, "13 00", "Screen Video"),
        (.video, "14 00", "VP6"), (.video, "25 00", "VP6"), (.video, "16 00", "Screen Video 2"),
        (.video, "18 00", "H.263"), (.video, "19 00", "MPEG-4 Part 2"), (.video, "1a 00", "video codec 10"),
        (.video, "90 76766331", "FourCC vvc1"), (.audio, "90 64747363", "FourCC dtsc"),
        (.audio, "90 0a22003c", "FourCC ?\"?<"), (.video, "90 6d703461", "FourCC mp4a"),
    ])
    func unsupported(kind: FLVTag.Kind, hex: String, codec: String) throws {
        let omission = try #require(Self.omission(kind, hex))
        #expect(omission.part == (kind == .audio ? .audio : .video))
        #expect(omission.codec == codec)
        #expect(omission.reason == .unsupportedCodec)
        #expect(omission.sentence.contains(codec))
        #expect(omission.sentence.contains(kind == .audio ? "AAC or Opus" : "H.264, HEVC or AV1"))
    }

    @Test(arguments: [
        // A record cut short; a unit that reaches beyond its access unit; a tag that ends within a field.
        (FLVTag.Kind.audio, "af0011", "AAC", MediaOmission.Reason.malformed),
        (.video, "1700000000 01", "H.264", .malformed), (.video, "17", "FLV", .malformed),
        (.audio, "90 6670", "FLV", .malformed), (.video, "9176703039 00", "VP9", .malformed),
    ])
    func damaged(kind: FLVTag.Kind, hex: String, codec: String, reason: MediaOmission.Reason) throws {
        let omission = try #require(Self.omission(kind, hex))
        #expect(omission.codec == codec)
        #expect(omission.reason == reason)
        #expect(omission.sentence.hasSuffix("."))
    }

    @Test func recordsLongerThanAny() throws {
        let hex = "1700000000" + String(repeating: "01", count: 1 + 1 << 16)
        let omission = try #require(Self.omission(.video, hex))
        #expect(omission.reason == .tooLarge)
        #expect(omission.sentence.contains("65537 bytes"))
    }
}
