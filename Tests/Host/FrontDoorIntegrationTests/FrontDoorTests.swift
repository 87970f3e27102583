import Contract
import FrontDoor
import FrontDoorToolkit
import Testing
import Toolkit

@Suite struct FrontDoorTests {
    private static let request = "GET /live/main.flv HTTP/1.1\r\nHost: here\r\n\r\n"

    @Test func anHTTPRequestIsHandedOverUnread() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.http)
        try client.send(Self.request)
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.stage == .http)
        #expect(guest.handover.peer.hasPrefix("127.0.0.1:"))
        #expect(!guest.handover.isSecure)
        #expect(guest.payload.isEmpty)
        #expect(try guest.pending() == Array(Self.request.utf8))
        try guest.send("hello")
        #expect(try await client.receive() == Array("hello".utf8))
        try await entrance.counts("the hand-over") { $0.handedOver == [.http: 1] && $0.undecided == 0 }
    }

    @Test func aLineInPiecesIsWaitedFor() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.http)
        for piece in ["G", "ET /li", "ve/x.ts HT", "TP/1.1\r"] { try client.send(piece) }
        try await entrance.counts("the connection") { $0.undecided == 1 }
        #expect(entrance.reception.observed.state.offers == 0)
        try client.send("\n")
        let guest = try await entrance.reception.delivered()[0]
        #expect(try guest.pending() == Array("GET /live/x.ts HTTP/1.1\r\n".utf8))
    }

    @Test(arguments: ["/", "/livez", "/api/v1/relays", "/other/main", "/health/live"])
    func everythingElseIsForTheHost(path: String) async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.http)
        try client.send("GET \(path) HTTP/1.1\r\n\r\n")
        let guest = try await entrance.reception.received()[0]
        #expect(try guest.pending().starts(with: Array("GET \(path)".utf8)))
        #expect(entrance.reception.observed.state.delivered.isEmpty)
    }

    @Test func whatIsNotHTTPIsAnswered() async throws {
        let entrance = try Entrance()
        let garbage = try Socket(to: entrance.http)
        try garbage.send([0x16, 3, 1, 2, 0])
        #expect(try await String(decoding: garbage.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 400 "))
        let long = try Socket(to: entrance.http)
        try long.send("GET /\(String(repeating: "a", count: 9000))")
        #expect(try await String(decoding: long.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 414 "))
        try await entrance.counts("both") { $0.refusals == [.malformed: 2] }
    }

    @Test func whoIsTooSlowIsSentAway() async throws {
        var limits = FrontDoorLimits()
        limits.head = .milliseconds(100)
        limits.decision = .milliseconds(100)
        let entrance = try Entrance(limits: limits)
        let slow = try Socket(to: entrance.http)
        try slow.send("GET /li")
        #expect(try await String(decoding: slow.rest(), as: UTF8.self).hasPrefix("HTTP/1.1 408 "))
        let silent = try Socket(to: entrance.http)
        #expect(try await silent.rest().isEmpty)
        let publisher = try Socket(to: entrance.rtmp)
        try publisher.send(RTMPBytes.handshake)
        #expect(try await publisher.rest().count == 3073)
        try await entrance.counts("all three") { $0.refusals == [.slow: 3] && $0.undecided == 0 }
    }

    @Test func aProbeIsNoError() async throws {
        let entrance = try Entrance()
        for address in [entrance.http, entrance.rtmp] { try Socket(to: address).hangUp() }
        try await entrance.counts("both") { $0.accepted == [.http: 1, .rtmp: 1] && $0.undecided == 0 }
        #expect(entrance.door.snapshot.refusals.isEmpty)
    }

    @Test func anRTMPConnectionIsHandedOverWithItsBytes() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.rtmp)
        try client.send(RTMPBytes.handshake)
        var greeting: [UInt8] = []
        while greeting.count < 3073 { greeting += try await client.receive() }
        let connect = RTMPBytes.message(RTMPBytes.connect(app: "live"))
        try client.send(connect)
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.stage == .rtmp)
        #expect(guest.payload == connect)
        try client.send("more")
        try guest.send("answer")
        #expect(try await client.receive() == Array("answer".utf8))
        #expect(try guest.pending() == Array("more".utf8))
    }

    @Test func aPublisherThatDoesNotWaitLosesNothing() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.rtmp)
        let rest = RTMPBytes.message(RTMPBytes.connect(app: "live")) + [UInt8](repeating: 7, count: 30_000)
        try client.send(RTMPBytes.handshake + rest)
        let guest = try await entrance.reception.delivered()[0]
        client.finish()
        var got = guest.payload
        while got.count < rest.count { got += try guest.pending() }
        #expect(got == rest)
        #expect(guest.payload.count <= ControlLimits.payload)
    }

    @Test func anRTSPConnectionIsHandedOverWithItsBytes() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.rtsp)
        try client.send("OPTIONS * RTSP/1.0\r\nCSeq: 1\r\n\r\n")
        #expect(try await String(decoding: client.receive(), as: UTF8.self).hasPrefix("RTSP/1.0 200 OK\r\nCSeq: 1\r\n"))
        let describe = "DESCRIBE rtsp://door/live/main RTSP/1.0\r\nCSeq: 2\r\n\r\n"
        try client.send(describe)
        let guest = try await entrance.reception.delivered()[0]
        #expect(guest.handover.stage == .rtsp)
        #expect(describe.hasPrefix(String(decoding: guest.payload, as: UTF8.self)))
        try guest.send("answer")
        #expect(try await client.receive() == Array("answer".utf8))
        let stranger = try Socket(to: entrance.rtsp)
        try stranger.send("DESCRIBE rtsp://door/other/main RTSP/1.0\r\nCSeq: 7\r\n\r\n")
        let said = try await String(decoding: stranger.rest(), as: UTF8.self)
        #expect(said.hasPrefix("RTSP/1.0 404 There is no relay 'ot...' (5 characters) here.\r\nCSeq: 7\r\n"))
        try await entrance.counts("it") { $0.refusals == [.unknownRelay: 1] }
    }

    @Test func anUnknownRelayIsRefusedWithASentence() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.rtmp)
        try client.send(RTMPBytes.handshake + RTMPBytes.message(RTMPBytes.connect(app: "other")))
        // A message of more than 128 bytes goes in chunks, with a byte before each that is no text.
        let said = try await String(decoding: client.rest(), as: UTF8.self).replacing("\u{fffd}", with: "")
        #expect(said.contains("NetConnection.Connect.Rejected"))
        #expect(said.contains("There is no relay 'ot...' (5 characters) here."))
        try await entrance.counts("it") { $0.refusals == [.unknownRelay: 1] }
    }

    @Test func aListenerMovesAndCloses() async throws {
        let entrance = try Entrance()
        let moved = try entrance.door.listen(.http, on: [ListenAddress(entrance.http)])[0]
        #expect(moved.description == entrance.http, "the port it had is free again")
        entrance.door.stopListening(.http)
        #expect(throws: SocketError.self) { try Socket(to: entrance.http) }
        let taken = try ListenAddress(entrance.rtmp)
        #expect(throws: (any Error).self) { try entrance.door.listen(.http, on: [taken]) }
    }

    @Test func aConnectionComesBackAndGoesToWhomItIsFor() async throws {
        let entrance = try Entrance()
        let client = try Socket(to: entrance.http)
        try client.send(Self.request)
        let first = try await entrance.reception.delivered()[0]
        #expect(try first.pending() == Array(Self.request.utf8))

        // Its next request is for the host; the relay has read half of it.
        try client.send(" HTTP/1.1\r\nHost: here\r\n\r\n")
        let half = Array("GET /livez".utf8)
        first.giveBack(to: entrance.door, payload: half)
        let second = try await entrance.reception.received()[0]
        #expect(second.payload == half)
        #expect(second.handover == first.handover)
        #expect(try second.pending() == Array(" HTTP/1.1\r\nHost: here\r\n\r\n".utf8))

        // And once more, with all of the request in hand and nothing in the socket.
        second.giveBack(to: entrance.door, payload: Array(Self.request.utf8))
        #expect(try await entrance.reception.delivered(2)[1].payload == Array(Self.request.utf8))
        #expect(entrance.door.snapshot.readmitted == 2)
    }

    @Test func whoComesBackWhenEveryPlaceIsTakenIsCountedAndTold() async throws {
        let (log, lines) = RememberedLog.make()
        let elsewhere = Observed(0)
        let entrance = try Entrance(log: log) { elsewhere.state }
        let client = try Socket(to: entrance.http)
        try client.send(Self.request)
        let given = try await entrance.reception.delivered()[0]
        elsewhere.change { $0 = FrontDoorLimits().total }
        given.giveBack(to: entrance.door, payload: Array("GET /livez".utf8))
        try await entrance.counts("the one that came back") { $0.refusals == [.total: 1] }
        try await lines.wait(for: "a line of it") { $0.contains { $0.contains("gave back goes over the limits") } }
    }
}
