import Foundation
import Testing
import Toolkit

extension RealPrograms {
    /// A relay that runs by itself, behind what operators put in front of it.
    @Suite("A balancer in front")
    struct Balancers {
        private static func relay() async throws -> RelayProcess {
            var configuration = RelayConfiguration()
            configuration.segment = "1s"
            configuration.servesRTSP = true
            return try await RelayProcess.start(
                configuration,
                environment: ["TRANSPONDER_TRUSTED_PROXIES": "127.0.0.0/8"]
            )
        }

        private static func ways(to relay: RelayProcess, _ options: String...) throws -> [Balancer.Way] {
            try zip(["rtmp", "http", "rtsp"], options).map { kind, options in
                Balancer.Way(kind, to: try #require(relay.addresses[kind]), options)
            }
        }

        private static func publish(to relay: RelayProcess, through balancer: Balancer) async throws -> Program {
            let source = try await Sample(.h264, .aac).path()
            let encoder = try Program.start(
                FFmpeg.system,
                [
                    "-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", source, "-c",
                    "copy",
                    "-f", "flv", "rtmp://\(balancer.address("rtmp"))/live/main?key=publish-key",
                ]
            )
            let line = try await relay.program.line(containing: "source on air", within: .seconds(30))
            #expect(line.contains("[::1]:"), "\(line)")
            return encoder
        }

        private static func watch(_ address: String, on relay: RelayProcess) async throws {
            let player = try Program.start(
                "curl",
                ["--silent", "--globoff", "--max-time", "60", "--output", "/dev/null", address]
            )
            let line = try await relay.program.line(containing: "viewer joined")
            #expect(line.contains("[::1]:"), "\(line)")
            _ = player
        }

        @Test("haproxy says whose connections it passes on, in both versions")
        func haproxy() async throws {
            let relay = try await Self.relay()
            let balancer = try await Balancer.haproxy(
                Self.ways(
                    to: relay,
                    "send-proxy-v2 check check-send-proxy inter 100",
                    "send-proxy",
                    "send-proxy-v2 proxy-v2-options crc32c"
                )
            )
            let encoder = try await Self.publish(to: relay, through: balancer)
            try await Self.watch("http://\(balancer.address("http"))/live/main.flv", on: relay)
            let frames = try await DecodedFrame.all(
                of: "rtsp://\(balancer.address("rtsp"))/live/main",
                options: ["-rtsp_transport", "tcp", "-t", "1"],
                deadline: .seconds(60)
            )
            #expect(!frames.isEmpty)
            #expect(!relay.log.contains("PROXY"), "\(relay.log)")
            _ = encoder
        }

        @Test("nginx says it by the same protocol, and by headers of HTTP")
        func nginx() async throws {
            let relay = try await Self.relay()
            let balancer = try await Balancer.nginx(Self.ways(to: relay, "stream", "http"))
            let encoder = try await Self.publish(to: relay, through: balancer)
            try await Self.watch("http://\(balancer.address("http"))/live/main.flv", on: relay)
            _ = encoder
        }

        @Test("A balancer that nobody has named is told of in the log")
        func untrusted() async throws {
            let relay = try await RelayProcess.start()
            let balancer = try await Balancer.haproxy(Self.ways(to: relay, "send-proxy-v2", "send-proxy"))
            for kind in ["rtmp", "http"] {
                let client = try Socket(to: balancer.address(kind))
                try client.send("GET / HTTP/1.1\r\n\r\n")
                let line = try await relay.program.line(containing: "which trusted_proxies does not name")
                #expect(line.contains("a PROXY header came from 127.0.0.1"), "\(line)")
                _ = try? await client.rest()
            }
        }

        @Test("One that is named and says nothing is told of, too")
        func silent() async throws {
            let relay = try await Self.relay()
            let balancer = try await Balancer.haproxy(Self.ways(to: relay, ""))
            let client = try Socket(to: balancer.address("rtmp"))
            try client.send([3] + Array(repeating: 0, count: 1536))
            let line = try await relay.program.line(containing: "is one of trusted_proxies and sent no PROXY header")
            #expect(line.contains("send-proxy-v2"), "\(line)")
        }
    }
}
