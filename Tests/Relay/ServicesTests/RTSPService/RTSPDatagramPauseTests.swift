import Linux
import RelayServer
import Testing
import Toolkit

/// PAUSE of a player that is sent datagrams: what it is not sent is measured by a player beside it that is.
@Suite(.ownThread) struct RTSPDatagramPauseTests {
    /// A player's port of RTP.
    private final class Ears {
        private let socket: OwnedDescriptor
        private var poller: Poller

        init(port: UInt16) throws {
            let socket = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: port))
            let poller = try Poller.make(capacity: 1)
            try poller.add(socket, token: 0, for: .readable)
            self.socket = socket
            self.poller = poller
        }

        /// Sequence numbers of what has come already.
        func heard() throws -> [UInt16] {
            var bytes = [UInt8](repeating: 0, count: 65_536)
            var numbers: [UInt16] = []
            while let received = try UDPSocket.receive(into: &bytes, from: self.socket) {
                #expect(received.bytes >= 12)
                numbers.append(UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
            }
            return numbers
        }

        /// As many as are asked for; fewer where they do not come within a minute.
        func wait(for count: Int) throws -> [UInt16] {
            var numbers = try self.heard()
            let end = ContinuousClock.now + .seconds(60)
            while numbers.count < count, ContinuousClock.now < end {
                _ = try self.poller.wait(for: .seconds(1))
                numbers += try self.heard()
            }
            return numbers
        }
    }

    /// Packets at a time: fewer than a socket has room for.
    private static let burst = 60

    private static func send(from first: Int, to publisher: RTSPScene.Client) async throws {
        try await RTSPScene.send(first..<first + Self.burst, to: publisher)
    }

    private static func request(_ port: UInt16) -> [String] {
        ["Transport: RTP/AVP;unicast;client_port=\(port)-\(port + 1)"]
    }

    @Test func whoPausesIsSentNothingUntilItPlaysOn() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let paused = try Ears(port: scene.ports[2])
        let other = try Ears(port: scene.ports[4])
        let (client, witness) = (try RTSPScene.Client(address), try RTSPScene.Client(address))
        for (one, port) in [(client, scene.ports[2]), (witness, scene.ports[4])] {
            #expect(try await one.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            #expect(try await one.ask("SETUP", "/trackID=0", Self.request(port)).hasPrefix("RTSP/1.0 200"))
            #expect(try await one.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        }
        try await Self.send(from: 200, to: publisher)
        #expect(try other.wait(for: Self.burst).count >= Self.burst)
        #expect(try paused.wait(for: Self.burst).count >= Self.burst)
        for round in 0..<2 {
            let first = 400 + round * 400
            #expect(try await client.ask("PAUSE").hasPrefix("RTSP/1.0 200"))
            // What was under way has come when the engine has ended its part.
            try await scene.settle()
            try await Self.send(from: first, to: publisher)
            #expect(try other.wait(for: Self.burst).count >= Self.burst)
            let late = try paused.heard()
            #expect(late.count < Self.burst, "\(late.count)")
            try await Self.send(from: first + Self.burst, to: publisher)
            #expect(try other.wait(for: Self.burst).count >= Self.burst)
            #expect(try paused.heard() == [])
            #expect(scene.viewers == 2)
            #expect(try await client.ask("PLAY").hasPrefix("RTSP/1.0 200"))
            #expect(try paused.wait(for: 1).isEmpty == false)
        }
        #expect(try await client.ask("TEARDOWN").hasPrefix("RTSP/1.0 200"))
        try await scene.until { scene.viewers == 1 }
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    /// PLAY and PAUSE in one read: the pause is kept.
    @Test func aPauseThatComesWithPLAYIsKept() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let paused = try Ears(port: scene.ports[2])
        let other = try Ears(port: scene.ports[4])
        let (client, witness) = (try RTSPScene.Client(address), try RTSPScene.Client(address))
        for (one, port) in [(client, scene.ports[2]), (witness, scene.ports[4])] {
            #expect(try await one.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            #expect(try await one.ask("SETUP", "/trackID=0", Self.request(port)).hasPrefix("RTSP/1.0 200"))
        }
        #expect(try await witness.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        let requests = ["PLAY", "PAUSE", "OPTIONS"].enumerated().map { number, method in
            "\(method) rtsp://relay/live/main RTSP/1.0\r\nCSeq: \(100 + number)\r\n\r\n"
        }
        try client.socket.send(requests.joined())
        var heard = ""
        while !heard.contains("CSeq: 102\r\n") || !heard.hasSuffix("\r\n\r\n") { heard += try await client.answer() }
        #expect(heard.split(separator: "RTSP/1.0 200").count == 3)
        try await Self.send(from: 200, to: publisher)
        #expect(try other.wait(for: Self.burst).count >= Self.burst)
        // What was sent between the two requests may have come, and what the engine sent before it had heard of the second;
        // after that there is nothing.
        var (number, late) = (400, try paused.heard())
        repeat {
            try await Self.send(from: number, to: publisher)
            #expect(try other.wait(for: Self.burst).count >= Self.burst)
            number += Self.burst
            late = try paused.heard()
        } while !late.isEmpty && number < 1000
        #expect(late == [])
        #expect(try await client.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        try await Self.send(from: number, to: publisher)
        #expect(try paused.wait(for: Self.burst).count >= Self.burst)
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }
}
