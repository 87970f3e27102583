import Libav
import Media
import NIOCore
import Testing
import Toolkit

@Suite struct DecodingTests {
    private static let limit = 4096 * 2304

    @Test(arguments: [Sample.Video.h264, .hevc, .av1, .vp9, .openGOP]) func aKeyframeBecomesAStill(
        _ video: Sample.Video
    ) async throws {
        let recording = try await Recording(Sample(video, nil))
        let configuration = try #require(recording.configurations.first?.1)
        let keyframes = recording.packets.filter { $0.flags.contains(.keyframe) }
        #expect(keyframes.count >= 3)
        for keyframe in keyframes {
            let still = try #require(
                try StillDecoder.still(of: keyframe.payload, configuration, pixels: Self.limit)
            )
            #expect(still.width == 320 && still.height == 180)
            #expect(still.luma.count == StillPicture.columns * StillPicture.rows)
            #expect(still.blue.count == still.red.count && !still.blue.isEmpty)
            // A white flash at every whole second, where the keyframes are.
            #expect(still.luma.count { $0 > 230 } > still.luma.count / 2)
        }
    }

    @Test func aPictureAboveTheLimitIsNotDecoded() async throws {
        let recording = try await Recording(Sample(.h264, nil))
        let configuration = try #require(recording.configurations.first?.1)
        let keyframe = try #require(recording.packets.first { $0.flags.contains(.keyframe) })
        #expect(throws: LibavError.self) {
            if try StillDecoder.still(of: keyframe.payload, configuration, pixels: 100 * 100) == nil {
                throw LibavError.undecodable(.h264)
            }
        }
    }

    @Test(arguments: Sample.Audio.allCases) func soundBecomesSamples(_ audio: Sample.Audio) async throws {
        let recording = try await Recording(Sample(nil, audio))
        let (track, configuration) = try #require(recording.configurations.first)
        let decoder = try SoundDecoder.make(track, configuration)
        var sound = SoundSamples()
        for packet in recording.packets { try decoder.decode(packet.payload, into: &sound) }
        #expect(sound.rate == 48_000)
        #expect(!sound.channels.isEmpty)
        #expect(abs(Double(sound.count) / 48_000 - 4) < 0.2)
        // It beeps for a tenth of each second and is silent otherwise.
        let peak = sound.channels[0].map(abs).max() ?? 0
        #expect(peak > 0.01 && peak < 1.5)
        let between = sound.channels[0][72_000..<90_000].map(abs).max() ?? 1
        #expect(between < 0.001)
        decoder.forget()
    }

    /// What strangers send is thrown back, whatever it is, and the next picture is decoded all the same.
    @Test func rubbishIsAnErrorAndNoMore() async throws {
        var generator = SeededGenerator(seed: 7)
        let sample = try await Recording(Sample(.h264, .aac))
        let configurations = Dictionary(sample.configurations) { first, _ in first }
        let video = try #require(configurations[.video])
        let audio = try #require(configurations[.audio])
        let decoder = try SoundDecoder.make(.audio, audio)
        let keyframe = try #require(sample.packets.first { $0.flags.contains(.keyframe) && $0.track == .video })
        let frame = try #require(sample.packets.first { $0.track == .audio })
        var stills = 0
        for _ in 0..<300 {
            var (picture, sound) = (keyframe.payload, frame.payload)
            for _ in 0..<Int.random(in: 1...20, using: &generator) {
                let byte = UInt8.random(in: 0...255, using: &generator)
                picture.setInteger(byte, at: Int.random(in: 0..<picture.writerIndex, using: &generator))
                sound.setInteger(byte, at: Int.random(in: 0..<sound.writerIndex, using: &generator))
            }
            if (try? StillDecoder.still(of: picture, video, pixels: Self.limit)) ?? nil != nil { stills += 1 }
            var samples = SoundSamples()
            _ = try? decoder.decode(sound, into: &samples)
        }
        #expect(stills < 300)
        #expect(try StillDecoder.still(of: keyframe.payload, video, pixels: Self.limit) != nil)
    }
}
