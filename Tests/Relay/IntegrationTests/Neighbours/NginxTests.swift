import Testing
import Toolkit

extension RealPrograms {
    @Suite("nginx-rtmp at either end")
    struct Nginx {
        /// Ways to give nginx's `push` a key.
        enum Form: String, CaseIterable {
            case playpath, path, application

            func directive(_ host: String) -> String {
                switch self {
                case .playpath: "push rtmp://\(host)/live playpath=main?key=publish-key;"
                case .path: "push rtmp://\(host)/live/main?key=publish-key;"
                // The stream keeps the name it has at nginx.
                case .application: "push rtmp://\(host)/live?key=publish-key;"
                }
            }
        }

        @Test("It pushes a stream to a relay, which hands it on whole", arguments: Form.allCases)
        func push(_ form: Form) async throws {
            let sample = Sample(.h264, .aac)
            let source = try await sample.path()
            let relay = try await RelayProcess.quick()
            let host = try #require(relay.addresses["rtmp"])
            let nginx = try await NginxRTMP.start("application in { live on; \(form.directive(host)) }")
            let recording = try await Recording.make(of: [.rtmp, .flv], on: relay) {
                try await Encoder.publish(source, to: "\(nginx.address)/in/main")
                // What it has taken in is through to the relay when it has said goodbye there.
                try await relay.program.line(containing: "source lost", within: .seconds(20))
            }
            let track = AccessUnits.Track(specifier: "v:0", codec: "h264")
            let sent = try await AccessUnits.hashes(of: source, track, inTransportStream: false)
            for outlet in [Outlet.rtmp, .flv] {
                let got = try await AccessUnits.hashes(of: recording.file(outlet), track, inTransportStream: false)
                // nginx connects while the first pictures pass, so its pushes begin a keyframe later.
                let start = try #require(sent.firstIndex { $0 == got.first })
                #expect(start % Sample.frameRate == 0, "\(outlet) begins with picture \(start)")
                #expect(start <= 2 * Sample.frameRate)
                #expect(got == Array(sent[start...]), "\(outlet): \(got.count) of \(sent.count)")
            }
        }

        @Test("It pulls a stream from a relay and serves it")
        func pull() async throws {
            let stage = try await Stage.open(Sample(.h264, .aac))
            let nginx = try await NginxRTMP.start(
                "application out { live on; pull \(stage.relay.playAddress()) name=copy; }"
            )
            let frames = try await DecodedFrame.all(
                of: "\(nginx.address)/out/copy",
                options: ["-t", "2"],
                deadline: .seconds(60)
            )
            #expect((45...61).contains(frames.count))
            let streams = try await FFprobe.streams("\(nginx.address)/out/copy")
            #expect(Set(streams.compactMap(\.codecName)) == ["h264", "aac"])
        }
    }
}
