import Foundation
import Glibc
import NIOCore
import Testing
import Toolkit
import Wire

extension RealPrograms {
    @Suite("What RTSP sessions hold and give back")
    struct RTSPSessions {
        private static let udp = "RTP/AVP;unicast;client_port=5000-5001;mode=record"

        private static func announce(_ stream: String, _ talk: RTSPTalk) async throws -> RTSPResponse {
            let description = "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n"
            let uri = "rtsp://relay/live/\(stream)?key=publish-key"
            return try await talk.ask("ANNOUNCE", uri, ["Content-Type": "application/sdp"], body: description)
        }

        private static func setUp(_ stream: String, _ talk: RTSPTalk) async throws -> RTSPStatus {
            try await talk.ask("SETUP", "rtsp://relay/live/\(stream)/x", ["Transport": Self.udp]).status
        }

        @Test("TEARDOWN gives ports back")
        func ports() async throws {
            let ports = try FreePorts.take(4)
            let relay = try await RelayProcess.withRTSP { $0.datagramPorts = "\(ports[0])-\(ports[3])" }
            let talks = try (0..<3).map { _ in try RTSPTalk(relay) }
            for (number, talk) in talks.enumerated() {
                #expect(try await Self.announce("s\(number)", talk).status == .ok)
            }
            #expect(try await Self.setUp("s0", talks[0]) == .ok)
            #expect(try await Self.setUp("s1", talks[1]) == .ok)
            #expect(try await Self.setUp("s2", talks[2]) == .unsupportedTransport)
            try await relay.program.line(containing: "All UDP ports of listen.udp")
            #expect(try await talks[0].ask("TEARDOWN", "rtsp://relay/live/s0").status == .ok)
            #expect(try await Self.setUp("s2", talks[2]) == .ok)
        }

        @Test("TEARDOWN gives a viewer's place back", arguments: RTSPWay.allCases)
        func places(_ way: RTSPWay) async throws {
            let relay = try await RelayProcess.withRTSP { $0.limits["viewers"] = "1" }
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let base = "rtsp://relay/live/main"
            let tcp = "RTP/AVP/TCP;unicast;interleaved=0-1"
            let wish = ["Transport": way == .tcp ? tcp : "RTP/AVP;unicast;client_port=5000-5001"]
            func play(_ talk: RTSPTalk) async throws -> RTSPStatus {
                #expect(try await talk.ask("SETUP", "\(base)/trackID=0", wish).status == .ok)
                return try await talk.ask("PLAY", base).status
            }
            let first = try RTSPTalk(relay)
            #expect(try await play(first) == .ok)
            #expect(try await play(RTSPTalk(relay)) == .notEnoughBandwidth)
            #expect(try await first.ask("TEARDOWN", base).status == .ok)
            #expect(try await first.ask("OPTIONS", base).status == .ok)
            try await relay.program.line(containing: "viewer left")
            #expect(try await play(RTSPTalk(relay)) == .ok)
            withExtendedLifetime(publisher) {}
        }

        @Test("GStreamer publishes MPEG-TS in RTP")
        func transportStream() async throws {
            let relay = try await RelayProcess.withRTSP()
            let words = [
                "videotestsrc is-live=true ! video/x-raw,width=320,height=180,framerate=30/1",
                "! x264enc tune=zerolatency speed-preset=ultrafast key-int-max=30 ! h264parse ! queue ! mux.",
                "audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! avenc_aac ! queue ! mux.",
                "mpegtsmux name=mux ! rtspclientsink protocols=tcp",
                "location=\"\(relay.rtspAddress(key: "publish-key"))\"",
            ].joined(separator: " ")
            let publisher = try Program.start(
                "sh",
                ["-c", "exec gst-launch-1.0 \(words.replacingOccurrences(of: "!", with: "'!'"))"]
            )
            try await relay.expectLive(codecs: ["h264", "aac"])
            #expect(publisher.isRunning, "\(publisher.lastWords)")
        }

        @Test("A relay that ends says goodbye for its sources over the connection")
        func goodbye() async throws {
            let relay = try await RelayProcess.withRTSP()
            let publisher = try Encoder.start(try await Sample().path(), to: relay.publishAddress(), repeats: 1000)
            try await relay.expectLive(codecs: ["h264", "aac"])
            let talk = try RTSPTalk(relay)
            for track in 0...1 {
                let wish = ["Transport": "RTP/AVP/TCP;unicast;interleaved=\(2 * track)-\(2 * track + 1)"]
                #expect(try await talk.ask("SETUP", "rtsp://relay/live/main/trackID=\(track)", wish).status == .ok)
            }
            #expect(try await talk.ask("PLAY", "rtsp://relay/live/main").status == .ok)
            relay.program.signal(SIGTERM)
            var (sources, gone): (Set<UInt32>, Set<UInt32>) = ([], [])
            do {
                while true {
                    let frame = try await talk.frame()
                    guard frame.channel % 2 == 1 else { continue }
                    for packet in RTCPPacket.read(frame.payload).0 {
                        if case .senderReport(let report) = packet { sources.insert(report.source) }
                        if case .goodbye(let left) = packet { gone.formUnion(left) }
                    }
                }
            } catch is RTSPTalk.HungUp {}
            #expect(gone.count == 2 && gone == sources)
            withExtendedLifetime(publisher) {}
        }
    }
}
