import NIOCore
import Testing
import Toolkit
import Wire

extension RealPrograms {
    @Suite("What RTSP peers must not do")
    struct RTSPRefusals {
        private static let base = "rtsp://relay/live/main"
        private static let tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"

        /// A relay with a stream that goes on, by RTMP.
        private static func stage() async throws -> Stage {
            let relay = try await RelayProcess.withRTSP()
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            return Stage(relay: relay, publisher: publisher)
        }

        @Test("Methods out of order, foreign sessions and second sessions are refused, and the connection goes on")
        func order() async throws {
            let stage = try await Self.stage()
            let talk = try RTSPTalk(stage.relay)
            #expect(try await talk.ask("OPTIONS", "*").status == .ok)
            for method in ["PLAY", "RECORD", "PAUSE"] {
                #expect(try await talk.ask(method, Self.base).status == .methodNotValidInThisState, "\(method)")
            }
            #expect(try await talk.ask("TEARDOWN", Self.base).status == .sessionNotFound)
            #expect(try await talk.ask("DESCRIBE", Self.base).status == .ok)
            let foreign = ["Transport": Self.tcp, "Session": "0123456789abcdef"]
            #expect(try await talk.ask("SETUP", "\(Self.base)/trackID=0", foreign).status == .sessionNotFound)
            let udp = ["Transport": "RTP/SAVP;unicast;client_port=5000-5001"]
            #expect(try await talk.ask("SETUP", "\(Self.base)/trackID=0", udp).status == .unsupportedTransport)
            #expect(try await talk.ask("SETUP", "\(Self.base)/trackID=9", ["Transport": Self.tcp]).status == .notFound)
            let first = try await talk.ask("SETUP", "\(Self.base)/trackID=0", ["Transport": Self.tcp])
            #expect(first.status == .ok)
            let second = try await talk.ask("SETUP", "rtsp://relay/live/slides/trackID=0", ["Transport": Self.tcp])
            #expect(second.status == .aggregateOperationNotAllowed)
            #expect(try await talk.ask("RECORD", Self.base).status == .methodNotValidInThisState)
            #expect(try await talk.ask("PLAY", Self.base).status == .ok)
            #expect(try await talk.frame().channel <= 1)
            #expect(try await talk.ask("ANNOUNCE", Self.base, body: "v=0\r\n").status == .methodNotValidInThisState)
            #expect(try await talk.ask("GET_PARAMETER", Self.base).status == .ok)
            #expect(try await talk.ask("PAUSE", Self.base).status == .ok)
            #expect(try await talk.ask("PLAY", Self.base).status == .ok)
            #expect(try await talk.frame().channel <= 1)
            #expect(try await talk.ask("TEARDOWN", Self.base).status == .ok)
            #expect(try await talk.socket.rest().isEmpty)
        }

        @Test("A client that sends a byte at a time is served like any other")
        func slow() async throws {
            let stage = try await Self.stage()
            let talk = try RTSPTalk(stage.relay)
            let requests = [
                talk.request("DESCRIBE", Self.base), talk.request("SETUP", Self.base, ["Transport": Self.tcp]),
                talk.request("PLAY", Self.base),
            ]
            for request in requests {
                for byte in request.readableBytesView { try talk.socket.send([byte]) }
                #expect(try await talk.response().status == .ok)
            }
            #expect(try await talk.frame().channel <= 1)
        }

        @Test("Keys, tokens and addresses that are wrong are told apart")
        func addresses() async throws {
            let stage = try await Self.stage()
            let talk = try RTSPTalk(stage.relay)
            let announcement = ["Content-Type": "application/sdp"]
            let description = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=control:x\r\n"
            func announce(_ uri: String, _ body: String) async throws -> RTSPResponse {
                try await talk.ask("ANNOUNCE", uri, announcement, body: body)
            }
            let challenge = try await announce(Self.base, description)
            #expect(challenge.status == .unauthorized)
            #expect(challenge.headers.all("WWW-Authenticate").count == 3)
            #expect(try await announce("\(Self.base)?key=wrong", description).status == .unauthorized)
            #expect(try await announce("rtsp://relay/other/main?key=publish-key", description).status == .notFound)
            #expect(try await announce("\(Self.base)?key=publish-key", "v=0\r\n").status == .badRequest)
            let nothing = "v=0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 X-UNHEARD-OF/90000\r\n"
            #expect(try await announce("\(Self.base)?key=publish-key", nothing).status == .unsupportedMediaType)
            #expect(try await announce("\(Self.base)?key=publish-key", description).status == .ok)
            #expect(try await talk.ask("SETUP", "\(Self.base)/y", ["Transport": Self.tcp]).status.rawValue == 459)
            #expect(try await talk.ask("SETUP", "\(Self.base)/x", ["Transport": Self.tcp]).status == .ok)
            #expect(stage.publisher.isRunning)
        }

        @Test("What is not RTSP is answered and closed, and nobody else notices")
        func nonsense() async throws {
            let relay = try await RelayProcess.withRTSP()
            let bystander = try await Bystander(relay)
            let wrong = [
                "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "\u{3}nonsense\r\n", String(repeating: "x", count: 20_000),
                "OPTIONS * RTSP/1.0\r\nContent-Length: 99999999\r\n\r\n",
                "OPTIONS * RTSP/1.0\r\n" + String(repeating: "A: b\r\n", count: 1000),
            ]
            for text in wrong {
                let socket = try Socket(to: relay.addresses["rtsp"] ?? "")
                try? socket.send(text)
                let answer = String(decoding: (try? await socket.rest()) ?? [], as: UTF8.self)
                #expect(
                    answer.isEmpty || answer.hasPrefix("RTSP/1.0 4") || answer.hasPrefix("RTSP/1.0 505"),
                    "\(answer)"
                )
            }
            try await bystander.goesOn()
        }
    }
}
