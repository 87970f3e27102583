import NIOCore
import Testing
import Wire

/// PAUSE leads back to Ready, and TEARDOWN to the beginning (RFC 2326 appendix A.2).
@Suite struct RTSPPauseTests {
    private static let base = RTSPPeer.base
    private static let session = ["Session": "0000000000001234"]

    /// Two tracks by UDP, playing and then paused.
    private static func paused() throws -> RTSPPeer {
        var peer = RTSPPeer()
        for track in 0..<2 {
            try peer.setup(
                "trackID=\(track)",
                "RTP/AVP/UDP;unicast;client_port=\(5000 + 2 * track)-\(5001 + 2 * track)"
            )
        }
        try peer.ask("PLAY", Self.base)
        _ = try peer.answer { $0.acceptPlay() }
        #expect(try peer.ask("PAUSE", Self.base, Self.session).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.play, .pause(true)])
        return peer
    }

    /// As ffmpeg does when no datagram comes through, which leaves the Session header out.
    @Test func aPausedViewerGoesOverToTCP() throws {
        var peer = try Self.paused()
        for track in 0..<2 {
            let transport = "RTP/AVP/TCP;unicast;interleaved=\(2 * track)-\(2 * track + 1)"
            let answer = try peer.setup("trackID=\(track)", transport)
            #expect(answer.map(\.status) == [.ok])
            #expect(answer[0].headers["Session"] == "0000000000001234;timeout=60")
        }
        #expect(peer.server.setups.values.allSatisfy { $0.lower == .tcp } && peer.server.setups.count == 2)
        try peer.ask("PLAY", Self.base, Self.session)
        #expect(peer.takeEvents() == [.play])
        #expect(try peer.answer { $0.acceptPlay() }.map(\.status) == [.ok])
    }

    @Test func aPausedPublisherSetsItsTracksUpAnew() throws {
        var peer = try RTSPPeer.recording()
        #expect(try peer.ask("PAUSE", Self.base, Self.session).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(true)])
        for track in 0..<2 {
            let transport = "RTP/AVP/TCP;unicast;interleaved=\(4 + 2 * track)-\(5 + 2 * track)"
            #expect(try peer.setup("streamid=\(track)", transport).map(\.status) == [.ok])
        }
        try peer.ask("RECORD", Self.base, Self.session)
        #expect(peer.takeEvents() == [.record])
        #expect(try peer.answer { $0.acceptRecord() }.map(\.status) == [.ok])
        peer.frame(6, "sound")
        #expect(peer.takeEvents() == [.packet(RTSPPacket(media: 1, isRTCP: false, payload: RTSPPeer.packet("sound")))])
    }

    @Test func aRequestBehindPLAYInTheSameReadIsKeptAndObeyed() throws {
        var peer = RTSPPeer()
        try peer.setup("trackID=0", "RTP/AVP/TCP;unicast;interleaved=0-1")
        _ = try peer.send(
            "PLAY \(Self.base) RTSP/1.0\r\nCSeq: 8\r\n\r\nPAUSE \(Self.base) RTSP/1.0\r\nCSeq: 9\r\n\r\n"
        )
        #expect(peer.takeEvents() == [.play])
        #expect(try peer.answer { $0.acceptPlay() }.map(\.status) == [.ok, .ok])
        #expect(peer.takeEvents() == [.pause(true)])
    }

    @Test func anotherWayForOneTrackEndsTheOthers() throws {
        var peer = try Self.paused()
        try peer.setup("trackID=1", "RTP/AVP/TCP;unicast;interleaved=0-1")
        #expect(peer.server.setups.keys.sorted() == [1])
        let mixed = try peer.ask("SETUP", "\(Self.base)/trackID=0", ["Transport": "RTP/AVP;client_port=5000-5001"])
        #expect(mixed.map(\.status.rawValue) == [461])
    }

    @Test func otherPortsForOneTrackLeaveTheOthers() throws {
        var peer = try Self.paused()
        try peer.setup("trackID=1", "RTP/AVP;unicast;client_port=6002-6003")
        #expect(peer.server.setups.keys.sorted() == [0, 1])
        #expect(peer.server.setups[1]?.clientPort?.rtp == 6002 && peer.server.setups[0]?.clientPort?.rtp == 5000)
    }

    @Test func aSetupThatIsRefusedLeavesThePauseAsItWas() throws {
        var peer = try Self.paused()
        try peer.ask("SETUP", "\(Self.base)/trackID=0", ["Transport": "RTP/AVP/TCP;interleaved=0-1"])
        #expect(try peer.answer { $0.refuse(RTSPRefusal(.notFound, "No.")) }.map(\.status) == [.notFound])
        _ = peer.takeEvents()
        #expect(try peer.ask("PLAY", Self.base).map(\.status) == [.ok])
        #expect(peer.takeEvents() == [.pause(false)])
        #expect(peer.server.setups.values.allSatisfy { $0.lower == .udp })
    }

    /// Cameras' players that name no track mean the first again, not one behind the last.
    @Test func tracksWithoutNamesBeginAnew() throws {
        var peer = try Self.paused()
        for expected in 0..<2 {
            try peer.ask("SETUP", Self.base, ["Transport": "RTP/AVP/TCP;interleaved=0-1"])
            guard case .setup(let setup)? = peer.takeEvents().last else {
                Issue.record("no question")
                return
            }
            #expect(setup.media == expected)
            _ = try peer.answer { $0.acceptSetup(setup.offers[0]) }
        }
    }

    @Test func aConnectionHasOneSessionAfterTheOther() throws {
        var peer = try RTSPPeer.playing()
        try peer.ask("TEARDOWN", Self.base)
        #expect(peer.takeEvents() == [.teardown])
        // Something else, and of another stream.
        try peer.ask("ANNOUNCE", "rtsp://host/live/slides", ["Content-Type": "application/sdp"], body: "v=0")
        #expect(try peer.answer { $0.acceptAnnounce(controls: ["a"]) }.map(\.status) == [.ok])
    }

    // MARK: Other connections

    static let wishes: [(String, RTSPControlRequest.Action)] = [
        ("GET_PARAMETER", .keepAlive), ("SET_PARAMETER", .keepAlive), ("OPTIONS", .keepAlive), ("PLAY", .play),
        ("PAUSE", .pause), ("TEARDOWN", .teardown),
    ]

    @Test(arguments: Self.wishes)
    func aSessionOfAnotherConnectionIsAskedFor(_ method: String, _ action: RTSPControlRequest.Action) throws {
        var peer = RTSPPeer()
        #expect(try peer.ask(method, Self.base, ["Session": "feed;timeout=60"]).isEmpty)
        #expect(peer.server.isAsking)
        guard case .control(let request)? = peer.takeEvents().last else {
            Issue.record("no question")
            return
        }
        #expect(request.session == "feed" && request.action == action && request.address.stream == "main")
        let answer = try peer.answer { $0.acceptControl() }
        #expect(answer.map(\.status) == [.ok] && !peer.server.isAsking)
        #expect(answer[0].headers.all("Session") == ["feed;timeout=60"])
        // What a server understands may be asked without one.
        try peer.ask(method, Self.base, ["Session": "feed"])
        _ = peer.takeEvents()
        let denied = try peer.answer { $0.denyControl() }
        #expect(denied.map(\.status.rawValue) == [method == "OPTIONS" ? 200 : 454])
    }

    @Test func parametersOfAnotherSessionAreNotUnderstood() throws {
        var peer = RTSPPeer()
        let answer = try peer.ask("GET_PARAMETER", Self.base, ["Session": "feed"], body: "packets_received\r\n")
        #expect(answer.map(\.status.rawValue) == [451])
        #expect(peer.takeEvents().isEmpty)
    }
}
