import Foundation
import Testing
import Toolkit

extension HostTests {
    @Test("SRT goes in and out of a container that has no network")
    func srt() async throws {
        let port = try FreePorts.take(1)[0]
        let away = try FreePorts.take(1)[0]
        let host = try await HostUnderTest.start([
            HostUnderTest.relay("live", "srt: { listen: '127.0.0.1:\(port)' }"),
            HostUnderTest.relay(
                "room",
                "srt: { listen: '127.0.0.1:\(away)' }",
                "streams: { main: { srt: { call: 'localhost:\(port)', streamid: 'read:live/main' } } }"
            ),
            // It is called by nobody, and has given up naming those to whom it sends.
            HostUnderTest.relay(
                "hall",
                "streams: { main: { srt: { call: 'localhost:\(port)', streamid: 'read:live/main' } } }"
            ),
        ])
        let source = try await Sample(.h264, .aac, container: "ts").path()
        let publisher = try Program.start(
            FFmpeg.system,
            ["-hide_banner", "-nostdin", "-loglevel", "error", "-re", "-stream_loop", "-1", "-i", source, "-c", "copy"]
                + [
                    "-f", "mpegts", "-srt_streamid", "publish:live/main:\(HostUnderTest.key)",
                    "srt://127.0.0.1:\(port)",
                ]
        )
        for path in ["live/main", "room/main", "hall/main"] {
            _ = try await HTTP.get(host.page("health/\(path)")) { $0.text.contains("\"live\"") }
        }
        let frames = try await DecodedFrame.all(
            of: "srt://127.0.0.1:\(away)",
            options: ["-srt_streamid", "read:room/main", "-t", "2"],
            isStrict: false,
            deadline: .seconds(60)
        )
        #expect(frames.count >= 45)
        #expect(publisher.isRunning)
    }
}
