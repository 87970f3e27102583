import Foundation
import Testing
import Toolkit

/// What a player says behind PLAY at once comes while its connection moves to where media are sent from.
@Suite struct RTSPDepartureTests {
    private static let transport = "Transport: RTP/AVP/TCP;unicast;interleaved=0-1"

    /// Sets a track up and says more in the same breath.
    private static func player(
        _ scene: RTSPScene,
        saying requests: [(method: String, track: String, headers: [String])]
    ) async throws -> RTSPScene.Client {
        let client = try RTSPScene.Client(try scene.address)
        #expect(try await client.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("SETUP", "/trackID=0", [Self.transport]).hasPrefix("RTSP/1.0 200"))
        let text = requests.enumerated().map { index, request in
            let lines = ["\(request.method) rtsp://relay/live/main\(request.track) RTSP/1.0", "CSeq: \(100 + index)"]
            return (lines + request.headers).joined(separator: "\r\n") + "\r\n\r\n"
        }
        try client.socket.send(text.joined())
        return client
    }

    /// What comes up to a text.
    private static func read(_ client: RTSPScene.Client, to text: String) async throws -> String {
        var all = ""
        while !all.contains(text) {
            let bytes = try await client.socket.receive()
            try #require(!bytes.isEmpty, "\(all)")
            all += String(decoding: bytes, as: UTF8.self)
        }
        return all
    }

    @Test func whoSetsUpAnewAfterAPauseIsAnsweredAndPlaysOn() async throws {
        let scene = try RTSPScene()
        let publisher = try await RTSPScene.publish(at: scene.address)
        let client = try await Self.player(
            scene,
            saying: [("PLAY", "", []), ("PAUSE", "", []), ("SETUP", "/trackID=0", [Self.transport])]
        )
        let answers = try await Self.read(client, to: "CSeq: 102\r\n")
        #expect(answers.components(separatedBy: "RTSP/1.0 200 OK").count == 4, "\(answers)")
        try client.say("PLAY")
        _ = try await Self.read(client, to: "RTP-Info")
        try await RTSPScene.send(200..<300, to: publisher)
        _ = try await Self.read(client, to: "$")
        #expect(scene.viewers == 1)
    }

    @Test func aQuestionAboutAnotherSessionIsAnsweredAndMediaCome() async throws {
        let scene = try RTSPScene()
        let publisher = try await RTSPScene.publish(at: scene.address)
        let requests = [
            ("PLAY", "", []), ("GET_PARAMETER", "", []), ("GET_PARAMETER", "", ["Session: 0123456789abcdef"]),
            ("OPTIONS", "", []),
        ]
        let client = try await Self.player(scene, saying: requests)
        let answers = try await Self.read(client, to: "CSeq: 103\r\n")
        #expect(answers.contains("RTSP/1.0 454"), "\(answers)")
        #expect(answers.components(separatedBy: "RTSP/1.0 200 OK").count == 4, "\(answers)")
        try await RTSPScene.send(200..<300, to: publisher)
        _ = try await Self.read(client, to: "$")
        #expect(scene.viewers == 1)
    }
}
