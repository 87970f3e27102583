import Libav
import Media
import NIOCore
import Testing
import Toolkit

@Suite struct AACSilenceTests {
    private static func configuration(_ bytes: [UInt8]) -> CodecConfiguration {
        CodecConfiguration(codec: .aac, record: ByteBuffer(bytes: bytes))
    }

    /// Records of LC: 44.1 kHz and 48 kHz, one channel and two.
    @Test(arguments: [[0x12, 0x08], [0x12, 0x10], [0x11, 0x88], [0x11, 0x90]] as [[UInt8]])
    func decodersHearNothing(record: [UInt8]) async throws {
        let silence = try #require(AACSilence(Self.configuration(record)))
        let payload = Array(silence.accessUnit.readableBytesView)
        let (rate, channels) = ((Int(record[0]) & 7) << 1 | Int(record[1]) >> 7, Int(record[1]) >> 3 & 15)
        let size = payload.count + 7
        let header: [UInt8] = [
            0xFF, 0xF1, 0x40 | UInt8(rate << 2), UInt8(channels << 6 | size >> 11), UInt8(size >> 3 & 0xFF),
            UInt8(size & 7) << 5 | 0x1F, 0xFC,
        ]
        let scratch = try Scratch("silence")
        let bytes = (0..<50).flatMap { _ in header + payload }
        let file = try scratch.write(bytes, to: "silence.aac")
        let result = try await Program.run(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-f", "aac", "-i", file, "-f", "s16le", "-"]
        )
        #expect(result.errorText == "")
        #expect(result.output.count >= 49 * 1024 * 2 * channels)
        #expect(result.output.allSatisfy { $0 == 0 })
    }

    @Test func itLastsAFrame() throws {
        #expect(try #require(AACSilence(Self.configuration([0x11, 0x90]))).duration.microseconds == 21_333)
    }

    /// Main, 5.1, a program config element, 960 samples; and what is no AAC.
    @Test(arguments: [[0x0A, 0x10], [0x12, 0x30], [0x12, 0x00], [0x12, 0x14], []] as [[UInt8]])
    func otherSoundHasNone(record: [UInt8]) {
        let silence = AACSilence(Self.configuration(record))
        // 960 samples are silent in the same way.
        #expect(silence == nil || record == [0x12, 0x14])
        #expect(AACSilence(CodecConfiguration(codec: .mp3, record: ByteBuffer(bytes: record))) == nil)
    }
}
