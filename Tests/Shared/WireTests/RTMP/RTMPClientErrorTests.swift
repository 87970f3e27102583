import NIOCore
import Testing
import Wire

/// What a server may not say to our client.
@Suite struct RTMPClientErrorTests {
    private static func client() throws -> RTMPClientSession {
        let configuration = try #require(RTMPClientConfiguration(role: .play, url: "rtmp://host/live/main"))
        return RTMPClientSession(configuration: configuration, nonce: 3)
    }

    private static let handshake = ByteBuffer(bytes: [3] + [UInt8](repeating: 0, count: 2 * 1536))

    @Test func anotherVersion() throws {
        var client = try Self.client()
        #expect(throws: RTMPError(.unsupportedVersion(6), at: 0)) { _ = try client.receive(ByteBuffer(bytes: [6])) }
    }

    @Test(arguments: [
        (RTMPMessageType.userControl, "00", RTMPError.Reason.truncatedMessage(.userControl)),
        (.aggregate, "08 0000FF 000064 00 000000 AF01", .truncatedMessage(.aggregate)),
        (.windowAcknowledgementSize, "0000", .truncatedMessage(.windowAcknowledgementSize)),
    ])
    func messagesCutShort(_ type: RTMPMessageType, _ payload: String, _ reason: RTMPError.Reason) throws {
        var client = try Self.client()
        _ = try client.receive(Self.handshake)
        var bytes = ByteBuffer()
        RTMPChunkEncoder().write(RTMPMessage(type: type, payload: hex(payload)), into: &bytes)
        #expect { _ = try client.receive(bytes) } throws: { error in (error as? RTMPError)?.reason == reason }
    }
}
