import Foundation
import Media
import Testing
import Toolkit

extension RealPrograms {
    @Suite("Publishing with ffmpeg")
    struct FFmpegPublishing {
        /// Where a key may stand.
        enum KeyPlace: String, CaseIterable {
            case name, application, slashes

            func address(_ host: String, key: String) -> [String] {
                switch self {
                case .name: ["rtmp://\(host)/live/main?key=\(key)"]
                // ffmpeg cuts the application out of the address as it likes; this way it is told.
                case .application:
                    ["-rtmp_app", "live?key=\(key)", "-rtmp_playpath", "main", "rtmp://\(host)/live/main"]
                case .slashes: ["-rtmp_app", "live", "-rtmp_playpath", "/main?key=\(key)", "rtmp://\(host)/live/main"]
                }
            }
        }

        @Test("A key is taken from the stream's name and from the application", arguments: KeyPlace.allCases)
        func keyPlaces(_ place: KeyPlace) async throws {
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let publisher = try await Self.publish(Sample().path(), place.address(host, key: "publish-key"))
            try await relay.expectLive(codecs: ["h264", "aac"])
            #expect(publisher.isRunning)
            #expect(!relay.log.contains("publish-key"))
        }

        @Test("A wrong key is refused with a sentence", arguments: KeyPlace.allCases)
        func wrongKey(_ place: KeyPlace) async throws {
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let publisher = try await Self.publish(Sample().path(), place.address(host, key: "wr0ng-one"))
            let result = try await publisher.result(within: .seconds(30))
            #expect(result.ending != .exit(0))
            #expect(result.errorText.contains("The key is not this relay's"), "\(result.errorText)")
            try await relay.program.line(containing: "publisher refused")
            #expect(!relay.log.contains("wr0ng-one"))
            try await relay.expectState("waiting")
        }

        @Test("No key, another relay's name and a bad name each get a sentence of their own")
        func refusals() async throws {
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let wrong = [
                "rtmp://\(host)/live/main": "The stream key is missing",
                "rtmp://\(host)/elsewhere/main?key=publish-key": "elsewhere",
                "rtmp://\(host)/live/no%20good?key=publish-key": "name",
            ]
            for (address, sentence) in wrong {
                let publisher = try await Self.publish(Sample().path(), [address])
                let result = try await publisher.result(within: .seconds(30))
                #expect(result.ending != .exit(0))
                #expect(result.errorText.contains(sentence), "\(address): \(result.errorText)")
            }
        }

        @Test("User and password, as Adobe's servers ask for them")
        func login() async throws {
            let relay = try await RelayProcess.quick { $0.more = ["publish_user: encoder"] }
            let host = try #require(relay.addresses["rtmp"])
            let sample = try await Sample().path()
            let publisher = try Self.publish(sample, ["rtmp://encoder:publish-key@\(host)/live/main"])
            try await relay.expectLive(codecs: ["h264", "aac"])
            publisher.kill()
            for wrong in ["encoder:wrong", "stranger:publish-key"] {
                let refused = try Self.publish(sample, ["rtmp://\(wrong)@\(host)/live/other"])
                let result = try await refused.result(within: .seconds(30))
                #expect(result.ending != .exit(0), "\(wrong)")
                #expect(!result.errorText.isEmpty)
            }
            try await relay.expectState("waiting", of: "other")
        }

        @Test(
            "Codecs that ffmpeg 5.1 sends",
            arguments: [
                Sample(.h264, .mp3, sampleRate: 44_100), Sample(nil, .aac), Sample(.h264, nil),
                Sample(.h264Baseline, .aac),
            ]
        )
        func codecs(_ sample: Sample) async throws {
            let relay = try await RelayProcess.quick()
            let publisher = try Self.publish(await sample.path(), [relay.publishAddress()])
            try await relay.expectLive(codecs: sample.codecNames)
            #expect(publisher.isRunning)
        }

        @Test(
            "Codecs that a modern ffmpeg sends as Enhanced RTMP",
            arguments: [
                Sample(.hevc, .opus), Sample(.av1, .opus, size: "160x96"), Sample(.vp9, .flac, size: "160x96"),
                Sample(.h264, .ac3), Sample(.h264, .eac3),
            ]
        )
        func enhanced(_ sample: Sample) async throws {
            let relay = try await RelayProcess.quick()
            let program = try await FFmpeg.modern()
            let publisher = try Self.publish(await sample.path(), [relay.publishAddress()], program: program)
            try await relay.expectLive(codecs: sample.codecNames)
            #expect(publisher.isRunning)
        }

        @Test("Two tracks of sound are both kept, and the second goes to those who can tell it from the first")
        func multitrack() async throws {
            let relay = try await RelayProcess.quick()
            let modern = try await FFmpeg.modern()
            let first = try await Sample(.h264, .aac).path()
            let second = try await Sample(nil, .opus).path()
            let recording = try await Recording.make(of: [.rtmp, .flv, .ts, .mp4], on: relay) {
                let publisher = try Program.start(
                    modern,
                    ["-hide_banner", "-nostdin", "-loglevel", "warning", "-re", "-i", first, "-re", "-i", second]
                        + [
                            "-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy", "-f", "flv",
                            relay.publishAddress(),
                        ]
                )
                let result = try await publisher.result(within: .seconds(60))
                #expect(result.ending == .exit(0), "\(result.errorText)")
            }
            let tracks = [(first, "a:0", "aac", "a:0"), (second, "a:0", "opus", "a:1"), (first, "v:0", "h264", "v:0")]
            for (source, from, codec, to) in tracks {
                let track = AccessUnits.Track(specifier: from, codec: codec)
                let sent = try await AccessUnits.hashes(of: source, track, inTransportStream: false)
                // Players that have not said that they know multitrack messages are sent none.
                let outlets: [Outlet] = to == "a:1" ? [.ts] : [.rtmp, .flv, .ts, .mp4]
                for outlet in outlets {
                    let got = try await AccessUnits.hashes(
                        of: recording.file(outlet),
                        AccessUnits.Track(specifier: to, codec: codec),
                        inTransportStream: outlet.isTransportStream
                    )
                    #expect(got == sent, "\(outlet) \(codec): \(got.count) of \(sent.count)")
                }
            }
        }

        @Test("Of two tracks of sound a player of old is sent one, and one that knows of more is sent both")
        func players() async throws {
            let relay = try await RelayProcess.quick()
            let (first, second) = (Sample(.h264, .aac), Sample(nil, .aac, sampleRate: 44_100))
            let inputs = [try await first.path(), try await second.path()]
            let publisher = try Program.start(
                await FFmpeg.modern(),
                ["-hide_banner", "-nostdin", "-loglevel", "warning"]
                    + inputs.flatMap { ["-re", "-stream_loop", "-1", "-i", $0] }
                    + ["-map", "0:v", "-map", "0:a", "-map", "1:a", "-c", "copy", "-f", "flv", relay.publishAddress()]
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            let options = ["-analyzeduration", "1000000"]
            let plain = try await FFprobe.streams(relay.playAddress(), options: options)
            #expect(plain.map(\.codecName).sorted { $0 ?? "" < $1 ?? "" } == ["aac", "h264"], "\(plain)")
            #expect(plain.first { $0.codecType == "audio" }?.sampleRate == "48000")
            let sound = try await DecodedFrame.all(of: relay.playAddress(), kind: "a", options: options + ["-t", "1"])
            #expect(!sound.isEmpty)
            var capable = try MultitrackPlayer(relay)
            try await capable.read(until: 3)
            #expect(capable.tracks == [.video: .h264, .audio: .aac, TrackID(.audio, 1): .aac])
            #expect(publisher.isRunning, "\(publisher.lastWords)")
        }

        private static func publish(
            _ file: String,
            _ address: [String],
            program: String = FFmpeg.system
        ) throws -> Program {
            try Program.start(
                program,
                [
                    "-hide_banner", "-nostdin", "-nostats", "-loglevel", "verbose", "-re", "-stream_loop", "10", "-i",
                    file,
                ]
                    + ["-c", "copy", "-f", "flv"] + address
            )
        }
    }
}

extension Sample {
    /// Names of its codecs as the health page has them.
    var codecNames: Set<String> {
        Set([self.video?.codecName, self.audio?.rawValue].compactMap { $0 })
    }
}
