import Contract
import RelayServer
import Testing
import Toolkit

/// How a publisher has ended whose connection is closed without a word.
@Suite struct RTSPPublisherEndTests {
    /// One that has begun to record.
    private static func publish(_ scene: RTSPScene, by transport: String) async throws -> RTSPScene.Client {
        let client = try RTSPScene.Client(scene.address)
        let description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n"
        let type = ["Content-Type: application/sdp"]
        #expect(try await client.ask("ANNOUNCE", "?key=key", type, body: description).hasPrefix("RTSP/1.0 200"))
        let request = ["Transport: \(transport);mode=record"]
        #expect(try await client.ask("SETUP", "/x", request).hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("RECORD").hasPrefix("RTSP/1.0 200"))
        return client
    }

    @Test(
        "Whoever has paused meant to end",
        arguments: ["RTP/AVP/TCP;unicast;interleaved=0-1", "RTP/AVP;unicast;client_port=5000-5001"],
        [true, false]
    )
    func endIsToldByThePause(transport: String, pauses: Bool) async throws {
        let scene = try RTSPScene()
        let client = try await Self.publish(scene, by: transport)
        if pauses { #expect(try await client.ask("PAUSE").hasPrefix("RTSP/1.0 200")) }
        client.socket.hangUp()
        var cause: SourceLoss.Cause?
        try await scene.until {
            cause = scene.server.snapshot(now: scene.clock.read()).streams.first?.loss?.cause
            return cause != nil
        }
        #expect(cause == (pauses ? .ended : .disconnected))
    }
}
