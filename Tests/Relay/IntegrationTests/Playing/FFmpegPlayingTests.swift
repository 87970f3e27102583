import Testing
import Toolkit

extension RealPrograms {
    @Suite("Playing with ffmpeg and ffprobe")
    struct FFmpegPlaying {
        @Test("Both versions play H.264 and AAC from every output, as viewers who join in the middle")
        func everyOutput() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            for program in [FFmpeg.system, try await FFmpeg.modern()] {
                for outlet in Outlet.allCases {
                    let result = try await Program.run(
                        program,
                        ["-hide_banner", "-nostdin", "-loglevel", "warning", "-i", outlet.address(on: stage.relay)]
                            + ["-map", "0:v", "-map", "0:a", "-frames:v", "45", "-fps_mode", "passthrough"]
                            + ["-f", "framemd5", "-"],
                        deadline: .seconds(60)
                    )
                    let frames = result.outputText.split(separator: "\n").filter { !$0.hasPrefix("#") }
                    #expect(frames.count { $0.hasPrefix("0,") } == 45, "\(outlet) by \(program)")
                    #expect(frames.contains { $0.hasPrefix("1,") }, "\(outlet) by \(program): no sound")
                    for word in ["error", "Invalid", "corrupt", "missing", "non-existing", "concealing"] {
                        #expect(!result.errorText.contains(word), "\(outlet) by \(program): \(result.errorText)")
                    }
                }
            }
        }

        @Test("ffprobe sees codecs, sizes and rising times on every output")
        func probe() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            let quick = ["-analyzeduration", "1000000"]
            for outlet in Outlet.allCases {
                let address = outlet.address(on: stage.relay)
                let packets = try await FFprobe.packets(address, options: quick + ["-read_intervals", "%+#100"])
                #expect(packets.isMonotonic, "\(outlet)")
                #expect(packets.video().first?.isKeyframe == true, "\(outlet)")
                let streams = try await FFprobe.streams(address, options: quick)
                // Whatever else a format says beside picture and sound, it is no third track.
                #expect(Set(streams.map(\.codecType)) == ["audio", "video"], "\(outlet)")
                let video = try #require(streams.first { $0.codecType == "video" })
                #expect(video.codecName == "h264", "\(outlet)")
                #expect(video.width == 320 && video.height == 180, "\(outlet)")
            }
        }

        @Test("A modern ffmpeg plays HEVC and Opus from every output")
        func hevcOpus() async throws {
            let stage = try await Stage.open(Sample(.hevc, .opus))
            let program = try await FFmpeg.modern()
            for outlet in Outlet.allCases {
                let frames = try await DecodedFrame.all(
                    of: outlet.address(on: stage.relay),
                    program: program,
                    options: ["-t", "1.5"],
                    isStrict: false,
                    deadline: .seconds(60)
                )
                #expect((30...50).contains(frames.count), "\(outlet): \(frames.count)")
            }
        }
    }
}
