import Foundation
import Testing
import Toolkit

extension RealPrograms {
    @Suite("HTTP as clients and pages of other sites use it")
    struct HTTPManners {
        private static func head(_ request: String, _ relay: RelayProcess) async throws -> (String, [String: String]) {
            let socket = try Socket(to: relay.addresses["http"] ?? "")
            try socket.send(request + "\r\n\r\n")
            var bytes: [UInt8] = []
            while !String(decoding: bytes, as: UTF8.self).contains("\r\n\r\n") {
                let more = try await socket.receive()
                guard !more.isEmpty else { break }
                bytes += more
            }
            let text = String(decoding: bytes, as: UTF8.self).components(separatedBy: "\r\n\r\n")[0]
            let lines = text.components(separatedBy: "\r\n")
            var headers: [String: String] = [:]
            for line in lines.dropFirst() {
                let halves = line.split(separator: ":", maxSplits: 1).map { $0.trimmingCharacters(in: .whitespaces) }
                if halves.count == 2 { headers[halves[0].lowercased()] = halves[1] }
            }
            return (lines[0], headers)
        }

        @Test("Every form of a request is answered, with its date, and HEAD says what GET would")
        func manners() async throws {
            let relay = try await RelayProcess.quick { $0.more = ["http:", "  pass_query: all"] }
            let publisher = try await Encoder.start(
                Sample(.h264, .aac, seconds: 20).path(),
                to: relay.publishAddress(),
                repeats: 100
            )
            try await relay.waitForPlaylist()
            let requests: [(request: String, status: String)] = [
                ("HEAD /live/main.flv HTTP/1.1\r\nHost: x", "200"), ("GET /live/main.ts HTTP/1.1\r\nHost: x", "200"),
                ("GET http://relay.example/live/main.mp4 HTTP/1.1\r\nHost: relay.example", "200"),
                ("GET HTTP://x/live/main.m3u8?a=1 HTTP/1.1\r\nHost: x", "200"), ("GET /livez HTTP/1.0", "200"),
                ("GET //live/./main.flv HTTP/1.1\r\nHost: x\r\nRange: bytes=0-", "200"),
                ("GET /live/../live/%6dain.ts HTTP/1.1\r\nHost: x\r\nIf-None-Match: *", "200"),
                ("OPTIONS * HTTP/1.1\r\nHost: x", "204"), ("DELETE /live/main.flv HTTP/1.1\r\nHost: x", "405"),
                ("GET /live/none.xyz HTTP/1.1\r\nHost: x", "404"), ("G\u{1}T / HTTP/1.1\r\nHost: x", "400"),
                ("POST /live/main.flv HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 9", "405"),
                ("GET /livez HTTP/1.1\r\nHost: x\r\nExpect: tea", "417"),
                ("GET /\(String(repeating: "a", count: 9000)) HTTP/1.1\r\nHost: x", "414"),
            ]
            for (request, status) in requests {
                let (line, headers) = try await Self.head(request, relay)
                #expect(line.split(separator: " ").dropFirst().first.map(String.init) == status, "\(request)")
                #expect(headers["date"]?.hasSuffix(" GMT") == true, "\(request)")
                let isLive = request.contains("main.flv") || request.contains("main.ts") || request.contains("main.mp4")
                if isLive, status == "200" {
                    #expect(headers["content-length"] == nil && headers["transfer-encoding"] == nil, "\(request)")
                }
            }
            // The connection goes on behind answers, and a body that was announced is asked for.
            let go = "GET /livez HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 2"
            #expect(try await Self.head(go, relay).0 == "HTTP/1.1 100 Continue")
            let socket = try Socket(to: relay.addresses["http"] ?? "")
            try socket.send(String(repeating: "GET /livez HTTP/1.1\r\nHost: x\r\n\r\n", count: 50))
            try socket.send("GET /livez HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
            let answers = try await String(decoding: socket.rest(), as: UTF8.self)
            #expect(answers.components(separatedBy: "HTTP/1.1 200 OK\r\n").count == 52)
            publisher.kill()
        }

        /// A player of somebody else's asks for everything with the query that the list was asked for with.
        @Test("A signed address is signed all the way down")
        func signed() async throws {
            let relay = try await RelayProcess.quick { configuration in
                configuration.more = ["http:", "  pass_query: Policy Signature"]
            }
            let publisher = try await Encoder.start(
                Sample(.h264, .aac, seconds: 20).path(),
                to: relay.publishAddress(),
                repeats: 100
            )
            try await relay.waitForPlaylist()
            let address = relay.stream("main", ".m3u8") + "?Policy=p%3D1&other=2&Signature=s~_-"
            let result = try await Program.run(
                "curl",
                ["--silent", address]
            )
            #expect(result.outputText.contains("main/hls/media.m3u8?Policy=p%3D1&Signature=s~_-"))
            let probe = try await Program.run(
                FFmpeg.probe,
                ["-loglevel", "debug", "-select_streams", "v", "-show_entries", "stream=codec_name", address]
            )
            #expect(probe.outputText.contains("codec_name=h264"))
            let opened = probe.errorText.split(separator: "\n").filter { $0.contains("Opening 'http") }
            #expect(opened.contains { $0.contains(".m4s?Policy=p%3D1&Signature=s~_-") })
            #expect(opened.contains { $0.contains("init-") && $0.contains(".mp4?Policy=p%3D1&Signature=s~_-") })
            publisher.kill()
        }
    }
}
