import Linux
import RelayServer
import Sessions
import Testing
import Toolkit
import Wire

/// A session that is sent datagrams does not end with its connection (RFC 2326 section 1.1).
@Suite struct RTSPSessionLifeTests {
    /// Plays the sound of the stream to a port, and gives the session's name.
    private static func play(_ client: RTSPScene.Client, to port: UInt16) async throws -> String {
        let request = ["Transport: RTP/AVP;unicast;client_port=\(port)-\(port + 1)"]
        let answer = try await client.ask("SETUP", "/trackID=0", request)
        #expect(answer.hasPrefix("RTSP/1.0 200"), "\(answer)")
        let line = try #require(answer.split(separator: "\r\n").first { $0.hasPrefix("Session: ") })
        let name = String(line.dropFirst("Session: ".count).prefix { $0 != ";" })
        #expect(try await client.ask("PLAY", "", ["Session: \(name)"]).hasPrefix("RTSP/1.0 200"))
        return name
    }

    @Test func itOutlivesItsConnectionAndIsControlledFromAnother() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        var name = ""
        do {
            let first = try RTSPScene.Client(address)
            #expect(try await first.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            name = try await Self.play(first, to: scene.ports[2])
        }
        // The connection is gone. Requests on another keep the session, one that names it wrongly none.
        let second = try RTSPScene.Client(address)
        for method in ["GET_PARAMETER", "PAUSE", "PLAY", "OPTIONS"] {
            scene.clock.advance(50)
            let answer = try await second.ask(method, "", ["Session: \(name)"])
            #expect(answer.hasPrefix("RTSP/1.0 200") && answer.contains("Session: \(name);timeout=60"), "\(answer)")
        }
        #expect(scene.viewers == 1)
        #expect(try await second.ask("GET_PARAMETER", "", ["Session: 0000000000000000"]).hasPrefix("RTSP/1.0 454"))
        // From another host nobody has a say.
        let stranger = try RTSPScene.Client(address, from: "127.0.0.2")
        #expect(try await stranger.ask("TEARDOWN", "", ["Session: \(name)"]).hasPrefix("RTSP/1.0 454"))
        #expect(scene.viewers == 1)
        #expect(try await second.ask("TEARDOWN", "", ["Session: \(name)"]).hasPrefix("RTSP/1.0 200"))
        try await scene.until { scene.viewers == 0 }
        #expect(try await second.ask("TEARDOWN", "", ["Session: \(name)"]).hasPrefix("RTSP/1.0 454"))
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    @Test func reportsKeepItAndSilenceEndsIt() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let ears = try UDPSocket.bind(to: InternetAddress(.loopbackV4, port: scene.ports[3]))
        let held = HeldDescriptor(ears)
        do {
            let client = try RTSPScene.Client(address)
            #expect(try await client.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            _ = try await Self.play(client, to: scene.ports[2])
        }
        for _ in 0..<3 {
            scene.clock.advance(50)
            // A receiver report without blocks: RFC 3550 section 6.4.2.
            try UDPSocket.send(
                [0x80, 201, 0, 1, 0, 0, 0, 9],
                by: held,
                to: InternetAddress(.loopbackV4, port: scene.ports[1])
            )
            try await scene.settle()
            #expect(scene.viewers == 1)
        }
        // What has come is noticed when it is looked for, and may have come the moment before.
        for _ in 0..<100 where scene.viewers > 0 {
            scene.clock.advance(61)
            try await scene.settle()
            try await Task.sleep(for: .milliseconds(50))
        }
        #expect(scene.viewers == 0)
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    @Test func whoComesInNeedsItsPlaceMore() async throws {
        let scene = try RTSPScene(viewers: 1)
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        do {
            let client = try RTSPScene.Client(address)
            #expect(try await client.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
            _ = try await Self.play(client, to: scene.ports[2])
            let refused = try RTSPScene.Client(address)
            _ = try await refused.ask("SETUP", "/trackID=0", ["Transport: RTP/AVP/TCP;interleaved=0-1"])
            #expect(try await refused.ask("PLAY").hasPrefix("RTSP/1.0 453"))
        }
        let second = try RTSPScene.Client(address)
        // Its connection is gone once the relay has heard so.
        for _ in 0..<200 {
            try await scene.settle()
            _ = try await second.ask("SETUP", "/trackID=0", ["Transport: RTP/AVP/TCP;interleaved=0-1"])
            if try await second.ask("PLAY").hasPrefix("RTSP/1.0 200") { break }
        }
        #expect(scene.viewers == 1)
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    /// A connection that is closed to one session is open for the next: TEARDOWN, and PAUSE with another transport.
    @Test func aConnectionHasOneSessionAfterTheOther() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let client = try RTSPScene.Client(address)
        let tcp = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
        let udp = ["Transport: RTP/AVP;unicast;client_port=\(scene.ports[2])-\(scene.ports[3])"]
        #expect(try await client.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        for _ in 0..<2 {
            for request in [tcp, udp] {
                #expect(try await client.ask("SETUP", "/trackID=0", request).contains("RTSP/1.0 200"))
                #expect(try await client.ask("PLAY").contains("RTSP/1.0 200"))
                try await scene.until { scene.viewers == 1 }
                #expect(try await client.ask("TEARDOWN").contains("RTSP/1.0 200"))
                try await scene.until { scene.viewers == 0 }
            }
        }
        // Without a TEARDOWN, from one transport to the other and back.
        for request in [udp, tcp, udp, tcp] {
            #expect(try await client.ask("SETUP", "/trackID=0", request).contains("RTSP/1.0 200"))
            #expect(try await client.ask("PLAY").contains("RTSP/1.0 200"))
            try await scene.until { scene.viewers == 1 }
            #expect(try await client.ask("PAUSE").contains("RTSP/1.0 200"))
        }
        // And then it publishes.
        #expect(try await client.ask("TEARDOWN").contains("RTSP/1.0 200"))
        try await scene.until { scene.viewers == 0 }
        let sdp = "v=0\r\nm=audio 0 RTP/AVP 0\r\na=control:x\r\n"
        for _ in 0..<2 {
            #expect(
                try await client.ask("ANNOUNCE", "2?key=key", ["Content-Type: application/sdp"], body: sdp)
                    .contains("RTSP/1.0 200")
            )
            let request = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1;mode=record"]
            #expect(try await client.ask("SETUP", "2/x", request).contains("RTSP/1.0 200"))
            #expect(try await client.ask("RECORD", "2").contains("RTSP/1.0 200"))
            // A publisher that has paused may set its tracks up anew.
            #expect(try await client.ask("PAUSE", "2").contains("RTSP/1.0 200"))
            #expect(try await client.ask("SETUP", "2/x", request).contains("RTSP/1.0 200"))
            #expect(try await client.ask("RECORD", "2").contains("RTSP/1.0 200"))
            #expect(try await client.ask("TEARDOWN", "2").contains("RTSP/1.0 200"))
        }
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    /// PLAY and PAUSE in one read: nothing of the stream comes before the player resumes.
    @Test func aPauseThatComesWithPLAYIsKept() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let publisher = try await RTSPScene.publish(at: address)
        let client = try RTSPScene.Client(address)
        #expect(try await client.ask("DESCRIBE").hasPrefix("RTSP/1.0 200"))
        let tcp = ["Transport: RTP/AVP/TCP;unicast;interleaved=0-1"]
        #expect(try await client.ask("SETUP", "/trackID=0", tcp).hasPrefix("RTSP/1.0 200"))
        let requests = ["PLAY", "PAUSE", "OPTIONS"].enumerated().map { number, method in
            "\(method) rtsp://relay/live/main RTSP/1.0\r\nCSeq: \(100 + number)\r\n\r\n"
        }
        try client.socket.send(requests.joined())
        var heard = ""
        while !heard.contains("CSeq: 102\r\n") || !heard.hasSuffix("\r\n\r\n") { heard += try await client.answer() }
        #expect(heard.split(separator: "RTSP/1.0 200").count == 3 && !heard.contains("$"))
        try await scene.until { scene.viewers == 1 }
        // Its answer is the next that comes, with nothing of the tape before it.
        #expect(try await client.ask("GET_PARAMETER").hasPrefix("RTSP/1.0 200"))
        #expect(try await client.ask("PLAY").hasPrefix("RTSP/1.0 200"))
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }

    /// What a player sends on while its question waits stays where it is.
    @Test func aDescriptionThatIsWaitedForIsNoReasonToRead() async throws {
        let scene = try RTSPScene()
        let address = try scene.address
        let client = try RTSPScene.Client(address)
        try client.say("DESCRIBE")
        let socket = client.socket
        // More than was ever kept for a question: it was refused for that, and the connection closed.
        let sending = Task.detached { try? socket.send([UInt8](repeating: UInt8(ascii: "\n"), count: 8 << 20)) }
        // Turns enough for a relay that reads to read all of it.
        try await scene.settle(turns: 300)
        let publisher = try await RTSPScene.publish(at: address)
        let answer = try await client.answer()
        #expect(answer.hasPrefix("RTSP/1.0 200"), "\(answer)")
        _ = await sending.value
        withExtendedLifetime(publisher) {}
        await scene.server.drain()
    }
}
