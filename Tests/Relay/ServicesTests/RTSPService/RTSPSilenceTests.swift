import Contract
import Linux
import Logging
import NIOCore
import RelayServer
import Sessions
import Streams
import Synchronization
import Testing
import Toolkit
import Wire

/// A whole relay whose viewers' silence is told by a clock that is set by hand.
@Suite struct RTSPSilenceTests {
    @Test func aViewerOfDatagramsThatFallsSilentIsEndedAndToldSo() async throws {
        let scene = try RTSPScene()
        let (clock, ports, server) = (scene.clock, scene.ports, scene.server)
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let ears = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: ports[3]))
        let viewer = try RTSPScene.Client(address)
        #expect(try await viewer.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        let request = ["Transport: RTP/AVP;unicast;client_port=\(ports[2])-\(ports[3])"]
        #expect(try await viewer.ask("SETUP", "/trackID=0", request).contains("server_port=\(ports[0])-\(ports[1])"))
        #expect(try await viewer.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        // Each word from it counts.
        for _ in 0..<3 {
            clock.advance(50)
            #expect(try await viewer.ask("OPTIONS").hasPrefix("RTSP/1.0 200"))
        }
        #expect(server.snapshot(now: clock.read()).streams.first?.viewers == 1)
        clock.advance(61)
        #expect(try await viewer.socket.rest().isEmpty)
        #expect(try Self.hearsGoodbye(ears))
        // The goodbye comes a moment before it is counted.
        try await scene.until { scene.viewers == 0 }
        withExtendedLifetime(publisher) {}
        await server.drain()
    }

    /// Whether among the reports is one that says that nothing more comes.
    private static func hearsGoodbye(_ socket: borrowing OwnedDescriptor) throws -> Bool {
        var poller = try Poller.make()
        try poller.add(socket, token: 0, for: .readable)
        while true {
            var buffer = [UInt8](repeating: 0, count: 2048)
            switch try TCPSocket.receive(into: &buffer, from: socket) {
            case .transferred(let size):
                let (packets, isWellFormed) = RTCPPacket.read(ByteBuffer(bytes: buffer.prefix(size)))
                #expect(isWellFormed)
                if packets.contains(where: { if case .goodbye = $0 { true } else { false } }) { return true }
            case .wouldBlock: guard try poller.wait(for: .seconds(30)) > 0 else { return false }
            case .endOfStream: return false
            }
        }
    }
}
