import Contract
import NIOCore
import RelayServer
import Testing
import Toolkit

/// A publisher by RTSP whose picture has many packets and a slow line.
@Suite struct RTSPSlowPictureTests {
    private static let description = """
        v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=video 0 RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\n\
        a=fmtp:96 packetization-mode=1;sprop-parameter-sets=Z0LADNoFB+hAAAADAEAAAAyjxQqo,aM4PyA==\r\na=control:x\r\n
        """

    private static func publish(at address: ListenAddress) async throws -> RTSPScene.Client {
        let client = try RTSPScene.Client(address)
        let type = ["Content-Type: application/sdp"]
        let announced = try await client.ask("ANNOUNCE", "?key=key", type, body: Self.description)
        #expect(announced.hasPrefix("RTSP/1.0 200"), "\(announced)")
        let request = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"]
        #expect(try await client.ask("SETUP", "/x", request).hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("RECORD").hasPrefix("RTSP/1.0 200"))
        return client
    }

    /// An interleaved packet (RFC 2326 section 10.12) of a NAL unit or of a fragment of one.
    private static func packet(_ number: UInt16, at time: UInt32, marker: Bool = false, _ payload: [UInt8]) -> [UInt8] {
        var bytes = ByteBuffer()
        bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(12 + payload.count), UInt8(0x80))
        bytes.writeMultipleIntegers(UInt8(marker ? 0xE0 : 0x60), number, time, UInt32(7))
        bytes.writeBytes(payload)
        return Array(bytes.readableBytesView)
    }

    /// A sender report on the second channel.
    private static let report: [UInt8] =
        [UInt8(ascii: "$"), 1, 0, 28, 0x80, 200, 0, 6, 0, 0, 0, 7] + [UInt8](repeating: 0, count: 20)

    @Test func fragmentsAreHeardAndKeepAlivesAreNot() async throws {
        let scene = try RTSPScene()
        let publisher = try await Self.publish(at: scene.address)
        func source() -> SourceSnapshot? { scene.server.snapshot(now: scene.clock.read()).streams.first?.source }
        try publisher.socket.send(Self.packet(1, at: 0, marker: true, [0x65, 0x88, 0x01]))
        try await scene.until { source()?.lastHeard != nil }
        #expect(source()?.pictureArriving == nil)
        // The first fragment of an IDR picture (RFC 6184 section 5.8), and one from its midst.
        try publisher.socket.send(Self.packet(2, at: 3600, [0x7C, 0x85, 0x88, 0x01]))
        try await scene.until { source()?.pictureArriving != nil }
        let first = try #require(source())
        try await Task.sleep(for: .milliseconds(2))
        try publisher.socket.send(Self.packet(3, at: 3600, [0x7C, 0x05, 0x02]))
        try await scene.until { source()?.pictureArriving != first.pictureArriving }
        let second = try #require(source())
        #expect(second.lastHeard == first.lastHeard)
        #expect(try #require(second.pictureArriving) > #require(first.pictureArriving))

        for method in ["OPTIONS", "GET_PARAMETER", "OPTIONS"] {
            try publisher.socket.send(Self.report)
            #expect(try await publisher.ask(method).contains("RTSP/1.0 "))
        }
        let kept = try #require(source())
        #expect(kept.lastHeard == second.lastHeard && kept.pictureArriving == second.pictureArriving)

        try publisher.socket.send(Self.packet(4, at: 3600, marker: true, [0x7C, 0x45, 0x03]))
        try await scene.until { source()?.pictureArriving == nil }
        #expect(source()?.lastHeard != second.lastHeard)
        await scene.server.drain()
    }
}
