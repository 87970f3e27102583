import Testing
import Toolkit

extension RealPrograms {
    /// What comes out is what went in: nothing coded anew, left out or moved.
    @Suite("Outputs carry what was published")
    struct FaithfulOutput {
        @Test("H.264 and AAC, through every output")
        func h264AAC() async throws {
            let sample = Sample(.h264, .aac, seconds: 6)
            let comparison = try await Comparison.make(of: Outlet.allCases, with: sample)
            try await comparison.expectSameUnits()
            try await comparison.expectSamePictures(program: FFmpeg.system)
            try await comparison.expectRisingTimes()
            try await comparison.expectSynchrony(program: FFmpeg.system)
        }

        @Test("H.264 whose later keyframes are recovery points, and MP3")
        func openGOPMP3() async throws {
            let sample = Sample(.openGOP, .mp3, seconds: 6, sampleRate: 44_100)
            let comparison = try await Comparison.make(of: [.rtmp, .flv, .ts, .mp4], with: sample)
            try await comparison.expectSameUnits()
            try await comparison.expectRisingTimes()
            try await comparison.expectSynchrony(program: FFmpeg.system)
        }

        @Test("HEVC and Opus, through every output")
        func hevcOpus() async throws {
            let sample = Sample(.hevc, .opus, seconds: 6)
            let comparison = try await Comparison.make(of: Outlet.allCases, with: sample)
            try await comparison.expectSameUnits()
            try await comparison.expectSamePictures(program: FFmpeg.modern())
            try await comparison.expectSynchrony(program: FFmpeg.modern())
        }

        @Test("AV1 and Opus, through every output but MPEG-TS")
        func av1Opus() async throws {
            let sample = Sample(.av1, .opus, seconds: 6, size: "160x96")
            let comparison = try await Comparison.make(of: [.rtmp, .flv, .mp4, .hls], with: sample)
            try await comparison.expectSameUnits()
            try await comparison.expectSamePictures(program: FFmpeg.modern())
            try await comparison.expectSynchrony(program: FFmpeg.modern())
        }

        @Test("FLAC, and VP9 beside it")
        func vp9FLAC() async throws {
            let sample = Sample(.vp9, .flac, seconds: 4, size: "160x96")
            let comparison = try await Comparison.make(of: [.rtmp, .flv, .mp4], with: sample)
            try await comparison.expectSameUnits()
            try await comparison.expectSynchrony(program: FFmpeg.modern())
        }

        /// Beside H.264, RTMP carries it only to players that announce the enhanced form, which ffmpeg does not.
        @Test("AC-3, through every output but RTMP")
        func h264AC3() async throws {
            let sample = Sample(.h264, .ac3, seconds: 6)
            // The header of an MP4 says what only an AC-3 packet tells, so it is written a keyframe later.
            let comparison = try await Comparison.make(of: Outlet.allCases.filter { $0 != .rtmp }, with: sample)
            try await comparison.expectSameUnits(late: [.mp4: 1, .hls: 1])
        }

        @Test("Sound alone", arguments: [Sample.Audio.aac, .mp3])
        func soundAlone(_ audio: Sample.Audio) async throws {
            let comparison = try await Comparison.make(
                of: [.rtmp, .flv, .ts, .mp4],
                with: Sample(nil, audio, seconds: 3, sampleRate: 44_100)
            )
            try await comparison.expectSameUnits()
            try await comparison.expectRisingTimes()
        }

        @Test("Pictures alone")
        func picturesAlone() async throws {
            let comparison = try await Comparison.make(
                of: [.rtmp, .flv, .ts, .mp4],
                with: Sample(.h264Baseline, nil, seconds: 3)
            )
            try await comparison.expectSameUnits()
            try await comparison.expectSamePictures(program: FFmpeg.system)
            try await comparison.expectRisingTimes()
        }
    }
}
