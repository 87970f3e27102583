import Contract
import Endpoints
import Linux
import Logging
import NIOCore
import Relay
import Synchronization
import Testing
import Toolkit
import Wire

/// A whole relay whose viewers' silence is told by a clock that is set by hand.
@Suite struct RTSPSilenceTests {
    private final class HandClock: Sendable {
        private let seconds = Mutex(Int64(1000))

        func read() -> Now {
            let seconds = self.seconds.withLock { $0 }
            return Now(monotonic: seconds * 1_000_000, wall: seconds * 1_000_000)
        }

        func advance(_ seconds: Int64) { self.seconds.withLock { $0 += seconds } }
    }

    /// An RTSP client, answer by answer.
    private final class Client {
        let socket: Socket
        private var number = 0
        private let base = "rtsp://relay/live/main"

        init(_ address: ListenAddress) throws {
            self.socket = try Socket(to: address.description)
        }

        /// The status line and the headers of what a request is answered.
        func ask(_ method: String, _ track: String = "", _ headers: [String] = [], body: String = "") async throws
            -> String
        {
            self.number += 1
            let lines = ["\(method) \(self.base)\(track) RTSP/1.0", "CSeq: \(self.number)"] + headers
            let length = body.isEmpty ? "" : "Content-Length: \(body.utf8.count)\r\n"
            try self.socket.send(lines.joined(separator: "\r\n") + "\r\n" + length + "\r\n" + body)
            var answer = ""
            while !answer.contains("\r\n\r\n") {
                let bytes = try await self.socket.receive()
                guard !bytes.isEmpty else { return answer }
                answer += String(decoding: bytes, as: UTF8.self)
            }
            return answer
        }
    }

    /// Sound by G.711, of which every packet is a unit.
    private static func publish(at address: ListenAddress) async throws -> Client {
        let client = try Client(address)
        let description = "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n"
        let announced = try await client.ask(
            "ANNOUNCE",
            "?key=key",
            ["Content-Type: application/sdp"],
            body: description
        )
        #expect(announced.hasPrefix("RTSP/1.0 200"), "\(announced)")
        let wish = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"]
        #expect(try await client.ask("SETUP", "/x", wish).hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("RECORD").hasPrefix("RTSP/1.0 200"))
        var bytes = ByteBuffer()
        for number in 0..<200 {
            bytes.writeMultipleIntegers(UInt8(ascii: "$"), UInt8(0), UInt16(172), UInt16(0x8000), UInt16(number))
            bytes.writeMultipleIntegers(UInt32(number * 160), UInt32(7))
            bytes.writeRepeatingByte(0xFF, count: 160)
        }
        try client.socket.send(bytes.readableBytesView)
        return client
    }

    @Test func aViewerOfDatagramsThatFallsSilentIsEndedAndToldSo() async throws {
        let clock = HandClock()
        let ports = try FreePorts.take(4)
        var launch = try RelayServer.Launch(
            spec: RelaySpec(name: RelayName("live"), publishKey: Secret("key")),
            listen: ListenSpec(rtsp: ListenAddress("127.0.0.1:0"), udp: PortRange(first: ports[0], last: ports[1])),
            threads: 1,
            log: Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
        )
        launch.clock = clock.read
        // A machine that is busy with other tests keeps the two of them waiting.
        launch.timeouts.decision = .hours(1)
        launch.timeouts.silence = .hours(1)
        let server = try RelayServer(launch)
        let address = try #require(server.listening.rtsp)
        let publisher = try await Self.publish(at: address)
        let ears = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: ports[3]))
        let viewer = try Client(address)
        #expect(try await viewer.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        let wish = ["Transport: RTP/AVP;unicast;client_port=\(ports[2])-\(ports[3])"]
        #expect(try await viewer.ask("SETUP", "/trackID=0", wish).contains("server_port=\(ports[0])-\(ports[1])"))
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
        #expect(server.snapshot(now: clock.read()).streams.first?.viewers == 0)
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
