import Foundation
import Testing
import Toolkit

extension RealPrograms {
    /// One address, `[::]`, for peers of IPv4 and of IPv6, also over UDP.
    @Suite("IPv4 and IPv6 at one address")
    struct BothFamilies {
        private static let hosts = ["127.0.0.1", "[::1]"]

        private static func port(_ kind: String, of relay: RelayProcess) throws -> String {
            let address = try #require(relay.addresses[kind])
            #expect(address.hasPrefix("[::]:"))
            return String(address.split(separator: ":").last ?? "")
        }

        private static func send(_ output: [String]) async throws -> Program {
            let source = try await Sample(.h264, .aac).path()
            return try Program.start(
                FFmpeg.system,
                [
                    "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", source, "-c",
                    "copy",
                ]
                    + output
            )
        }

        @Test("SRT is published and played from either")
        func srt() async throws {
            let relay = try await RelayProcess.start(environment: ["TRANSPONDER_LISTEN_SRT": "[::]:0"])
            let port = try Self.port("srt", of: relay)
            for (index, host) in Self.hosts.enumerated() {
                let encoder = try await Self.send(
                    ["-f", "mpegts", "srt://\(host):\(port)?streamid=publish:live/s\(index):publish-key"]
                )
                let line = try await relay.program.line(containing: "stream=live/s\(index)")
                #expect(line.contains("address=\(host):"), "\(line)")
                for viewer in Self.hosts {
                    let output = relay.scratch.file("\(index)-\(viewer)").path
                    let player = try Program.start(
                        "sh",
                        [
                            "-c",
                            "exec srt-live-transmit -q 'srt://\(viewer):\(port)?streamid=read:live/s\(index)' file://con > \(output)",
                        ]
                    )
                    let joined = try await relay.program.line(containing: "address=\(viewer)")
                    #expect(!joined.isEmpty)
                    for _ in 0..<200 where (try? Data(contentsOf: URL(filePath: output)))?.isEmpty != false {
                        try await Task.sleep(for: .milliseconds(50))
                    }
                    #expect(try !Data(contentsOf: URL(filePath: output)).isEmpty)
                    player.kill()
                }
                encoder.kill()
            }
        }

        @Test("MPEG-TS over UDP is taken from either")
        func datagrams() async throws {
            let port = try FreePorts.take(2)[0]
            for host in Self.hosts {
                var configuration = RelayConfiguration()
                configuration.more = ["streams:", "  ts: { rtp: { listen: '[::]:\(port)' } }"]
                let relay = try await RelayProcess.start(configuration)
                let encoder = try await Self.send(["-f", "mpegts", "udp://\(host):\(port)?pkt_size=1316"])
                let line = try await relay.program.line(containing: "source on air")
                #expect(line.contains("address=\(host):"), "\(line)")
                encoder.kill()
                try await relay.stop()
            }
        }

        @Test("RTSP sends its media over UDP to either", arguments: hosts)
        func rtsp(_ host: String) async throws {
            let relay = try await RelayProcess.start(
                environment: ["TRANSPONDER_LISTEN_RTSP": "[::]:0", "TRANSPONDER_LISTEN_UDP": FreePorts.range]
            )
            let port = try Self.port("rtsp", of: relay)
            let encoder = try await Self.send(["-f", "flv", relay.publishAddress()])
            _ = try await relay.program.line(containing: "source on air")
            let frames = try await DecodedFrame.all(
                of: "rtsp://\(host):\(port)/live/main",
                options: ["-rtsp_transport", "udp", "-t", "1"],
                deadline: .seconds(60)
            )
            #expect(!frames.isEmpty)
            #expect(relay.log.contains("address=\(host):"))
            _ = encoder
        }
    }
}
